"""How a field stands in its set: what is in force there, what a new version must build on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.parameters import set_queries
from engine.parameters.in_force import as_of, lineage
from engine.parameters.set_records import IN_REVIEW
from engine.parameters.set_values import canonical_values, manifest_of
from engine.store.base import utc_now

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from engine.engine import Engine


@dataclass(frozen=True)
class Standing:
    """``own`` are the values set at the place itself today; ``newest`` is what the next version must name as its base.

    ``waiting`` is the newest version where it waits for a review. ``has``: is there a value at all (else the
    model's default holds, in ``value``)?
    """

    value: Any
    has: bool
    set_here: bool
    own: dict[str, Any]
    newest: int | None
    held: int | None
    waiting: Any | None


def standing(engine: Engine, row: Any, field: str, place: str) -> Standing:
    """How a field of a set (``row`` of its table) stands at a place today."""
    with engine.database.look() as connection:
        return look(engine, connection, row, field, place)


def look(engine: Engine, connection: Connection, row: Any, field: str, place: str) -> Standing:
    """The same, over an open connection."""
    now, today = utc_now(), engine.sets.today()
    places = lineage(place)
    approved = set_queries.approved(connection, row.id, places)
    held = {one: as_of([v for v in approved if v.place == one], today, now) for one in places}
    numbers = [version.number for version in held.values() if version is not None]
    read = set_queries.values_of(connection, row.id, numbers)
    levels = [read[version.number] for version in held.values() if version is not None]
    own = read[held[place].number] if held[place] is not None else {}  # type: ignore[union-attr]
    values = [level[field] for level in levels if field in level]
    newest = set_queries.newest(connection, row.id, place, now)
    waits = newest is not None and set_queries.state(newest, now) == IN_REVIEW
    here = held[place]
    return Standing(
        value=values[-1] if values else _default(engine, row.model, field),
        has=bool(values),
        set_here=field in own,
        own=own,
        newest=None if newest is None else newest.number,
        held=None if here is None else here.number,
        waiting=newest if waits else None,
    )


def _default(engine: Engine, model: str, field: str) -> Any:
    from engine.errors import Invalid

    manifest = manifest_of(engine, model)
    found = manifest.fields.get(field)
    if found is None or found.default is None:
        return None
    try:
        return canonical_values(manifest, {field: found.default})[field]
    except Invalid:  # a default that cannot be set is none to compare with
        return None
