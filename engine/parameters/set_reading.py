"""Reading parameter sets: lists, versions, what is in force, history, comparison, and which runs used what."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from engine.access import PARAMS_READ, RUN_READ, Actor, Resource, service
from engine.errors import Invalid, NotFound, Problem
from engine.parameters import comparing, set_queries, set_values
from engine.parameters.set_history import history
from engine.parameters.set_part import SetPart, of_set, parse_reference
from engine.parameters.set_records import (
    Compared,
    Comparison,
    InForce,
    Past,
    Place,
    SetCard,
    SetVersion,
)
from engine.store.base import utc_now
from engine.store.tables_parameters import RUN_PARAMETER, VERSION

if TYPE_CHECKING:
    from engine.runs.records import RunRecord

PAST = 8  # values of a field that its history shows
MOST_VERSIONS = 200
COMPARED = range(2, 6)


def _of_model(self: Reading, actor: Actor, model: str, *_: Any, **__: Any) -> Resource:
    return self.engine.catalog.resource(model)


class Reading(SetPart):
    """What people see of sets. Part of ``engine.sets``."""

    @service(PARAMS_READ)
    def list(self, actor: Actor, model: str = "", search: str = "") -> builtins.list[SetCard]:
        """The sets that this person may see and their own presets, by model and name."""
        scope = self.engine.authorizer.scope(actor, PARAMS_READ)
        with self.engine.database.look() as connection:
            return set_queries.cards(
                connection, scope, actor.id, model, set_values.clean(search), self.today()
            )

    @service(PARAMS_READ, on=of_set)
    def get(self, actor: Actor, model: str, name: str) -> SetCard:
        """One set. Raises NotFound."""
        with self.engine.database.look() as connection:
            row = set_queries.set_row(connection, model, name, self.holder(actor, name))
            return set_queries.card(connection, row.id, self.today())

    @service(PARAMS_READ, on=of_set)
    def places(self, actor: Actor, model: str, name: str) -> builtins.list[Place]:
        """The places of a set below the company."""
        with self.engine.database.look() as connection:
            row = set_queries.set_row(connection, model, name, self.holder(actor, name))
            return set_queries.places(connection, row.id)

    @service(PARAMS_READ, on=of_set)
    def versions(
        self,
        actor: Actor,
        model: str,
        name: str,
        *,
        place: str | None = None,
        offset: int = 0,
        limit: int = 50,
    ) -> tuple[builtins.list[SetVersion], int]:
        """A page of versions, newest first, with their reviews, and how many there are; of one place or of all."""
        with self.engine.database.look() as connection:
            row = set_queries.set_row(connection, model, name, self.holder(actor, name))
            where = [VERSION.c.set_id == row.id]
            if place is not None:
                where.append(VERSION.c.place == place)
            total = connection.execute(select(func.count()).select_from(VERSION).where(*where)).scalar_one()
            query = select(VERSION).where(*where).order_by(VERSION.c.number.desc())
            rows = connection.execute(query.offset(max(offset, 0)).limit(min(limit, MOST_VERSIONS))).all()
            found = set_queries.records(connection, row, rows, utc_now(), self.today())
        return [self._visible(actor, one) for one in found], int(total)

    @service(PARAMS_READ, on=of_set)
    def version(self, actor: Actor, model: str, name: str, number: int) -> SetVersion:
        """One version with its review. Raises NotFound."""
        return self._visible(actor, self.found(actor, model, name, number))

    @service(PARAMS_READ, on=of_set)
    def in_force(
        self,
        actor: Actor,
        model: str,
        name: str,
        valid_on: date | None = None,
        known_at: datetime | None = None,
        place: str = "",
    ) -> InForce:
        """The values in force on a day (today), as far as they were known at a moment (now), at a place.

        ``name@3``: those of that version instead, over what is in force above its place. Raises NotFound.
        """
        found = self.resolved(actor, model, name, valid_on, known_at, place)
        return self._masked(actor, found)

    @service(PARAMS_READ, on=of_set)
    def history(
        self, actor: Actor, model: str, name: str, field: str | None = None, place: str = ""
    ) -> dict[str, builtins.list[Past]]:
        """Per field the last eight values that were in force at a place, the oldest first."""
        with self.engine.database.look() as connection:
            row = set_queries.set_row(connection, model, name, self.holder(actor, name))
            found = history(connection, row.id, place, field, PAST)
        masked = set_values.masked_fields(self.engine, actor, set_values.manifest_of(self.engine, model))
        return {name: past for name, past in found.items() if name not in masked}

    @service(PARAMS_READ, on=_of_model)
    def compare(self, actor: Actor, model: str, references: Sequence[str]) -> Comparison:
        """Two to five versions or sets of a model side by side: ``name@3``, ``name`` or ``name:DE/S001``.

        Raises Invalid for another number of them, NotFound.
        """
        if len(references) not in COMPARED:
            sentence = f"Compare two to five versions; {len(references)} were given."
            raise Invalid("the comparison", [Problem("ref", sentence, rule="two to five")])
        found = []
        for reference in references:
            name, _, place = reference.partition(":")
            found.append(self.in_force(actor, model, name, place=place))
        columns = [self._column(one, reference) for one, reference in zip(found, references, strict=True)]
        return comparing.compare(model, set_values.manifest_of(self.engine, model), found, columns)

    @service(PARAMS_READ, on=of_set)
    def used_by(self, actor: Actor, model: str, name: str, number: int) -> builtins.list[RunRecord]:
        """The runs that took values from a version and that this person may see, newest first (at most 100)."""
        from engine.runs import masking, reading
        from engine.store.tables_runs import RUN

        version = self.found(actor, model, name, number)
        scope = self.engine.authorizer.scope(actor, RUN_READ)
        with self.engine.database.look() as connection:
            row = set_queries.set_row(connection, model, name, self.holder(actor, name))
            used = select(RUN_PARAMETER.c.run_id).where(
                RUN_PARAMETER.c.set_id == row.id, RUN_PARAMETER.c.number == version.number
            )
            where = [*reading.conditions(scope, realtime=True), RUN.c.id.in_(used)]
            found, _ = reading.page(connection, where, 0, 100)
        return [masking.record(self.engine, actor, one) for one in found]

    # ---- helpers

    def _masked(self, actor: Actor, found: InForce) -> InForce:
        masked = set_values.masked_fields(
            self.engine, actor, set_values.manifest_of(self.engine, found.model)
        )
        return replace(found, values=set_values.shown(found.values, masked))

    def _column(self, found: InForce, reference: str) -> Compared:
        """What stands above a column: the version that is meant, as far as it sets anything there."""
        name, number = parse_reference(reference.partition(":")[0])
        wanted = number or found.versions.get(found.place) or max(found.versions.values(), default=0)
        if not wanted:
            raise NotFound("version in force", reference, "Submit one, or name a version: NAME@NUMBER.")
        now, today = utc_now(), self.today()
        with self.engine.database.look() as connection:
            row = set_queries.version_row(connection, SimpleNamespace(id=found.set_id, name=name), wanted)
            holding = set_queries.held(connection, found.set_id, [row.place], today, now).get(row.place)
        state = set_queries.shown_state(row, holding, now, today)
        return Compared(found.set, wanted, found.place, date.fromisoformat(row.effective_from), state)
