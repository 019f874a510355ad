"""How old fed values are: counted from the day that a value was observed, not from the day it was fetched."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, select

from engine.parameters import set_queries
from engine.parameters.equality import same
from engine.parameters.feeds import queries
from engine.parameters.feeds.records import SAME, TAKEN, WAITING, FeedTry, Freshness
from engine.parameters.in_force import lineage
from engine.store.tables_feeds import FEED_TRY

if TYPE_CHECKING:
    from engine.parameters.set_records import InForce

FITS = (SAME, *TAKEN)  # outcomes of tries whose value is, or was to be, in force
LOOKED_AT = 50  # of these tries of a feed among which an earlier value in force is looked for


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
    known = _known(connection, list(nearest.values()), found)
    return {name: _age(connection, row, found, today, known[row.id]) for name, row in nearest.items()}


def _known(connection: Connection, rows: Sequence[Any], found: InForce) -> dict[str, _Known]:
    """Feed → what its tries say. Three queries for all feeds, and one more for each whose value is not its last one."""
    ids = [row.id for row in rows]
    last = queries.newest(connection, ids, FITS)
    waiting = queries.newest(connection, ids, WAITING)
    failing = queries.newest(connection, [row.id for row in rows if row.failures])
    known = {}
    for row in rows:
        fit = last.get(row.id)
        has, value = row.field in found.values, found.values.get(row.field)
        if fit is not None and has and not same(fit.value, value):
            fit = _earlier(connection, row.id, value)
        known[row.id] = _Known(
            fit.observed_on if fit is not None and has else None,
            failing[row.id].sentence if row.id in failing else "",
            waiting[row.id].id if row.id in waiting else "",
        )
    return known


def _earlier(connection: Connection, feed: str, value: Any) -> FeedTry | None:
    """The newest try that brought this value; None among the last ones: it is not the feed's."""
    query = select(FEED_TRY).where(FEED_TRY.c.feed_id == feed, FEED_TRY.c.outcome.in_(FITS))
    rows = connection.execute(query.order_by(FEED_TRY.c.id.desc()).limit(LOOKED_AT))
    return next((one for one in map(queries.try_of, rows) if same(one.value, value)), None)


def _age(connection: Connection, row: Any, found: InForce, today: date, known: _Known) -> Freshness:
    rails = json.loads(row.rails_json)
    since = known.since or (_held_since(connection, row, found) if row.field in found.values else None)
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
