"""People: accounts, what they are called, whether they may sign in; with their roles and departments.

How somebody proves to be a person is the business of sign-in (``passwords``, ``sessions``, ``identity``).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from sqlalchemy import delete, func, update
from sqlmodel import col, select

from auth.account_rows import describe, new_account, wipe
from auth.acting import Acting
from auth.departments import Departments
from auth.events_people import AccountStateChanged
from auth.granting import Granting, check_grants, give, keep_an_administrator
from auth.people import (
    Known,
    Person,
    account_row,
    checked_about,
    found,
    names_of,
    normal,
    persons,
)
from engine.access import (
    ACCOUNT_MANAGE,
    ACCOUNT_OWN,
    ACCOUNT_READ,
    EVERYWHERE,
    SHARE_MANAGE,
    SYSTEM,
    Actor,
    Grant,
    Resource,
    of_company,
    require,
    service,
)
from engine.errors import Conflict, NotFound
from engine.isolation import check_another
from engine.settings import Settings
from engine.store.administrators import administrators
from engine.store.base import utc_now
from engine.store.database import Change
from engine.store.tables_access import AccountRow, GrantRow, LinkRow, SessionRow

if TYPE_CHECKING:
    from auth.service import Auth

MOST_SHOWN = 50
FIRST = "admin"
__all__ = ["Accounts", "Known", "Person", "first_administrator"]


class Accounts(Granting, Departments):
    """The people who may sign in here. ``actor_of`` is the one way from an account to an ``Actor``."""

    def __init__(self, auth: Auth) -> None:
        self.auth = auth
        self.engine = auth.engine
        self.acting = Acting(auth.engine)
        self.actor_of = self.acting.actor_of

    # ---- reading

    @service(ACCOUNT_READ)
    def list(self, actor: Actor, search: str = "", state: str | None = None) -> list[Person]:
        """People by name; every word of ``search`` must occur. Erased ones only when asked for by ``state``."""
        with self.engine.database.read() as session:
            return persons(session, found(session, search, state))

    def get(self, actor: Actor, account: str) -> Person:
        """One person; everybody may see their own account. Raises NotFound, Refused."""
        own = Resource("account", account, owner=account)
        permission = ACCOUNT_OWN if account == actor.id else ACCOUNT_READ
        require(self.engine.authorizer, actor, permission, own, self.engine.auditor)
        with self.engine.database.read() as session:
            row = session.get(AccountRow, account)
            if row is None:
                raise NotFound("account", account)
            return persons(session, [row])[0]

    @service(SHARE_MANAGE)
    def directory(self, actor: Actor, search: str = "") -> list[Known]:  # type: ignore[valid-type]
        """The first people whose name holds ``search``: to choose with whom to share. Active ones, names only."""
        with self.engine.database.read() as session:
            rows = found(session, search, "active", MOST_SHOWN)
        return [Known(row.id, row.name, row.title or row.name) for row in rows]

    def names(self, ids: Iterable[str]) -> dict[str, str]:
        """What to call these people, for “by whom”: no secret to those who see what they did."""
        with self.engine.database.read() as session:
            return names_of(session, set(ids))

    def find_by_name(self, name: str) -> AccountRow | None:
        """The account with this sign-in name, however it was typed (for sign-in; no rights are asked)."""
        with self.engine.database.read() as session:
            return session.exec(select(AccountRow).where(AccountRow.name == normal(name))).first()

    # ---- writing

    @service(ACCOUNT_MANAGE, on=of_company)
    def create(
        self,
        actor: Actor,
        name: str,
        title: str = "",
        email: str = "",
        grants: Iterable[Grant] = (),
        *,
        invite: bool = True,
    ) -> tuple[Person, str | None]:
        """Add a person who signs in here. Returns the one-time password as well: nobody can see it again.

        It must be changed at the first sign-in. ``invite`` False: the account has no password until somebody
        resets it. Raises Invalid (name, address, roles), Conflict when the name is taken, Unavailable
        where a second person may not share the server (``engine.isolation``).
        """
        wanted = set(grants)
        for department in sorted({grant.department for grant in wanted}):
            self.may_give(actor, department)
        from auth import passwords

        password = passwords.generated() if invite else None
        made = passwords.hashed(password) if password else None
        with self.engine.database.change(actor) as change:
            check_another(change, self.engine.settings)
            row = new_account(change, name, title, email, password_hash=made)
            check_grants(change.session, wanted)
            give(change, row.id, add=wanted, reason="with the account")
            return persons(change.session, [row])[0], password

    @service(ACCOUNT_MANAGE, on=of_company)
    def change(
        self, actor: Actor, account: str, *, title: str | None = None, email: str | None = None
    ) -> Person:
        """Correct a person's full name or e-mail address. Raises NotFound, Invalid, Conflict (erased)."""
        with self.engine.database.change(actor) as change:
            row = account_row(change.session, account)
            new = checked_about(row.title if title is None else title, row.email if email is None else email)
            describe(change, row, *new)
            return persons(change.session, [row])[0]

    @service(ACCOUNT_MANAGE, on=of_company)
    def disable(self, actor: Actor, account: str, reason: str = "") -> Person:
        """End a person's access at once: open sessions end too. What they made stays.

        Raises NotFound, and Conflict for oneself, the last administrator and erased accounts.
        """
        _not_oneself(actor, account)
        with self.engine.database.change(actor) as change:
            row = account_row(change.session, account)
            if row.state == "active":
                self._end(change, row, "disabled", reason)
            return persons(change.session, [row])[0]

    @service(ACCOUNT_MANAGE, on=of_company)
    def enable(self, actor: Actor, account: str, reason: str = "") -> Person:
        """Let a disabled person sign in again, with the roles held before. Raises NotFound, Conflict (erased)."""
        with self.engine.database.change(actor) as change:
            row = account_row(change.session, account)
            if row.state == "disabled":
                check_another(change, self.engine.settings)
                row.state = "active"
                change.session.add(row)
                change.emit(AccountStateChanged(account=account, old="disabled", new="active", reason=reason))
            return persons(change.session, [row])[0]

    @service(ACCOUNT_MANAGE, on=of_company)
    def erase(self, actor: Actor, account: str, reason: str = "") -> None:
        """Remove what is personal of somebody, also beside the audit log; the id stays, so that records hold.

        Again on an erased account: finishes what a crash left. Raises as ``disable``.
        """
        _not_oneself(actor, account)
        with self.engine.database.change(actor) as change:
            row = change.session.get(AccountRow, account)
            if row is None:
                raise NotFound("account", account)
            if row.state != "erased":
                wipe(change.session, row)
                self._end(change, row, "erased", reason)
        self.auth.audit.forget(account, actor=actor, reason=reason)

    # ---- set-up

    def make_first(self) -> tuple[str, str] | None:
        """The first administrator with a one-time password, where there is no account yet; else None."""
        from auth import passwords

        password = passwords.generated()
        with self.engine.database.change(SYSTEM) as change:
            if change.session.exec(select(func.count()).select_from(AccountRow)).one():
                return None
            row = new_account(change, FIRST, "Administrator", "", password_hash=passwords.hashed(password))
            give(change, row.id, add=[Grant("administrator", EVERYWHERE)], reason="set-up")
        return FIRST, password

    # ---- parts

    def _end(self, change: Change, row: AccountRow, state: str, reason: str) -> None:
        """Leave a state in which a person can sign in; sessions end in the same transaction."""
        session = change.session
        session.flush()
        there_were, old = administrators(session, lock=True), row.state
        row.state = state
        session.add(row)
        if state == "erased":
            session.execute(delete(GrantRow).where(col(GrantRow.account) == row.id))
        session.flush()
        keep_an_administrator(session, there_were)
        open_ones = (col(SessionRow.account) == row.id) & col(SessionRow.revoked_at).is_(None)
        session.execute(update(SessionRow).where(open_ones).values(revoked_at=utc_now()))
        session.execute(delete(LinkRow).where(col(LinkRow.account) == row.id))
        change.emit(AccountStateChanged(account=row.id, old=old, new=state, reason=reason))


def first_administrator(settings: Settings) -> tuple[str, str] | None:
    """Make the first administrator of a data folder without accounts: sign-in name and one-time password."""
    from auth.service import opened

    auth = opened(settings)
    try:
        return auth.accounts.make_first()
    finally:
        auth.engine.stop()


def _not_oneself(actor: Actor, account: str) -> None:
    if actor.id == account:
        raise Conflict("Nobody ends their own access: ask another administrator.")
