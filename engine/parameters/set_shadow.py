"""Shadow runs: what a version would do to results, seen before it is approved.

Two ordinary runs of the model's live version: one with the values that hold without the version, one with it; the
same data, seed and day otherwise. They decide nothing, and lists of runs leave them out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select

from engine.access import PARAMS_READ, PARAMS_TRY, RUN_READ, Actor, service
from engine.errors import Conflict, Invalid, NotFound, Problem
from engine.events import ParametersTried
from engine.parameters import effects, set_queries, set_values
from engine.parameters.effects import Effect, Trial, TrialInput
from engine.parameters.set_examining import moment_of
from engine.parameters.set_part import SetPart, of_set
from engine.store.base import new_id, utc_now
from engine.store.tables_parameters import TRIAL

if TYPE_CHECKING:
    from engine.catalog.records import LoadedVersion
    from engine.parameters.set_records import SetVersion
    from engine.runs.records import RunRecord
    from engine.runs.submission import Checked, InputRef

SEED = 1  # for models that draw random numbers: both runs draw the same ones
MOST_LOOKED_AT = 20


class Shadowing(SetPart):
    """Trying versions out. Part of ``engine.sets``."""

    @service(PARAMS_TRY, on=of_set)
    def try_out(
        self,
        actor: Actor,
        model: str,
        name: str,
        number: int,
        inputs: Mapping[str, InputRef] | None = None,
    ) -> Effect:
        """Queue the two runs of a version. ``inputs``: other data than ``trial_inputs`` proposes.

        Needs the right to read the data; not that to run the model: nothing but these two requests can be run so.
        Raises Invalid with all problems (an input without data, a field without a value), NotFound, Unavailable.
        """
        from engine.runs import from_sets
        from engine.store.space import require_space

        require_space(self.engine.settings)
        version = self.found(actor, model, name, number)
        loaded = self.engine.catalog.version(actor, model)
        data = self._data(actor, model, name, inputs or {})
        moment = moment_of(version)
        rest = self._rest(actor, model, loaded)
        last = self._last_run(actor, model)
        seed = (
            None
            if loaded.manifest.model.deterministic
            else (last.seed if last and last.seed is not None else SEED)
        )

        def checked(reference: str) -> Checked:
            asked = from_sets.Asked(reference, version.place, version.effective_from, moment)
            held = self.resolved(actor, model, reference, asked.valid_on, asked.known_at, asked.place)
            given = {key: value for key, value in rest.items() if key not in held.values}
            try:
                return from_sets.check(
                    self.engine, actor, model, asked, given, dict(data), loaded.number, seed
                )
            except Conflict:  # nothing is in force: the model's own defaults are what holds
                nothing = from_sets.Asked("")
                return from_sets.check(
                    self.engine, actor, model, nothing, given, dict(data), loaded.number, seed
                )

        after = checked(f"{name}@{number}")
        before = replace(checked(name), today=after.today)
        return self._queue_both(actor, version, before, after)

    @service(PARAMS_READ, on=of_set)
    def effect(self, actor: Actor, model: str, name: str, number: int) -> Effect | None:
        """What the newest shadow runs of a version say that this person may see; None: there are none."""
        version = self.found(actor, model, name, number)
        query = (
            select(TRIAL)
            .where(TRIAL.c.version_id == version.id)
            .order_by(TRIAL.c.at.desc(), TRIAL.c.id.desc())
        )
        with self.engine.database.look() as connection:
            rows = connection.execute(query.limit(MOST_LOOKED_AT)).all()
        for row in rows:
            try:
                before = self.engine.runs.get(actor, row.before_run)
                after = self.engine.runs.get(actor, row.after_run)
            except NotFound:  # they read data that this person may not see
                continue
            made = Effect(
                number, before, after, row.by, row.at, outdated=self._outdated(actor, version, before, after)
            )
            return self._with_results(actor, made) if made.succeeded else made
        return None

    @service(PARAMS_READ, on=of_set)
    def trials(self, actor: Actor, model: str, name: str, number: int) -> list[Trial]:
        """When a version was tried out and by whom, the oldest first."""
        version = self.found(actor, model, name, number)
        query = select(TRIAL).where(TRIAL.c.version_id == version.id).order_by(TRIAL.c.at, TRIAL.c.id)
        with self.engine.database.look() as connection:
            return [Trial(row.by, row.at, row.before_run, row.after_run) for row in connection.execute(query)]

    @service(PARAMS_READ, on=of_set)
    def trial_inputs(self, actor: Actor, model: str, name: str) -> list[TrialInput]:
        """The data that shadow runs would read: what the form would take, else that of the model's last run."""
        loaded = self.engine.catalog.version(actor, model)
        last = self._last_run(actor, model)
        used = {use.name: f"{use.dataset}@{use.version}" for use in last.inputs} if last is not None else {}
        found = []
        for key, spec in loaded.manifest.inputs.items():
            reference, source = "", ""
            if spec.dataset and (newest := self._newest(actor, spec.dataset)):
                reference, source = newest, "default"
            elif key in used:
                reference, source = used[key], "last-run"
            found.append(TrialInput(key, spec.title or key, spec.required, reference, source))
        return found

    # ---- helpers

    def _data(
        self, actor: Actor, model: str, name: str, inputs: Mapping[str, InputRef]
    ) -> dict[str, InputRef]:
        """What is given over what is proposed. Raises Invalid for an input that neither has data for."""
        proposed = self.trial_inputs(actor, model, name)
        lacking = [one for one in proposed if one.required and not one.reference and one.name not in inputs]
        if lacking:
            rule = "a stored dataset"
            raise Invalid(
                "the shadow runs",
                [
                    Problem(one.name, f"“{one.title}” needs data to compare on: choose {rule}.", "", rule)
                    for one in lacking
                ],
            )
        return {one.name: one.reference for one in proposed if one.reference} | dict(inputs)

    def _newest(self, actor: Actor, reference: str) -> str:
        """``name@3`` of a dataset; empty when there is none for this person."""
        dataset, _, number = reference.partition("@")
        try:
            found = self.engine.datasets.version(actor, dataset, int(number) if number.isdigit() else None)
        except NotFound:
            return ""
        return f"{found.dataset}@{found.number}"

    def _last_run(self, actor: Actor, model: str) -> RunRecord | None:
        if not self.engine.authorizer.decide(actor, RUN_READ, None).allowed:
            return None
        found, _ = self.engine.runs.list(actor, model=model, state="succeeded", limit=1)
        return found[0] if found else None

    def _rest(self, actor: Actor, model: str, loaded: LoadedVersion) -> dict[str, Any]:
        """Values of the last run for the fields that have no default: a set need not hold them."""
        last = self._last_run(actor, model)
        if last is None:
            return {}
        masked = set_values.masked_fields(self.engine, actor, loaded.manifest)
        return {
            key: last.values[key]
            for key, spec in loaded.manifest.fields.items()
            if spec.default is None and last.values.get(key) is not None and key not in masked
        }

    def _queue_both(self, actor: Actor, version: SetVersion, before: Checked, after: Checked) -> Effect:
        runs = self.engine.runs
        told = {"set": version.set, "version": version.number}
        label = f"Shadow run of {version.set}@{version.number}"
        runs_made = (
            runs.shadow(actor, replace(before, shadow=told | {"without": True}), f"{label}: without it"),
            runs.shadow(actor, replace(after, shadow=told | {"without": False}), f"{label}: with it"),
        )
        with self.engine.database.look() as connection:
            row = set_queries.set_row(connection, version.model, version.set, self.holder(actor, version.set))
        now = utc_now()
        made = {
            "id": new_id(), "version_id": version.id, "before_run": runs_made[0].id, "after_run": runs_made[1].id,
            "by": actor.id, "at": now,
        }  # fmt: skip
        with self.engine.database.change(actor) as change:
            change.connection.execute(insert(TRIAL).values(**made))
            event = ParametersTried(
                set=f"{version.model}/{version.set}",
                version=version.number,
                without=runs_made[0].id,
                run=runs_made[1].id,
            )
            change.emit(event, department=row.department)
        effect = Effect(version.number, *runs_made, actor.id, now)
        return self._with_results(actor, effect) if effect.succeeded else effect

    def _with_results(self, actor: Actor, effect: Effect) -> Effect:
        before = self.engine.runs.outputs(actor, effect.before.id)
        after = self.engine.runs.outputs(actor, effect.after.id)
        manifest = self.engine.runs.loaded(
            effect.after.model, effect.after.version, effect.after.version_id
        ).manifest
        titles = {key: spec.title for key, spec in manifest.outputs.items()}
        return replace(
            effect,
            metrics=effects.metrics(before, after, manifest),
            outputs=effects.others(before, after, titles),
        )

    def _outdated(self, actor: Actor, version: SetVersion, before: RunRecord, after: RunRecord) -> str:
        asked = (version.effective_from, moment_of(version), version.place)
        held = self.resolved(actor, version.model, version.set, *asked).versions
        if held != (before.parameter_set or {}).get("versions", {}):
            return "in-force"
        live = self.engine.catalog.version(actor, version.model).number
        return "model" if live != after.version else ""
