"""What all parts of ``engine.sets`` share: whose names are looked among, versions and values with nothing asked.

For our own code, which has asked for the right already; people come in through the parts' services.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Protocol

from engine.access import Actor, Resource
from engine.errors import Invalid, NotFound, Problem
from engine.parameters import set_queries, set_values
from engine.parameters.in_force import inherited, lineage
from engine.parameters.set_records import PRESET, InForce, SetCard, SetVersion
from engine.store.base import utc_now

if TYPE_CHECKING:
    from engine.engine import Engine
    from engine.store.database import Change


class HasEngine(Protocol):
    """Any part of the engine."""

    engine: Engine


def of_set(self: HasEngine, actor: Actor, model: str, name: str, *_: Any, **__: Any) -> Resource:
    """What a service on a set (``name`` or ``name@3``) is about, as far as rights are concerned."""
    return self.engine.sets.resource(actor, model, name.partition("@")[0])


class SetPart:
    """The base of each part of ``engine.sets``."""

    engine: Engine

    def resource(self, actor: Actor, model: str, name: str) -> Resource:
        """The set as far as rights are concerned; a preset is there for its owner only. Raises NotFound."""
        with self.engine.database.look() as connection:
            row = set_queries.set_row(connection, model, name, self.holder(actor, name))
        return Resource(
            set_queries.KIND, f"{model}/{name}", row.department, row.holder or None, ("model", model)
        )

    def holder(self, actor: Actor, name: str) -> str:
        """Whose names are looked among: one's own for presets, else the departments'."""
        return actor.id if name.startswith(PRESET) else ""

    def today(self) -> date:
        """The business day."""
        from engine.calendar import BusinessCalendar

        return BusinessCalendar.from_settings(self.engine.settings).today()

    def found(self, actor: Actor, model: str, name: str, number: int) -> SetVersion:
        """A version with all that it holds. Raises NotFound."""
        with self.engine.database.look() as connection:
            row = set_queries.set_row(connection, model, name, self.holder(actor, name))
            one = set_queries.version_row(connection, row, number)
            return set_queries.records(connection, row, [one], utc_now(), self.today())[0]

    def resolved(
        self,
        actor: Actor,
        model: str,
        reference: str,
        valid_on: date | None = None,
        known_at: datetime | None = None,
        place: str = "",
    ) -> InForce:
        """As ``in_force``, with nothing masked: for runs. Raises NotFound, Invalid for a reference it cannot read."""
        name, number = parse_reference(reference)
        day, moment = valid_on or self.today(), known_at or utc_now()
        with self.engine.database.look() as connection:
            row = set_queries.set_row(connection, model, name, self.holder(actor, name))
            fixed = None if number is None else set_queries.version_row(connection, row, number)
            where = place or (fixed.place if fixed is not None else "")
            there = {one.place: one for one in set_queries.places(connection, row.id)}
            if where and where not in there:
                raise NotFound("place", where, f"The places of {name} are: {', '.join(there) or 'none'}.")
            if fixed is not None and fixed.place not in lineage(where):
                sentence = f"{reference} holds values for {fixed.place}, which do not reach {where}."
                raise Invalid("the parameter set", [Problem("place", sentence, where, "a place below it")])
            asked = [one for one in lineage(where) if fixed is None or one != fixed.place]
            held = set_queries.held(connection, row.id, asked, day, moment)
        if fixed is not None:
            held[fixed.place] = fixed
        ordered = [one for one in lineage(where) if one in held]
        values, origin = inherited([(one, json.loads(held[one].values_json)) for one in ordered])
        currencies = [there[one].currency for one in lineage(where) if one in there and there[one].currency]
        return InForce(
            row.id, model, name, where, day, moment, values, origin, {one: held[one].number for one in ordered},
            currencies[-1] if currencies else "",
        )  # fmt: skip

    # ---- helpers of the parts

    def _locked(self, change: Change, actor: Actor, model: str, name: str) -> Any:
        return set_queries.set_row(change.connection, model, name, self.holder(actor, name), lock=True)

    def _card(self, set_id: str) -> SetCard:
        with self.engine.database.look() as connection:
            return set_queries.card(connection, set_id, self.today())

    def _visible(self, actor: Actor, version: SetVersion) -> SetVersion:
        manifest = set_values.manifest_of(self.engine, version.model)
        masked = set_values.masked_fields(self.engine, actor, manifest)
        return replace(version, values=set_values.shown(version.values, masked))


def parse_reference(reference: str) -> tuple[str, int | None]:
    """``name@3`` → name and number, ``name`` → name and None. Raises Invalid."""
    name, sign, number = reference.partition("@")
    if sign and not (number.isascii() and number.isdigit() and 0 < len(number) < 10):
        sentence = (
            f"“{reference[:80]}”: the part after @ must be a version number, for instance {name[:60]}@3."
        )
        raise Invalid(
            "the parameter set", [Problem("parameter_set", sentence, reference[:80], "NAME or NAME@NUMBER")]
        )
    return name, int(number) if sign else None
