"""The layouts of a set in the database: kept in the transaction that stores what was read from them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from engine.errors import NotFound
from engine.events import ParameterSetChanged, PresetChanged
from engine.parameters.imports.records import Answers, Layout
from engine.parameters.in_force import lineage
from engine.runs.records import canonical
from engine.store.base import new_id, utc_now
from engine.store.database import Change
from engine.store.tables_layouts import LAYOUT

MOST_LAYOUTS = 50  # of a set


@dataclass(frozen=True)
class Kept:
    """A layout to keep; its contents are stored already."""

    name: str
    place: str
    blob: str
    bytes: int
    kind: str
    answers: Answers
    withheld: tuple[str, ...]


def of_set(connection: Connection, set_id: str) -> list[Layout]:
    """All layouts of a set, the company's first."""
    query = select(LAYOUT).where(LAYOUT.c.set_id == set_id).order_by(LAYOUT.c.place, LAYOUT.c.name)
    return [record_of(row) for row in connection.execute(query)]


def row_of(connection: Connection, set_id: str, layout: str, place: str | None) -> Any:
    """A layout by its id, or by its name (of a place). Raises NotFound."""
    query = select(LAYOUT).where(LAYOUT.c.set_id == set_id)
    rows = connection.execute(query.where((LAYOUT.c.id == layout) | (LAYOUT.c.name == layout))).all()
    fitting = [row for row in rows if row.id == layout] or list(rows)
    if place is not None and len(fitting) > 1:  # its own, else that of the nearest place above
        by_place = {row.place: row for row in fitting}
        fitting = [by_place[one] for one in reversed(lineage(place)) if one in by_place][:1]
    if len(fitting) == 1:
        return fitting[0]
    known = ", ".join(
        f"{one.name}{f' ({one.place})' if one.place else ''}" for one in of_set(connection, set_id)
    )
    if fitting:
        raise NotFound(
            "single layout", layout, f"Several places have one: say the place. There are: {known}."
        )
    raise NotFound(
        "layout", layout, f"The set has {known}." if known else "Import a file first: it becomes one."
    )


def keep(
    change: Change, set_id: str, kept: Kept, version: int | None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Write a layout, in place of an older one of the same name. Returns what was and what is, for the audit log."""
    same = (LAYOUT.c.set_id == set_id) & (LAYOUT.c.place == kept.place) & (LAYOUT.c.name == kept.name)
    before = change.connection.execute(select(LAYOUT).where(same)).one_or_none()
    values = {
        "blob": kept.blob, "bytes": kept.bytes, "kind": kept.kind, "answers_json": canonical(kept.answers.as_json()),
        "withheld_json": canonical(list(kept.withheld)), "version": version, "changed_at": utc_now(),
        "changed_by": change.actor.id,
    }  # fmt: skip
    if before is None:
        layout_id = new_id()
        row = {"id": layout_id, "set_id": set_id, "place": kept.place, "name": kept.name}
        change.connection.execute(insert(LAYOUT).values(**row, **values))
    else:
        layout_id = before.id
        change.connection.execute(update(LAYOUT).where(LAYOUT.c.id == layout_id).values(**values))
    key = f"layout {kept.name}" + (f" ({kept.place})" if kept.place else "")
    old = {} if before is None else {key: _told(before.blob, before.bytes)}
    return old, {key: _told(kept.blob, kept.bytes)}


def remove(change: Change, row: Any) -> dict[str, Any]:
    """Let go of a layout. Returns what was, for the audit log."""
    change.connection.execute(delete(LAYOUT).where(LAYOUT.c.id == row.id))
    return {f"layout {row.name}" + (f" ({row.place})" if row.place else ""): _told(row.blob, row.bytes)}


def tell(change: Change, row: Any, old: dict[str, Any], new: dict[str, Any], reason: str = "") -> None:
    """Say in the audit log what became of a set's layouts."""
    ref = f"{row.model}/{row.name}"
    if row.holder:
        change.emit(
            PresetChanged(account=row.holder, set=ref, version=row.latest, old=old, new=new, reason=reason)
        )
    else:
        change.emit(ParameterSetChanged(set=ref, old=old, new=new, reason=reason), department=row.department)


def count(connection: Connection, set_id: str) -> int:
    """How many layouts a set has."""
    return len(connection.execute(select(LAYOUT.c.id).where(LAYOUT.c.set_id == set_id)).all())


def _told(blob: str, size: int) -> str:
    return f"{size} bytes, {blob[:12]}"


def record_of(row: Any) -> Layout:
    """The layout that a row holds."""
    return Layout(
        id=row.id,
        name=row.name,
        place=row.place,
        kind=row.kind,
        bytes=row.bytes,
        answers=json.loads(row.answers_json),
        withheld=json.loads(row.withheld_json),
        version=row.version,
        changed_at=row.changed_at,
        changed_by=row.changed_by,
    )


def record(connection: Connection, layout_id: str) -> Layout:
    """One layout."""
    return record_of(connection.execute(select(LAYOUT).where(LAYOUT.c.id == layout_id)).one())
