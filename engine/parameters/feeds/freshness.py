"""How old fed values are: counted from the day that a value was observed, not from the day it was fetched."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, select

from engine.parameters import set_queries
from engine.parameters.feeds.records import FAILED, SAME, TAKEN, WAITING, Freshness
from engine.parameters.in_force import lineage
from engine.parameters.merging import same
from engine.store.tables_feeds import FEED_TRY

if TYPE_CHECKING:
    from engine.parameters.set_records import InForce

LOOKED_AT = 100  # tries of a feed among which the value in force is looked for


@dataclass(frozen=True)
class _Known:
    """What the tries of a feed say of the value in force."""

    since: date | None
    failing: str
    waiting: str


def ages(connection: Connection, rows: Sequence[Any], found: InForce, today: date) -> dict[str, Freshness]:
    """Field → age, for fields whose value at the place of ``found`` comes (or should come) from a feed.

    ``rows`` are the feeds of the set; the nearest place with a value or a feed of the field counts.
    """
    nearest: dict[str, Any] = {}
    for place in lineage(found.place):
        for row in rows:
            holds = found.origin.get(row.field)
            overruled = holds is not None and len(lineage(holds)) > len(lineage(row.place))
            if row.place == place and not overruled:
                nearest[row.field] = row
    return {name: _age(connection, row, found, today) for name, row in nearest.items()}


def _age(connection: Connection, row: Any, found: InForce, today: date) -> Freshness:
    rails = json.loads(row.rails_json)
    has = row.field in found.values
    known = _known(connection, row.id, found.values.get(row.field), has)
    since = known.since or (_held_since(connection, row, found) if has else None)
    age = None if since is None else max((today - since).days, 0)
    most = rails.get("stale_days")
    return Freshness(
        feed=row.id,
        title=row.title or row.field,
        place=row.place,
        age_days=age,
        since=since,
        stale=most is not None and age is not None and age > most,
        stale_days=most,
        fed=known.since is not None,
        state=row.state,
        failing=known.failing,
        waiting=known.waiting,
        source=str(json.loads(row.source_json).get("kind", "")),
    )


def _known(connection: Connection, feed: str, value: Any, has: bool) -> _Known:
    query = select(FEED_TRY).where(FEED_TRY.c.feed_id == feed).order_by(FEED_TRY.c.id.desc()).limit(LOOKED_AT)
    rows = connection.execute(query).all()
    failing = rows[0].sentence if rows and rows[0].outcome == FAILED else ""
    waiting = next((row.id for row in rows if row.outcome in WAITING), "")
    for row in rows if has else ():
        fits = row.outcome == SAME or row.outcome in TAKEN
        if fits and row.value_json and same(json.loads(row.value_json), value):
            return _Known(date.fromisoformat(row.observed_on) if row.observed_on else None, failing, waiting)
    return _Known(None, failing, waiting)


def _held_since(connection: Connection, row: Any, found: InForce) -> date | None:
    """The day from which somebody else's value holds: of the version in force that sets it."""
    place = found.origin.get(row.field)
    number = None if place is None else found.versions.get(place)
    if number is None or place is None:
        return None
    version = next(
        (v for v in set_queries.approved(connection, row.set_id, [place]) if v.number == number), None
    )
    return None if version is None else version.effective_from
