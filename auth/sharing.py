"""Sharing one model or dataset: a role on a single object, for a person or a whole department.

Somebody who shares can only pass on what they may do with the object themselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlmodel import Session, SQLModel, select

from auth.events_people import DatasetShared, DatasetUnshared, ModelShared, ModelUnshared
from auth.people import names_of
from auth.rights import RIGHTS
from engine.access import SHARE_MANAGE, Actor, Resource, require, service
from engine.errors import Invalid, NotFound, Problem
from engine.store.tables_access import AccountRow, DepartmentRow, ShareRow
from engine.store.tables_catalog import ModelRow
from engine.store.tables_data import DatasetRow

if TYPE_CHECKING:
    from auth.service import Auth

# what a share can be: the other roles are about a department or the company as a whole
ROLES = ("viewer", "analyst", "editor")
KINDS: dict[str, Any] = {
    "model": (ModelRow, ModelShared, ModelUnshared),
    "dataset": (DatasetRow, DatasetShared, DatasetUnshared),
}


@dataclass(frozen=True)
class Shared:
    """A role on one object. ``holder`` is ``person:ID`` or ``department:NAME``; ``shown`` is what to call it."""

    kind: str
    id: str
    holder: str
    role: str
    shared_by: str
    at: datetime
    shown: str


def _object(self: Sharing, actor: Actor, kind: str, id: str, *_: Any, **__: Any) -> Resource:
    return self.resource(kind, id)


class Sharing:
    """Who holds a role on a single object."""

    def __init__(self, auth: Auth) -> None:
        self.auth = auth
        self.engine = auth.engine

    @service(SHARE_MANAGE, on=_object)
    def share(self, actor: Actor, kind: str, id: str, holder: str, role: str) -> Shared:
        """Give a role (viewer, analyst or editor) on an object. Shared so already: nothing changes.

        Raises NotFound, Invalid for an unknown holder or role, Refused for a role with more than one's own rights.
        """
        self._may_pass_on(actor, self.resource(kind, id), role)
        with self.engine.database.change(actor) as change:
            session = change.session
            _check_holder(session, holder)
            row = session.get(ShareRow, (kind, id, holder, role))
            if row is None:
                row = ShareRow(object_kind=kind, object_id=id, holder=holder, role=role, shared_by=actor.id)
                session.add(row)
                told = KINDS[kind][1](object=id, holder=holder, role=role)
                change.emit(told, department=self.resource(kind, id).department)
            session.flush()
            return _shown(session, [row])[0]

    @service(SHARE_MANAGE, on=_object)
    def unshare(self, actor: Actor, kind: str, id: str, holder: str, role: str) -> None:
        """Take a role on an object back. Raises NotFound."""
        with self.engine.database.change(actor) as change:
            row = change.session.get(ShareRow, (kind, id, holder, role))
            if row is None:
                raise NotFound("share", f"{role} on {id}", "The object's page lists with whom it is shared.")
            change.session.delete(row)
            told = KINDS[kind][2](object=id, holder=holder, role=role)
            change.emit(told, department=self.resource(kind, id).department)

    @service(SHARE_MANAGE, on=_object)
    def of(self, actor: Actor, kind: str, id: str) -> list[Shared]:
        """With whom an object is shared, by role and name. Raises NotFound."""
        query = select(ShareRow).where(ShareRow.object_kind == kind, ShareRow.object_id == id)
        with self.engine.database.read() as session:
            found = _shown(session, list(session.exec(query)))
        return sorted(found, key=lambda share: (ROLES.index(share.role), share.shown.casefold()))

    def resource(self, kind: str, id: str) -> Resource:
        """The object as far as rights are concerned. Raises NotFound, also for a kind that cannot be shared."""
        if kind not in KINDS:
            raise NotFound("kind of shared object", kind, f"Choose among: {', '.join(KINDS)}.")
        with self.engine.database.read() as session:
            row = session.get(KINDS[kind][0], id)
        if row is None:
            raise NotFound(kind, id)
        return Resource(kind, id, row.department, row.owner or None)

    def _may_pass_on(self, actor: Actor, resource: Resource, role: str) -> None:
        if role not in ROLES:
            sentence = f"A share cannot give the role “{role}”. Choose among: {', '.join(ROLES)}."
            raise Invalid("the share", [Problem("role", sentence, role, "a role that can be shared")])
        for permission, right in RIGHTS.items():
            if role in right.full and right.reach in ("any", "all"):
                require(self.engine.authorizer, actor, permission, resource, self.engine.auditor)


def _check_holder(session: Session, holder: str) -> None:
    kind, _, name = holder.partition(":")
    table: dict[str, type[SQLModel]] = {"person": AccountRow, "department": DepartmentRow}
    found = session.get(table[kind], name) if kind in table else None
    if found is None or getattr(found, "state", "active") != "active":
        sentence = f"There is nobody “{holder}” to share with. Choose a person or a department from the list."
        raise Invalid("the share", [Problem("holder", sentence, holder, "person:ID or department:NAME")])


def _shown(session: Session, rows: list[ShareRow]) -> list[Shared]:
    people = {row.holder.partition(":")[2] for row in rows if row.holder.startswith("person:")}
    names = names_of(session, people) if people else {}
    return [
        Shared(
            row.object_kind, row.object_id, row.holder, row.role, row.shared_by, row.at,
            names.get(row.holder.partition(":")[2], row.holder.partition(":")[2]),
        )
        for row in rows
    ]  # fmt: skip
