"""Notices about parameter sets: to those who may approve, and to the author of what was decided."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from sqlalchemy import Connection
from sqlmodel import col, or_, select

from engine.access import EVERYWHERE
from engine.notify.guard import guarded
from engine.notify.words import word
from engine.parameters.set_records import EXPIRED
from engine.store.tables_access import AccountRow, GrantRow

if TYPE_CHECKING:
    from engine.engine import Engine
    from engine.store.database import Change

ASKED, DECIDED = "params-review", "params-decided"
APPROVING = ("approver", "administrator")  # the roles that hold params.review
MOST_NAMED = 10


def asked(engine: Engine, change: Change, row: Any, version: Mapping[str, Any], changed: list[str]) -> None:
    """A version waits: tell everybody who may approve it, except its author."""
    guarded(
        change,
        f"version {version['number']} of {row.name}",
        lambda: _asked(engine, change, row, version, changed),
    )


def stepped(engine: Engine, change: Change, row: Any, version: Any, step: str, comment: str) -> None:
    """Something was decided or asked: tell the author; of an answer, those who may approve."""
    guarded(change, f"{step} of {row.name}", lambda: _stepped(engine, change, row, version, step, comment))


def reminded(engine: Engine, change: Change, row: Any) -> None:
    """A version still waits, and not for long: tell those who may approve it once more, except its author.

    ``row`` is the version, with the model, name, title and department of its set.
    """
    guarded(change, f"version {row.number} of {row.name}", lambda: _reminded(engine, change, row))


def approvers(connection: Connection, department: str | None) -> list[str]:
    """Active accounts that may approve in a department (None: what belongs to none)."""
    here = [EVERYWHERE] if department is None else [EVERYWHERE, department]
    query = (
        select(GrantRow.account)
        .join(AccountRow, col(AccountRow.id) == col(GrantRow.account))
        .where(
            or_(*(col(GrantRow.role) == role for role in APPROVING)),
            col(GrantRow.department).in_(here),
            col(AccountRow.state) == "active",
        )
        .distinct()
    )
    return sorted(found[0] for found in connection.execute(query))


def _asked(engine: Engine, change: Change, row: Any, version: Mapping[str, Any], changed: list[str]) -> None:
    from engine.parameters.set_changes import person

    fields = ", ".join(changed[:MOST_NAMED]) + ("…" if len(changed) > MOST_NAMED else "")
    title = word(f"{ASKED}.title", set=row.title or row.name, version=version["number"])
    body = word(
        f"{ASKED}.body",
        who=person(change, version["author"]),
        fields=fields,
        reason=version["reason"],
        day=version["effective_from"],
        until=f"{version['expires_at']:%Y-%m-%d}",
    )
    for account in approvers(change.connection, row.department):
        if account != version["author"]:
            engine.notify.tell(change, account, ASKED, title, body, _link(row, version["number"]))


def _reminded(engine: Engine, change: Change, row: Any) -> None:
    from engine.parameters.set_changes import person

    title = word(f"{ASKED}.reminder", set=row.title or row.name, version=row.number)
    body = word(f"{ASKED}.reminded", who=person(change, row.author), reason=row.reason)
    for account in approvers(change.connection, row.department):
        if account != row.author:
            engine.notify.tell(change, account, ASKED, title, body, _link(row, row.number))


def _stepped(engine: Engine, change: Change, row: Any, version: Any, step: str, comment: str) -> None:
    from engine.parameters.set_changes import person

    if step == "withdrawn":
        return
    title = word(f"{DECIDED}.{step}", set=row.title or row.name, version=version.number)
    if step == EXPIRED:
        body = word(f"{DECIDED}.expired_body", until=f"{version.expires_at:%Y-%m-%d}")
    else:
        body = word(f"{DECIDED}.body", who=person(change, change.actor.id), comment=comment).strip()
    to = approvers(change.connection, row.department) if step == "answer" else [version.author]
    for account in to:
        if account != change.actor.id:
            engine.notify.tell(change, account, DECIDED, title, body, _link(row, version.number))


def _link(row: Any, number: int) -> str:
    return f"/params-set?model={quote(row.model)}&set={quote(row.name)}&version={number}"
