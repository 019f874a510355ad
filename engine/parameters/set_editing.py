"""What the page that edits a set needs to know: what the next version goes on from, what it inherits, the past."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, func, select

from engine.access import PARAMS_WRITE, Actor, service
from engine.parameters import set_queries, set_values
from engine.parameters.in_force import DEFAULT, inherited, lineage
from engine.parameters.set_history import history
from engine.parameters.set_part import SetPart, of_set
from engine.parameters.set_records import InForce, Past, Place, SetCard, SetVersion
from engine.parameters.usual import Usual, usual
from engine.store.base import utc_now
from engine.store.tables_parameters import VERSION

if TYPE_CHECKING:
    from engine.catalog.manifest import Manifest

PAST = 8
MOST_READ = 500  # versions whose values make up what is usual
MOST_BYTES = 4_000_000  # of them; long tables would otherwise be read for nothing


@dataclass(frozen=True)
class Edited:
    """A set at a place as somebody begins to change it.

    ``newest`` is what the next version must be based on (it may wait for a review, or hold from a later day);
    ``held`` what is in force on ``day`` here; ``above`` what the place inherits where it sets nothing itself (the
    model's defaults have the origin ``default``). ``past`` and ``usual`` are by field: of the nearest place that
    ever set it, and of all places on the way.
    """

    card: SetCard
    place: str
    places: list[Place]
    day: date
    newest: SetVersion | None
    held: InForce
    above: dict[str, Any]
    above_from: dict[str, str]
    past: dict[str, list[Past]]
    usual: dict[str, Usual]
    masked: frozenset[str]


class Editing(SetPart):
    """Part of ``engine.sets``."""

    @service(PARAMS_WRITE, on=of_set)
    def editing(
        self, actor: Actor, model: str, name: str, place: str = "", day: date | None = None
    ) -> Edited:
        """All that is known of a set at a place on a day (today) that matters to who changes it. Raises NotFound."""
        day = day or self.today()
        manifest = set_values.manifest_of(self.engine, model)
        masked = frozenset(set_values.masked_fields(self.engine, actor, manifest))
        held = self.resolved(actor, model, name, day, place=place)
        above, above_from = self._above(actor, model, name, place, day, manifest)
        with self.engine.database.look() as connection:
            row = set_queries.set_row(connection, model, name, self.holder(actor, name))
            card = set_queries.card(connection, row.id, self.today())
            places = set_queries.places(connection, row.id)
            newest = self._latest(connection, row, place)
            past = _past(connection, row.id, place)
            known = used_so_far(connection, row.id, place, manifest)
        return Edited(
            card,
            place,
            places,
            day,
            newest and self._visible(actor, newest),
            replace(held, values=set_values.shown(held.values, set(masked))),
            set_values.shown(above, set(masked)),
            above_from,
            {one: those for one, those in past.items() if one not in masked},
            {one: found for one, found in known.items() if one not in masked},
            masked,
        )

    @service(PARAMS_WRITE, on=of_set)
    def newest(self, actor: Actor, model: str, name: str, place: str = "") -> SetVersion | None:
        """The version of a place that the next one must be based on; None before the first. Raises NotFound."""
        with self.engine.database.look() as connection:
            row = set_queries.set_row(connection, model, name, self.holder(actor, name))
            found = self._latest(connection, row, place)
        return found and self._visible(actor, found)

    @service(PARAMS_WRITE, on=of_set)
    def newest_number(self, actor: Actor, model: str, name: str, place: str = "") -> int | None:
        """Its number only: what an open page asks again and again. Raises NotFound."""
        with self.engine.database.look() as connection:
            row = set_queries.set_row(connection, model, name, self.holder(actor, name))
            found = set_queries.newest(connection, row.id, place, utc_now())
        return None if found is None else int(found.number)

    def _latest(self, connection: Connection, row: Any, place: str) -> SetVersion | None:
        now = utc_now()
        found = set_queries.newest(connection, row.id, place, now)
        if found is None:
            return None
        return set_queries.records(connection, row, [found], now, self.today())[0]

    def _above(
        self, actor: Actor, model: str, name: str, place: str, day: date, manifest: Manifest
    ) -> tuple[dict[str, Any], dict[str, str]]:
        """What the place would have if it set nothing, and where that comes from."""
        levels = [(DEFAULT, set_values.defaults(manifest))]
        values, origin = inherited(levels)
        if place:
            found = self.resolved(actor, model, name, day, place=place.rpartition("/")[0])
            values, origin = values | found.values, origin | found.origin
        return values, origin


def _past(connection: Connection, set_id: str, place: str) -> dict[str, list[Past]]:
    """The last values of each field at the nearest place that ever set it."""
    found: dict[str, list[Past]] = {}
    for one in lineage(place):
        found |= history(connection, set_id, one, None, PAST)
    return found


def used_so_far(
    connection: Connection,
    set_id: str,
    place: str,
    manifest: Manifest,
    known_at: datetime | None = None,
    names: Collection[str] | None = None,
) -> dict[str, Usual]:
    """What versions of a place and those above it used that were approved by then; the default counts as used.

    ``names``: of these fields only.
    """
    size = func.length(VERSION.c.values_json)
    query = (
        select(VERSION.c.number, size)
        .where(
            VERSION.c.set_id == set_id,
            VERSION.c.place.in_(lineage(place)),
            VERSION.c.approved_at <= (known_at or utc_now()),
        )
        .order_by(VERSION.c.number.desc())
        .limit(MOST_READ)
    )
    left = MOST_BYTES
    numbers: list[int] = []
    for number, length in connection.execute(query):
        left -= int(length)
        if left < 0 and numbers:
            break
        numbers.append(number)
    if not numbers:
        return {}
    texts = connection.execute(
        select(VERSION.c.values_json).where(VERSION.c.set_id == set_id, VERSION.c.number.in_(numbers))
    )
    read = [json.loads(text) for (text,) in texts]
    defaults = set_values.defaults(manifest)
    found = {}
    for name, field in manifest.fields.items():
        if names is not None and name not in names:
            continue
        values = [held[name] for held in read if name in held]
        if values:
            known = usual(field, [*values, *([defaults[name]] if name in defaults else [])])
            if known is not None:
                found[name] = known
    return found
