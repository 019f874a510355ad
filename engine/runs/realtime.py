"""Real-time calls: no queue, straight to a warm worker, with the same checks and the same provenance.

The record (a run of kind ``realtime``, with its outputs) is written by a thread of its own, many calls a
transaction, at most ``WRITE_EVERY`` seconds after the answer: a power cut may lose the records of that
last moment, never an answer that a queued run promised. Such calls make no events (they would flood those who
follow them), but an entry of the audit log each.
"""

from __future__ import annotations

import logging
import queue
import threading
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from engine.access import SYSTEM, Actor
from engine.errors import Unavailable
from engine.events import RealtimeCalled
from engine.runs import from_sets, masking, plan, secret_values, states
from engine.runs.attempt import ENDS
from engine.runs.executor import Job, Prepared
from engine.runs.outputs import write_outputs
from engine.runs.publish import Published, check_names, plain_failure, scalar, store_outputs
from engine.runs.records import RunOutput, canonical
from engine.runs.submission import Checked, insert_calls, run_row
from engine.runtimes.interface import CallFailed, Log, Output, Progress, Result
from engine.store.base import new_id, utc_now
from engine.store.database import Change

if TYPE_CHECKING:
    from engine.engine import Engine

logger = logging.getLogger(__name__)
WRITE_EVERY = 0.5
BACKLOG = 5000  # calls wait for the writer beyond so many unwritten records
MOST_PRINTED = 100_000  # characters of printed text that are kept of one call
MOST_ROWS = 10_000  # of a table in an answer; a larger one is fetched from the run's outputs


@dataclass
class _Done:
    """A finished call whose record is still to be written; ``stack`` gives its scratch folder back.

    ``row`` is made by the writer: half of what a record costs would otherwise delay the answer.
    """

    actor: Actor
    checked: Checked
    times: dict[str, Any]
    failure: CallFailed | None
    prepared: Prepared | None
    result: Result | None
    stack: ExitStack
    printed: str
    row: dict[str, Any] = field(default_factory=dict)


class _Printed:
    """Keeps what a call prints, up to a limit."""

    def __init__(self) -> None:
        self.text = ""

    def __call__(self, news: Progress | Log) -> None:
        if isinstance(news, Log) and len(self.text) < MOST_PRINTED:
            self.text += news.text


