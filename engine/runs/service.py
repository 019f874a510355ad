"""Runs: submit, follow, cancel, read what came of them. The public face of ``engine.runs``."""

from __future__ import annotations

import statistics
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import update

from engine.access import (
    DATASET_READ,
    RUN_CANCEL,
    RUN_CREATE,
    RUN_READ,
    SYSTEM,
    Actor,
    Resource,
    require,
    service,
)
from engine.errors import NotFound
from engine.part import part
from engine.runs import cancelling, from_sets, masking, reading, reuse, states, submission, uploaded
from engine.runs.budget import Reservations
from engine.runs.keeping import Keeping, of_run
from engine.runs.lock import ring
from engine.runs.logs import Logs
from engine.runs.provenance import provenance
from engine.runs.records import InputUse, RunOutput, RunRecord, UploadRef
from engine.runs.submission import Checked, InputRef
from engine.runs.waiting import Waiting
from engine.store.database import Change
from engine.store.space import require_space
from engine.store.tables_runs import RUN

if TYPE_CHECKING:
    from engine.catalog.service import LoadedVersion
    from engine.engine import Engine
    from engine.runs.realtime import Realtime

__all__ = ["InputUse", "RunOutput", "RunRecord", "Runs", "UploadRef"]


def _of_model(self: Runs, actor: Actor, model: str, *_: Any, **__: Any) -> Resource:
    return self.engine.catalog.resource(model)


