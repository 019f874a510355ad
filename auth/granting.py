"""Roles of people: giving and taking them, department by department."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from sqlmodel import Session, col, select

from auth.events_people import RolesChanged
from auth.people import Person, account_row, persons, written
from auth.rights import ROLES
from engine.access import EVERYWHERE, ROLE_GRANT, Actor, Grant, Resource, require, service
from engine.errors import Conflict, Invalid, NotFound, Problem
from engine.store.administrators import administrators
from engine.store.database import Change
from engine.store.tables_access import DepartmentRow, GrantRow

if TYPE_CHECKING:
    from auth.service import Auth


LOCAL = "local"


def place(department: str) -> Resource:
    """A department as the object of giving roles; everywhere belongs to no department."""
    return Resource("roles", department or "everywhere", department or None)


def _place(self: Any, actor: Actor, account: str, role: str, department: str, *_: Any, **__: Any) -> Resource:
    return place(department)


class Granting:
    """The part of ``Accounts`` that deals with roles. An administrator of a department gives roles in it only."""

    auth: Auth

    @service(ROLE_GRANT, on=_place)
    def grant(self, actor: Actor, account: str, role: str, department: str, reason: str = "") -> Person:
        """Give a role in a department (empty: everywhere). Held already: nothing changes.

        Raises NotFound, Invalid for an unknown role or department, Conflict for an erased account.
        """
        with self.auth.engine.database.change(actor) as change:
            check_grants(change.session, [Grant(role, department)])
            give(change, account, add=[Grant(role, department)], reason=reason)
            return persons(change.session, [account_row(change.session, account)])[0]

    @service(ROLE_GRANT, on=_place)
    def revoke(self, actor: Actor, account: str, role: str, department: str, reason: str = "") -> Person:
        """Take a role away. Raises NotFound, and Conflict for the last administrator or a role from the provider."""
        with self.auth.engine.database.change(actor) as change:
            give(change, account, remove=[Grant(role, department)], reason=reason)
            return persons(change.session, [account_row(change.session, account)])[0]

    @service(ROLE_GRANT)
    def set_grants(self, actor: Actor, account: str, grants: Iterable[Grant], reason: str = "") -> Person:
        """Let a person hold exactly these roles besides those of the identity provider.

        Only what changes needs the right to give roles there. Raises as ``grant`` and ``revoke``.
        """
        wanted = set(grants)
        with self.auth.engine.database.change(actor) as change:
            account_row(change.session, account)
            held = grants_of(change.session, account, LOCAL)
            add, remove = wanted - held, held - wanted
            for department in sorted({grant.department for grant in add | remove}):
                self.may_give(actor, department)
            check_grants(change.session, add)
            give(change, account, add=add, remove=remove, reason=reason)
            return persons(change.session, [account_row(change.session, account)])[0]

    def may_give(self, actor: Actor, department: str) -> None:
        """Raise Refused unless this person gives roles in that department."""
        engine = self.auth.engine
        require(engine.authorizer, actor, ROLE_GRANT, place(department), engine.auditor)


def check_grants(session: Session, grants: Iterable[Grant]) -> None:
    """Raise Invalid for roles and departments that there are not, all of them at once."""
    grants = list(grants)
    departments = set(session.exec(select(DepartmentRow.name)).all()) | {EVERYWHERE}
    problems = [
        Problem("role", f"There is no role “{role}”. Choose among: {', '.join(ROLES)}.", role, "a role")
        for role in sorted({grant.role for grant in grants} - ROLES.keys())
    ]
    problems += [
        Problem(
            "department",
            f"There is no department “{name}”. Add it first, or correct it.",
            name,
            "a department",
        )
        for name in sorted({grant.department for grant in grants} - departments)
    ]
    if problems:
        raise Invalid("the roles", problems)


def grants_of(session: Session, account: str, source: str = "") -> set[Grant]:
    """The roles of an account; of one ``source`` only: given here (local), or by the identity provider (oidc)."""
    query = select(GrantRow).where(col(GrantRow.account) == account)
    if source:
        query = query.where(GrantRow.source == source)
    return {Grant(row.role, row.department) for row in session.exec(query)}


def give(
    change: Change,
    account: str,
    *,
    add: Iterable[Grant] = (),
    remove: Iterable[Grant] = (),
    reason: str = "",
) -> None:
    """Change the roles given here within an open transaction, with the event; the caller has checked the right.

    Raises NotFound for a role that is not held, Conflict for the provider's and for the last administrator.
    """
    session = change.session
    account_row(session, account)
    before, held = grants_of(session, account), grants_of(session, account, LOCAL)
    there_were = administrators(session, lock=True)
    for grant in set(add) - held:
        session.add(
            GrantRow(
                account=account, role=grant.role, department=grant.department, granted_by=change.actor.id
            )
        )
    for grant in set(remove):
        if grant not in held:
            raise _cannot_take(grant, before)
        session.delete(session.get(GrantRow, (account, grant.role, grant.department, LOCAL)))
    session.flush()
    keep_an_administrator(session, there_were)
    tell(change, account, before, grants_of(session, account), reason)


def tell(change: Change, account: str, before: set[Grant], after: set[Grant], reason: str) -> None:
    """The event of changed roles, if they have: of the department where only one is concerned."""
    if before == after:
        return
    changed = {grant.department for grant in before ^ after}
    department = (changed.pop() or None) if len(changed) == 1 else None
    old, new = (tuple(sorted(map(written, some))) for some in (before, after))
    change.emit(RolesChanged(account=account, old=old, new=new, reason=reason), department=department)


def keep_an_administrator(session: Session, before: list[str]) -> None:
    """Raise Conflict when this change would leave nobody who administers everywhere."""
    if before and not administrators(session, lock=True):
        raise Conflict(
            "This is the last administrator: somebody must hold that role everywhere. Give it to another person "
            "first."
        )


def _cannot_take(grant: Grant, held: set[Grant]) -> Exception:
    where = f"in {grant.department}" if grant.department else "everywhere"
    if grant in held:
        return Conflict(
            f"The role {grant.role} {where} comes from the identity provider's groups: take the person out of the "
            "group there, or change the mapping."
        )
    return NotFound("role", f"{grant.role} {where}", "The person's page lists the roles held.")
