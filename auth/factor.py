"""The second factor of an account: set up, asked for, taken away."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from auth import totp
from auth.events_signin import RecoveryCodeUsed, SecondFactorChanged
from auth.keys import context
from auth.people import account_row
from auth.token_shape import refuse_tokens
from engine.access import ACCOUNT_MANAGE, Actor, service
from engine.errors import Conflict, Invalid, Problem
from engine.store.database import Change
from engine.store.tables_access import AccountRow

if TYPE_CHECKING:
    from auth.service import Auth

WRONG = (
    "This code is not right. Check that the phone's clock is right, and type the code that the app shows now."
)


@dataclass(frozen=True)
class Offer:
    """A secret to be put into an authenticator app: the address in the QR code, and the secret to type."""

    sealed: str
    address: str
    typed: str


class SecondFactor:
    """Codes of an authenticator app (RFC 6238), and recovery codes for when the phone is lost."""

    def __init__(self, auth: Auth) -> None:
        self.auth = auth
        self.engine = auth.engine

    def offer(self, actor: Actor) -> Offer:
        """A new secret for oneself; nothing is kept until a code has shown that the app has it. Raises Conflict."""
        refuse_tokens(actor, "set up a second factor")
        with self.engine.database.read() as session:
            row = account_row(session, actor.id)
        _must_be_local(row)
        if row.totp:
            raise Conflict("You have a second factor already. Remove it first to set up another one.")
        secret = totp.new_secret()
        company = str(self.auth.options.get("company").get("name", ""))
        sealed = self.auth.keys.seal(secret, _offered(actor.id))
        return Offer(sealed, totp.address(secret, row.name, company), totp.shown(secret))

    def offered(self, actor: Actor, sealed: str) -> Offer:
        """The same offer again, after a code that was wrong. Raises Damaged for one that is not ours."""
        with self.engine.database.read() as session:
            row = account_row(session, actor.id)
        secret = self.auth.keys.open(sealed, _offered(actor.id))
        company = str(self.auth.options.get("company").get("name", ""))
        return Offer(sealed, totp.address(secret, row.name, company), totp.shown(secret))

    def switch_on(self, actor: Actor, sealed: str, code: str) -> list[str]:
        """Keep the offered secret, shown to be in the app by a code; returns the recovery codes (shown once).

        Other browsers are signed out. Raises Invalid, Conflict.
        """
        refuse_tokens(actor, "set up a second factor")
        secret = self.auth.keys.open(sealed, _offered(actor.id))
        attempt = self.auth.throttle.attempt(actor, {"code": actor.id})
        step = totp.matching_step(secret, totp.normal(code), 0)
        if step is None:
            raise Invalid("the code", [Problem("code", WRONG, "", "totp")])
        codes = totp.recovery_codes()
        with self.engine.database.change(actor) as change:
            row = account_row(change.session, actor.id)
            _must_be_local(row)
            if row.totp:
                raise Conflict("You have a second factor already. Remove it first to set up another one.")
            row.totp = self.auth.keys.seal(secret, context("account", "totp", row.id))
            row.totp_step = step
            row.recovery = json.dumps([_kept(row.id, made) for made in codes])
            change.session.add(row)
            self.auth.throttle.succeeded(change.session, attempt)
            self.auth.sessions.end_account(change, row.id, "second factor set up", keep=actor.credential)
            change.emit(SecondFactorChanged(account=row.id, old="off", new="on"))
        return codes

    def new_codes(self, actor: Actor) -> list[str]:
        """Ten new recovery codes for oneself (shown once); the old ones are worth nothing. Raises Conflict."""
        refuse_tokens(actor, "make recovery codes")
        codes = totp.recovery_codes()
        with self.engine.database.change(actor) as change:
            row = account_row(change.session, actor.id)
            if not row.totp:
                raise Conflict("You have no second factor, so there is nothing to recover.")
            row.recovery = json.dumps([_kept(row.id, made) for made in codes])
            change.session.add(row)
            change.emit(SecondFactorChanged(account=row.id, old="on", new="codes"))
        return codes

    def remove_own(self, actor: Actor) -> None:
        """Sign in by password alone from now on; ask for the password before this."""
        refuse_tokens(actor, "remove a second factor")
        self._remove(actor, actor.id, "", keep=actor.credential)

    @service(ACCOUNT_MANAGE)
    def remove(self, actor: Actor, account: str, reason: str = "") -> None:
        """Take somebody's second factor away (the phone is lost); ends their sessions. Raises NotFound."""
        refuse_tokens(actor, "remove a second factor")
        self._remove(actor, account, reason)

    def accept(self, change: Change, row: AccountRow, code: str) -> bool:
        """Is it a code of the app, not used before, or an unused recovery code? It is used up by that."""
        if not row.totp:
            return False
        given = totp.normal(code)
        secret = self.auth.keys.open(row.totp, context("account", "totp", row.id))
        step = totp.matching_step(secret, given, row.totp_step)
        if step is not None:
            row.totp_step = step
            change.session.add(row)
            return True
        left = json.loads(row.recovery)
        kept = _kept(row.id, given)
        if kept not in left:
            return False
        left.remove(kept)
        row.recovery = json.dumps(left)
        change.session.add(row)
        change.emit(RecoveryCodeUsed(account=row.id, left=len(left)))
        return True

    def state(self, actor: Actor) -> tuple[bool, int, bool]:
        """Of oneself: is it on, how many recovery codes are left, and is the account one that can have it?"""
        with self.engine.database.read() as session:
            row = account_row(session, actor.id)
        return bool(row.totp), len(json.loads(row.recovery)), row.issuer is None

    def _remove(self, actor: Actor, account: str, reason: str, *, keep: str = "") -> None:
        with self.engine.database.change(actor) as change:
            row = account_row(change.session, account)
            if not row.totp:
                return
            row.totp, row.totp_step, row.recovery = None, 0, "[]"
            change.session.add(row)
            self.auth.sessions.end_account(change, account, "second factor removed", keep=keep)
            change.emit(SecondFactorChanged(account=account, old="on", new="off", reason=reason))


def _offered(account: str) -> str:
    return f"offered second factor of {account}"


def _kept(account: str, code: str) -> str:
    """What is kept of a recovery code: salted with the account; 50 random bits, tried a few times an hour at most."""
    return totp.hashed(hashlib.sha256(account.encode()).digest(), code)


def _must_be_local(row: AccountRow) -> None:
    if row.issuer is not None:
        raise Conflict(
            "This account signs in through the identity provider: its second factor is kept there."
        )
