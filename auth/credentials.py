"""Passwords of accounts: one's own change, reset by an administrator or by a link."""

from __future__ import annotations

from typing import TYPE_CHECKING

from auth import passwords
from auth.events_signin import PasswordChanged, PasswordReset
from auth.people import account_row
from auth.token_shape import refuse_tokens
from engine.access import ACCOUNT_MANAGE, Actor, service
from engine.errors import Conflict, Invalid, Problem
from engine.store.base import utc_now
from engine.store.database import Change
from engine.store.tables_access import AccountRow

if TYPE_CHECKING:
    from auth.service import Auth


class Credentials:
    """Changes passwords; every change ends the account's other sessions."""

    def __init__(self, auth: Auth) -> None:
        self.auth = auth
        self.engine = auth.engine

    def change_own(self, actor: Actor, current: str, new: str) -> None:
        """One's own new password; the current one must be named. Other browsers are signed out.

        Raises Invalid (wrong current password, rules), Throttled, Conflict for accounts of the identity provider.
        """
        refuse_tokens(actor, "change a password")
        self.confirm(actor, current)
        made = self.prepared(actor.id, new)
        with self.engine.database.change(actor) as change:
            self.put(change, actor.id, made, how="own", keep=actor.credential)
        self.auth.sessions.forget()

    def confirm(self, actor: Actor, current: str) -> None:
        """Ask for the own password again before something weighty. Raises Invalid, Throttled, Conflict."""
        with self.engine.database.read() as session:
            row = account_row(session, actor.id)
        _must_be_local(row)
        attempt = self.auth.throttle.attempt(actor, {"code": f"password of {actor.id}"})
        if not passwords.verified(row.password_hash, current):
            sentence = "This is not your current password. Type it again."
            raise Invalid("the password", [Problem("current", sentence, "", "current-password")])
        with self.engine.database.change(actor) as change:
            self.auth.throttle.succeeded(change.session, attempt)

    @service(ACCOUNT_MANAGE)
    def reset(self, actor: Actor, account: str, reason: str = "") -> str:
        """Give a person a one-time password (shown once, to be changed at the next sign-in); ends all sessions.

        Raises NotFound, Conflict for accounts of the identity provider.
        """
        refuse_tokens(actor, "reset passwords")
        given = passwords.generated()
        made = passwords.hashed(given)
        with self.engine.database.change(actor) as change:
            row = account_row(change.session, account)
            _must_be_local(row)
            row.password_hash, row.must_change, row.password_at = made, True, utc_now()
            change.session.add(row)
            self.auth.throttle.forget(change.session, {"name": row.name, "code": row.id})
            self.auth.sessions.end_account(change, account, "password reset")
            change.emit(PasswordReset(account=account, reason=reason))
        self.auth.sessions.forget()
        return given

    def prepared(self, account: str, new: str, *, fresh: bool = True) -> str:
        """The hash of a new password that keeps the rules: made outside of a change, since it takes a while.

        ``fresh``: it must not be the one in force. Raises Invalid, NotFound, Conflict.
        """
        with self.engine.database.read() as session:
            row = account_row(session, account)
        _must_be_local(row)
        passwords.check(
            new, [row.name, row.title, row.email, str(self.auth.options.get("company").get("name", ""))]
        )
        if fresh and passwords.verified(row.password_hash, new):
            sentence = "This is the password you have already. Choose a new one."
            raise Invalid("the password", [Problem("password", sentence, "", "new-password")])
        return passwords.hashed(new)

    def put(self, change: Change, account: str, made: str, *, how: str, keep: str = "") -> AccountRow:
        """Set a prepared password within an open change and end the other sessions."""
        row = account_row(change.session, account)
        _must_be_local(row)
        row.password_hash, row.must_change, row.password_at = made, False, utc_now()
        change.session.add(row)
        self.auth.sessions.end_account(change, account, "password changed", keep=keep)
        change.emit(PasswordChanged(account=account, how=how))
        return row


def _must_be_local(row: AccountRow) -> None:
    if row.issuer is not None:
        raise Conflict(
            "This account signs in through the identity provider: its password is changed there, not here."
        )