class Realtime:
    """Makes real-time calls and writes their records."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._done: queue.Queue[_Done | None] = queue.Queue(BACKLOG)
        self._thread = threading.Thread(target=self._write, name="realtime-records", daemon=True)
        self._thread.start()

    def predict(self, actor: Actor, checked: Checked) -> dict[str, Any]:
        """Call and answer. Raises CallFailed and Unavailable."""
        executor = self._engine.executor
        if executor is None:
            raise Unavailable("No Quarterdeck server runs here, so there is no warm worker. Start it first.")
        version, run_id, stack, began = checked.version, new_id(), ExitStack(), utc_now()
        timeout = float(plan.timeout_seconds(version, self._engine.settings))
        secrets = secret_values.for_call(
            self._engine, actor, version, checked.values, purpose="call", run=run_id
        )
        job = Job(run_id, version, checked.values, checked.inputs, checked.seed, timeout, secrets)
        prepared: Prepared | None = None
        printed = _Printed()
        try:
            prepared = executor.prepare(job, stack)
            result = executor.call(prepared, printed)
            check_names(result, version.manifest.outputs)
            answer = {o.name: _answer(o) for o in result.outputs}
            answer = masking.answer(masking.hidden(self._engine, actor, checked.inputs), answer)
        except Exception as failure:
            told = plain_failure(failure)
            self._remember(actor, checked, run_id, began, prepared, None, stack, told, printed)
            if isinstance(failure, CallFailed | Unavailable):
                raise
            raise told from failure
        self._remember(actor, checked, run_id, began, prepared, result, stack, None, printed)
        return {
            "run": run_id,
            "model": version.model,
            "version": version.number,
            "outputs": answer,
            "warnings": list(result.warnings),
            "seconds": result.seconds,
        } | ({"parameter_set": checked.parameters} if checked.parameters else {})

    def flush(self) -> None:
        """Wait until every record so far is written (tests, shutting down)."""
        self._done.join()

    def close(self) -> None:
        """Write what is left and stop."""
        self._done.put(None)
        self._thread.join(10)

    # ---- the records

    def _remember(
        self,
        actor: Actor,
        checked: Checked,
        run_id: str,
        began: datetime,
        prepared: Prepared | None,
        result: Result | None,
        stack: ExitStack,
        failure: CallFailed | None,
        printed: _Printed,
    ) -> None:
        times = {"id": run_id, "submitted_at": began, "started_at": began, "finished_at": utc_now()}
        self._done.put(_Done(actor, checked, times, failure, prepared, result, stack, printed.text))

    def _row(self, done: _Done) -> dict[str, Any]:
        """The columns of a call's record."""
        end: dict[str, Any] = {"state": states.SUCCEEDED}
        result, failure = done.result, done.failure
        if result is not None:
            end |= {
                "environment": canonical(dict(result.environment)),
                "warnings": canonical(list(result.warnings)),
                "model_seconds": result.seconds,
                "peak_memory": result.peak_memory or None,
                "retain_until": done.times["finished_at"]
                + timedelta(days=self._engine.settings.retention_days),
            }
        if failure is not None:
            error = {"reason": failure.reason, "sentence": failure.sentence}
            error |= {"type": failure.type, "trace": failure.trace}
            end = {"state": ENDS.get(failure.reason, states.FAILED), "error": canonical(error)}
        more = {"kind": "realtime", "attempt": 1, "memory_mb": 0, **done.times, **end}
        return run_row(self._engine, done.actor, done.checked, **more)

    def _write(self) -> None:
        pause = threading.Event()
        while True:
            batch = [self._done.get()]
            if batch[0] is not None:
                pause.wait(WRITE_EVERY)
            while len(batch) < BACKLOG and not self._done.empty():
                batch.append(self._done.get())
            try:
                self._write_batch([done for done in batch if done is not None])
            finally:
                for _ in batch:
                    self._done.task_done()
            if None in batch:
                return

    def _write_batch(self, batch: list[_Done]) -> None:
        published = []
        for done in batch:
            try:
                with done.stack:
                    done.row = self._row(done)
                    published.append((done, self._stored(done)))
            except Exception:  # one record must not take the others of its batch along
                logger.exception("the record of real-time call %s could not be made", done.times["id"])

        def work(change: Change) -> None:
            insert_calls(change, [(done.row, done.checked.inputs) for done, _ in published])
            write_outputs(change, {done.row["id"]: outputs for done, outputs in published if outputs})
            for done, _ in published:
                row = done.row
                from_sets.note(change, row["id"], done.checked.parameters)
                told = RealtimeCalled(
                    run=row["id"], model=row["model"], version=row["version"], new=row["state"]
                )
                change.audit(done.actor, told, department=row["department"])

        try:
            if batch:
                self._engine.database.write(SYSTEM, work)
        except Exception:
            logger.exception("the records of %d real-time calls could not be written", len(batch))

    def _keep_printed(self, done: _Done) -> None:
        if not done.printed:
            return
        writer = self._engine.runs.logs.writer(done.row["id"])
        try:
            writer.write(done.printed)
            done.row["log_bytes"] = writer.bytes
        except OSError:
            logger.exception("real-time call %s: what it printed could not be kept", done.row["id"])
        finally:
            writer.close()

    def _stored(self, done: _Done) -> Published | None:
        """Store what is not a plain value."""
        executor = self._engine.executor
        self._keep_printed(done)
        if done.result is None or done.prepared is None or executor is None:
            return None
        declared = done.checked.version.manifest.outputs
        if all(o.kind in ("metric", "text") for o in done.result.outputs):
            return Published([_plain(o, declared) for o in done.result.outputs], "")
        try:
            scratch, private = done.prepared.scratch, executor.private
            found = store_outputs(done.result, declared, self._engine.blobs, scratch, private)
            done.row["result_blob"] = found.result_blob
        except Exception as failure:
            told = plain_failure(failure)
            logger.warning("real-time call %s: its outputs were not kept: %s", done.row["id"], told)
            done.row["warnings"] = canonical([*done.result.warnings, told.sentence])
            return None
        return replace(found)


def _plain(output: Output, declared: Any) -> RunOutput:
    title = getattr(declared.get(output.name), "title", "") or ""
    return RunOutput(output.name, output.kind, title, value=scalar(output.value))


def _answer(output: Output) -> Any:
    """An output as JSON: values as they are, tables as columns and rows, figures as their text."""
    if output.kind in ("metric", "text"):
        return scalar(output.value)
    if output.kind == "table" and output.path is not None:
        return _rows(output)
    if output.format in ("svg", "plotly") and output.path is not None:
        return {
            "kind": output.kind,
            "format": output.format,
            "text": output.path.read_text("utf-8", "replace"),
        }
    return {"kind": output.kind, "format": output.format, "fetch": output.name}


def _rows(output: Output) -> dict[str, Any]:
    from engine.data.tables import columns_header, columns_to_table
    from engine.runs.publish import DECLARED

    assert output.path is not None
    rows, columns = columns_header(output.path)
    described = [{"name": c.name, "type": DECLARED.get(c.type, c.type)} for c in columns]
    if rows > MOST_ROWS:
        return {"kind": "table", "columns": described, "rows_total": rows, "fetch": output.name}
    table = columns_to_table(output.path)
    cells = [[_cell(v) for v in column.to_pylist()] for column in table.itercolumns()]
    return {"kind": "table", "columns": described, "rows": [list(row) for row in zip(*cells, strict=True)]}


def _cell(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else scalar(value)