class Runs(Keeping):
    """All methods take the acting person first, except the few that only the engine uses."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.logs = Logs(engine.settings.data / "logs", engine.settings.log_limit_mb)
        self._waiting = Waiting()
        self._versions: dict[str, LoadedVersion] = {}
        self._reservations = Reservations(engine)
        engine.database.listen(self._waiting.heard)

    # ---- making runs

    @service(RUN_CREATE, on=_of_model)
    def submit(
        self,
        actor: Actor,
        model: str,
        *,
        values: dict[str, Any] | None = None,
        inputs: dict[str, InputRef] | None = None,
        version: int | str | None = "live",
        seed: int | None = None,
        label: str = "",
        reuse: bool | None = None,
        parameter_set: str | None = None,
        place: str = "",
        valid_on: date | None = None,
        known_at: datetime | None = None,
    ) -> RunRecord:
        """Queue a run. ``inputs``: input → ``dataset``, ``dataset@3`` or an ``UploadRef``.

        With ``parameter_set`` (``name@3``, or ``name``: what is in force at a ``place``, ``valid_on`` a day as it was
        ``known_at`` a moment: today and now) values are taken from there, and ``values`` are what is set otherwise for
        this run; both are recorded.
        ``reuse`` False: run even when an equal earlier result exists (default: the setting).
        Raises Invalid (all problems at once), NotFound, Unavailable (disk below its floor).
        """
        require_space(self.engine.settings)
        asked = from_sets.Asked(parameter_set or "", place, valid_on, known_at)
        checked = from_sets.check(self.engine, actor, model, asked, values or {}, inputs or {}, version, seed)
        wanted = self.engine.settings.reuse_results if reuse is None else reuse
        return self._seen(actor, self._queue(actor, checked, label=label, look_back=wanted))

    @service(RUN_CREATE, on=_of_model)
    def predict(
        self,
        actor: Actor,
        model: str,
        *,
        values: dict[str, Any] | None = None,
        inputs: dict[str, InputRef] | None = None,
        version: int | str | None = "live",
        seed: int | None = None,
        parameter_set: str | None = None,
        place: str = "",
    ) -> dict[str, Any]:
        """A real-time call straight to a warm worker: ``{"run", "version", "outputs", "warnings", "seconds"}``.

        Checked like a run, with a ``parameter_set`` as there; its record is durable within a second. Raises as
        ``submit``, and CallFailed.
        """
        require_space(self.engine.settings)
        asked = from_sets.Asked(parameter_set or "", place)
        checked = from_sets.check(self.engine, actor, model, asked, values or {}, inputs or {}, version, seed)
        return self.realtime.predict(actor, checked)

    @service(RUN_CREATE)
    def add_file(self, actor: Actor, path: Path, name: str) -> dict[str, str]:
        """Store a file of this person's: the answer is the value of a file field, for their own runs."""
        blob = self.engine.blobs.put_file(path)
        uploaded.note(self.engine, actor, blob)
        return {"blob": blob, "name": name}

    @service(RUN_READ, on=of_run)
    def again(self, actor: Actor, run_id: str) -> RunRecord:
        """Run exactly what ran: same version, values, dataset versions, seed and business day.

        Needs the right to run the model and to read each dataset today, besides that to see the run.
        """
        old = self._record(run_id)
        self._may_run(actor, old)
        require_space(self.engine.settings)
        loaded = self.engine.catalog.version(actor, old.model, old.version)
        taken = old.parameter_set or {}
        checked = Checked(loaded, old.values, old.inputs, old.seed, old.today, parameters=taken)
        return self._seen(
            actor, self._queue(actor, checked, label=old.label, look_back=False, again_of=old.id)
        )

    @service(RUN_CANCEL, on=of_run)
    def cancel(self, actor: Actor, run_id: str) -> RunRecord:
        """End a run: a queued one at once, a running one within two seconds. Raises Conflict when it has ended."""
        if cancelling.note(self.engine, actor, run_id) == states.CANCELLING:
            if self.engine.dispatcher is not None:
                self.engine.dispatcher.cancel(run_id)
            else:
                ring(self.engine.settings.data)
        return self._seen(actor, self._record(run_id))

    # ---- reading

    @service(RUN_READ, on=of_run)
    def get(self, actor: Actor, run_id: str) -> RunRecord:
        """One run; values out of columns with personal data as this person may see them. Raises NotFound."""
        self.engine.notify.watching.saw(actor.id, run_id)
        return self._seen(actor, self._record(run_id))

    @service(RUN_READ)
    def list(
        self,
        actor: Actor,
        *,
        search: str = "",
        state: str | list[str] | None = None,
        model: str | None = None,
        mine: bool = False,
        realtime: bool = False,
        shadow: bool = False,
        offset: int = 0,
        limit: int = 50,
    ) -> tuple[list[RunRecord], int]:
        """A page of runs, newest first, and how many there are in all.

        ``realtime`` adds real-time calls, ``shadow`` runs that only tried a parameter set out.
        """
        where = reading.conditions(
            self.engine.authorizer.scope(actor, RUN_READ),
            search=search,
            state=state,
            model=model,
            submitted_by=actor.id if mine else None,
            realtime=realtime,
            shadow=shadow,
        )
        with self.engine.database.look() as connection:
            records, total = reading.page(connection, where, offset, min(limit, 1000))
        return [self._seen(actor, found) for found in records], total

    @service(RUN_READ, on=of_run)
    def outputs(self, actor: Actor, run_id: str) -> list[RunOutput]:  # type: ignore[valid-type]
        """What a run produced, in the model's order; empty before it has succeeded."""
        with self.engine.database.look() as connection:
            return reading.outputs_of(connection, run_id)

    @service(RUN_READ, on=of_run)
    def output_path(self, actor: Actor, run_id: str, name: str) -> Path:
        """A read-only local file with an output's contents (tables: Parquet, columns named like a column with
        personal data of an input masked for those who may not see it: ``masking``). Raises NotFound."""
        for output in self.outputs(actor, run_id):
            if output.name == name:
                if output.blob is None:
                    raise NotFound("stored output", name, self._why_gone(run_id, output))
                return masking.output_path(self.engine, actor, self._record(run_id).inputs, output)
        raise NotFound("output", name, "The run's page lists what it produced.")

    @service(RUN_READ, on=of_run)
    def log(self, actor: Actor, run_id: str, offset: int = 0) -> tuple[str, int]:
        """What the run printed from a byte offset on, and the offset to go on from."""
        return self.logs.read(run_id, offset)

    @service(RUN_READ, on=of_run)
    def provenance(self, actor: Actor, run_id: str) -> dict[str, Any]:
        """Everything needed to run it again, as one JSON object."""
        with self.engine.database.look() as connection:
            outputs = reading.outputs_of(connection, run_id)
        return provenance(self._seen(actor, self._record(run_id)), outputs)

    def wait(self, run_id: str, timeout: float | None = None) -> RunRecord:
        """Wait until a run has ended or ``timeout`` seconds passed; returns its record either way."""

        here = self.engine.dispatcher is not None
        return self._waiting.until(run_id, lambda: self._record(run_id), timeout, here=here)

    def expected_seconds(self, model: str) -> float | None:
        """How long a run of this model usually takes (median of the last 20); None before the first."""
        with self.engine.database.look() as connection:
            rows = reading.recent(connection, model)
        seconds = [(r.finished_at - r.started_at).total_seconds() for r in rows if r.started_at]
        return statistics.median(seconds) if seconds else None

    # ---- for the engine's own parts

    @part
    def realtime(self) -> Realtime:
        """Real-time calls and the writer of their records."""
        from engine.runs.realtime import Realtime

        return Realtime(self.engine)

    def close(self) -> None:
        """Write the last records of real-time calls."""
        realtime = self.__dict__.pop("realtime", None)
        if realtime is not None:
            realtime.close()

    def resource(self, run_id: str) -> Resource:
        """The run as far as rights are concerned. Raises NotFound."""
        with self.engine.database.look() as connection:
            found = reading.resources(connection, [run_id])
        if not found:
            raise NotFound("run", run_id)
        return found[run_id]

    def loaded(self, model: str, number: int, version_id: str) -> LoadedVersion:
        """An immutable version, kept after the first time."""
        found = self._versions.get(version_id)
        if found is None:
            found = self._versions[version_id] = self.engine.catalog.version(SYSTEM, model, number)
        return found

    def _seen(self, actor: Actor, found: RunRecord) -> RunRecord:
        return masking.record(self.engine, actor, found)

    def _may_run(self, actor: Actor, old: RunRecord) -> None:
        engine = self.engine
        require(engine.authorizer, actor, RUN_CREATE, engine.catalog.resource(old.model), engine.auditor)
        for use in old.inputs:
            require(
                engine.authorizer, actor, DATASET_READ, engine.datasets.resource(use.dataset), engine.auditor
            )

    def _record(self, run_id: str) -> RunRecord:
        with self.engine.database.look() as connection:
            found = reading.one(connection, run_id)
        if found is None:
            raise NotFound("run", run_id)
        return found

    def _why_gone(self, run_id: str, output: RunOutput) -> str:
        if output.value is not None:
            return "It is a single value, not a file: read it from the list of outputs."
        return "The time that it was to be kept is over. “Run again” makes it anew."

    def shadow(self, actor: Actor, checked: Checked, label: str) -> RunRecord:
        """Queue a run that only tries something out; its service has asked for the right to."""
        return self._seen(actor, self._queue(actor, checked, label=label, look_back=True, kind="shadow"))

    def _queue(
        self,
        actor: Actor,
        checked: Checked,
        *,
        label: str,
        look_back: bool,
        again_of: str | None = None,
        kind: str = "queued",
    ) -> RunRecord:
        key = reuse.reuse_key(checked)
        row = submission.run_row(
            self.engine,
            actor,
            checked,
            memory_mb=self._reservations.memory_mb(checked.version),
            label=label,
            reuse_key=key,
            again_of=again_of,
            kind=kind,
        )
        found = reuse.earlier(self.engine, actor, key) if look_back and key else None

        def work(change: Change) -> dict[str, Any]:
            made = row if found is None else reuse.reused(row, found)
            submission.insert_run(change, made, checked.inputs)
            from_sets.note(change, row["id"], checked.parameters)
            if found is not None and not reuse.copy_outputs(change, row["id"], found.id):
                change.connection.execute(update(RUN).where(RUN.c.id == row["id"]).values(**row))
                return row
            return made

        made = self.engine.database.write(actor, work)
        if self.engine.dispatcher is not None:
            self.engine.dispatcher.wake()
        else:
            ring(self.engine.settings.data)
        return submission.as_record(made)
