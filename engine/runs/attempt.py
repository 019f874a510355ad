"""One attempt at a claimed run, from its claim to its end. Runs in a thread of the dispatcher."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from engine.access import SYSTEM
from engine.errors import Unavailable
from engine.runs import queue, secret_values, states
from engine.runs.executor import Executor, Job
from engine.runs.follow import Follow
from engine.runs.logs import LogWriter
from engine.runs.outputs import write_outputs
from engine.runs.publish import Published, plain_failure, store_outputs
from engine.runs.queue import Claim
from engine.runs.records import canonical, input_uses
from engine.runtimes.interface import CallFailed, Result
from engine.store.base import utc_now
from engine.store.database import Change

if TYPE_CHECKING:
    from engine.engine import Engine

logger = logging.getLogger(__name__)
MAX_ATTEMPTS = 3
LIKELY = (states.RUNNING, states.CANCELLING, states.STARTING)

ENDS = {"timeout": states.TIMED_OUT, "cancelled": states.CANCELLED}


class Attempt:
    """Executes one claim. ``cancel`` may be called from any thread; ``stop`` when the server ends."""

    def __init__(self, engine: Engine, executor: Executor, claim: Claim) -> None:
        self.engine, self.executor, self.claim = engine, executor, claim
        self._cancelled = threading.Event()
        self._stopping = False
        self._called = False  # the model may have begun: a script must not be started twice
        self.done = threading.Event()
        self.on_requeued: Callable[[], None] = lambda: None
        self.on_called: Callable[[], None] = lambda: None  # the model is done, only storing is left

    def run(self) -> None:
        """Prepare, call, publish; every way out leaves the run in a state that says what happened."""
        try:
            with ExitStack() as stack:
                self._attempt(stack)
        except Exception as failure:
            logger.exception("run %s: the attempt could not be ended properly", self.claim.id)
            self._last_resort(failure)
        finally:
            self.done.set()

    def _last_resort(self, failure: Exception) -> None:
        """Writing the end failed for a reason of ours: at least say so, else it would seem to run for ever."""
        try:
            self._end_badly(plain_failure(failure), self.engine.runs.logs.writer(self.claim.id))
        except Exception:
            logger.exception("run %s: the next start of the server will recover it", self.claim.id)

    def cancel(self) -> None:
        """End the call, also when it is only about to begin; returns at once."""
        self._cancelled.set()
        threading.Thread(target=self._insist, name=f"cancel-{self.claim.id}", daemon=True).start()

    def stop(self) -> None:
        """The server ends: end the call; the run goes back to the queue or ends interrupted."""
        self._stopping = True
        self.cancel()

    # ---- the attempt

    def _attempt(self, stack: ExitStack) -> None:
        log = self.engine.runs.logs.writer(self.claim.id)
        stack.callback(log.close)
        try:
            job = self._job()
            prepared = self.executor.prepare(job, stack)
            if not self._to_running():
                return
            self._called = True
            follow = Follow(self.engine, self.claim, log)
            result = self.executor.call(prepared, follow)
            self.on_called()
            published = store_outputs(
                result,
                job.version.manifest.outputs,
                self.engine.blobs,
                prepared.scratch,
                self.executor.private,
            )
        except Exception as failure:
            if not isinstance(failure, CallFailed | Unavailable):
                logger.exception("run %s failed outside the model", self.claim.id)
            self._end_badly(plain_failure(failure), log)
            return
        self._succeed(result, published, log)

    def _job(self) -> Job:
        row = self.claim.row
        version = self.engine.runs.loaded(row.model, row.version, row.version_id)
        values = json.loads(row.values_json)
        return Job(
            id=row.id,
            version=version,
            values=values,
            inputs=input_uses(row.inputs_json),
            seed=row.seed,
            timeout=float(row.timeout_seconds) if row.timeout_seconds else None,
            secrets=secret_values.for_run(
                self.engine, row.on_behalf_of or row.submitted_by, version, values, row.id
            ),
        )

    def _to_running(self) -> bool:
        """Say that it runs now; False when it was cancelled meanwhile (and is ended here) or lost."""
        if self._cancelled.is_set():
            raise CallFailed("cancelled", "The run was cancelled before the model started.")
        if self.claim.row.state == states.RUNNING:
            return True
        moved = self.engine.database.write(
            SYSTEM, lambda change: queue.move(change, self.claim, (states.STARTING,), states.RUNNING)
        )
        if not moved:
            raise CallFailed("cancelled", "The run was cancelled before the model started.")
        return True

    def _insist(self) -> None:
        """The call may be registered a moment later: ask until it is ended."""
        while not self.done.is_set():
            if self.executor.cancel(self.claim.id):
                return
            self.done.wait(0.05)

    # ---- the ends

    def _succeed(self, result: Result, published: Published, log: LogWriter) -> None:
        settings = self.engine.settings
        values: dict[str, Any] = {
            "finished_at": utc_now(),
            "environment": canonical(dict(result.environment)),
            "warnings": canonical([*json.loads(self.claim.row.warnings), *result.warnings]),
            "model_seconds": result.seconds,
            "peak_memory": result.peak_memory or None,
            "result_blob": published.result_blob,
            "retain_until": utc_now() + timedelta(days=settings.retention_days),
            "progress": 1.0,
            "log_bytes": log.bytes,
            "lease_until": None,
        }

        def work(change: Change) -> bool:
            if not queue.move(change, self.claim, LIKELY, states.SUCCEEDED, **values):
                return False
            write_outputs(change, {self.claim.id: published})
            return True

        self._finally(work)

    def _end_badly(self, failure: CallFailed, log: LogWriter) -> None:
        row = self.claim.row
        error = {
            "reason": failure.reason,
            "sentence": failure.sentence,
            "type": failure.type,
            "trace": failure.trace,
        }
        gentle = failure.reason == "cancelled" or (self._stopping and failure.reason == "crashed")
        if self._stopping and gentle and (row.retry == "safe" or not self._called):
            self._requeue("The server was stopped during this attempt.", counted=False)
            return
        again = failure.is_transient and failure.reason == "crashed" and row.retry == "safe"
        if again and row.attempt < MAX_ATTEMPTS and not self._cancelled.is_set():
            self._requeue(failure.sentence, counted=True)
            return
        state = ENDS.get(failure.reason, states.FAILED)
        if self._stopping and gentle:
            state = states.INTERRUPTED
            error["sentence"] = (
                "The server was stopped while this run was going on. Run it again when you like."
            )
        elif state == states.CANCELLED:
            error["sentence"] = "The run was cancelled."

        def work(change: Change) -> bool:
            values = {"error": canonical(error), "finished_at": utc_now(), "log_bytes": log.bytes}
            if state == states.CANCELLED:
                queue.move(change, self.claim, (states.RUNNING, states.STARTING), states.CANCELLING)
                return queue.move(change, self.claim, (states.CANCELLING,), state, lease_until=None, **values)
            return queue.move(change, self.claim, LIKELY, state, lease_until=None, **values)

        self._finally(work)

    def _requeue(self, sentence: str, *, counted: bool) -> None:
        row = self.claim.row
        warnings = json.loads(row.warnings)
        if counted:
            warnings.append(f"Attempt {row.attempt} did not finish and was made again: {sentence}")
        freed: dict[str, Any] = {"lease_owner": None, "lease_until": None}

        def work(change: Change) -> bool:
            ended = {"finished_at": utc_now(), **freed}
            if queue.move(change, self.claim, (states.CANCELLING,), states.CANCELLED, **ended):
                return True
            queue.note_attempt(change, row, "repeated", sentence)
            again = {"warnings": canonical(warnings), **freed}
            return queue.move(change, self.claim, (states.RUNNING, states.STARTING), states.QUEUED, **again)

        self._finally(work)
        self.on_requeued()

    def _finally(self, work: Any) -> None:
        """Write the end; while the disk is full, keep trying: the work is done and must not be lost."""
        while True:
            try:
                if not self.engine.database.write(SYSTEM, work):
                    logger.warning("run %s: the claim was lost, its result is dropped", self.claim.id)
                return
            except Unavailable as failure:
                logger.error("run %s: its end cannot be saved yet: %s", self.claim.id, failure)
                if self._stopping:
                    raise
                time.sleep(0.5)
