"""Starts queued runs as soon as there is room: woken by submissions and ends of runs, never by polling.

The slow beat (a third of the lease) renews leases and looks for what other processes left without ringing:
queued runs, cancellations, and abandoned claims.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row

from engine.access import SYSTEM
from engine.runs import queue, recovery, warming
from engine.runs.attempt import Attempt
from engine.runs.budget import memory_budget_mb, slots
from engine.runs.executor import Executor
from engine.runs.queue import Claim
from engine.store.base import new_id

if TYPE_CHECKING:
    from engine.engine import Engine

logger = logging.getLogger(__name__)
STOP_SECONDS = 10.0
# how long a look at a long queue serves: a claim asks again whether the run still waits, and nobody's turn comes later
# than this because of it
LOOK_SECONDS = 0.1


class Dispatcher:
    """Claims and executes runs of one server; ``owner`` is this server's id in leases."""

    def __init__(self, engine: Engine, executor: Executor) -> None:
        self.engine = engine
        self.executor = executor
        self.owner = new_id()
        self.slots = slots(engine.settings)
        self.memory_mb = memory_budget_mb(engine.settings.pool_memory_percent)
        self._active: dict[str, Attempt] = {}
        self._reserved: dict[str, int] = {}
        self._guard = threading.Lock()
        self._wake = threading.Event()
        self._kept: list[Row[Any]] = []  # of a long queue: what the last look saw and nobody has taken
        self._kept_until = 0.0
        self._more = True  # the queue may hold runs that were not looked at
        self._stopping = threading.Event()
        self._threads = ThreadPoolExecutor(self.slots * 2 + 2, thread_name_prefix="run")
        self._loop = threading.Thread(target=self._dispatch, name="dispatcher", daemon=True)
        self._beat = threading.Thread(target=self._keep, name="leases", daemon=True)

    def start(self) -> None:
        """Recover what an earlier server left, then begin."""
        recovery.recover(self.engine, self.owner, everything=self.engine.database.is_sqlite)
        self._wake.set()
        self._loop.start()
        self._beat.start()
        warming.start(self.engine, self._stopping)

    def wake(self) -> None:
        """There may be something new to start."""
        self._more = True
        self._wake.set()

    def rung(self) -> None:
        """Another process wrote something: a run or a cancellation."""
        self._cancel_marked()
        self.wake()

    def cancel(self, run_id: str) -> None:
        """End a run of this server whose state is already ``cancelling``."""
        with self._guard:
            attempt = self._active.get(run_id)
        if attempt is not None:
            attempt.cancel()

    @property
    def active(self) -> list[str]:
        """Ids of the runs that are being executed here."""
        with self._guard:
            return list(self._active)

    def stop(self) -> None:
        """End all runs of this server: safe ones go back to the queue, others end interrupted."""
        self._stopping.set()
        self._wake.set()
        self._loop.join(STOP_SECONDS)
        with self._guard:
            attempts = list(self._active.values())
        for attempt in attempts:
            attempt.stop()
        deadline = time.monotonic() + STOP_SECONDS
        for attempt in attempts:
            if not attempt.done.wait(max(0.0, deadline - time.monotonic())):
                logger.error("run %s did not end in time; the next start recovers it", attempt.claim.id)
        self._threads.shutdown(wait=False, cancel_futures=True)

    # ---- threads

    def _dispatch(self) -> None:
        while True:
            self._wake.wait()
            self._wake.clear()
            if self._stopping.is_set():
                return
            try:
                self._start_waiting()
            except Exception:
                logger.exception("queued runs could not be started; trying again")
                self._stopping.wait(0.5)
                self.wake()

    def _start_waiting(self) -> None:
        while self._more and not self._stopping.is_set():
            with self._guard:
                storing = len(self._active) - len(self._reserved)
                free = self.slots - len(self._reserved) if storing <= self.slots else 0
                memory = self.memory_mb - sum(self._reserved.values())
                idle = not self._reserved
            if free <= 0:
                return
            self._more = False  # before looking: whoever adds a run meanwhile sets it again
            rows = self._look(free)
            chosen = queue.choose(queue.in_turn(rows, self._people()), free, memory, idle=idle)
            if len(chosen) < len(rows) or len(rows) >= queue.LOOK_AHEAD or self._kept:
                self._more = True
            taken = {row.id for row in chosen}
            self._kept = [row for row in self._kept if row.id not in taken]
            if not chosen:
                return
            ready = {r.version_id for r in chosen if self.executor.is_ready(r.version_id)}
            lease = self.engine.settings.lease_seconds

            take = partial(queue.claim, chosen=chosen, owner=self.owner, lease=lease, ready=ready)
            for claim in self.engine.database.write(SYSTEM, take):
                self._launch(claim)

    def _look(self, free: int) -> list[Row[Any]]:
        """The waiting runs to choose from. Reading many of them for each start would cost as much as the start."""
        if len(self._kept) > free and time.monotonic() < self._kept_until:
            return self._kept
        with self.engine.database.look() as connection:
            rows = queue.waiting(connection)
        self._kept = rows if len(rows) >= queue.LOOK_AHEAD else []
        self._kept_until = time.monotonic() + LOOK_SECONDS
        return rows

    def _people(self) -> Counter[str]:
        with self._guard:
            return Counter(
                a.claim.row.submitted_by for run, a in self._active.items() if run in self._reserved
            )

    def _launch(self, claim: Claim) -> None:
        attempt = Attempt(self.engine, self.executor, claim)
        attempt.on_called = lambda: self._free(claim.id)
        attempt.on_requeued = self.wake
        with self._guard:
            self._active[claim.id] = attempt
            self._reserved[claim.id] = claim.row.memory_mb
        self._threads.submit(self._execute, attempt)

    def _execute(self, attempt: Attempt) -> None:
        try:
            attempt.run()
        finally:
            with self._guard:
                self._active.pop(attempt.claim.id, None)
            self._free(attempt.claim.id)

    def _free(self, run_id: str) -> None:
        """The model is done: its slot is free while its outputs are still being stored."""
        with self._guard:
            self._reserved.pop(run_id, None)
        self._wake.set()

    def _keep(self) -> None:
        while not self._stopping.wait(self.engine.settings.lease_seconds / 3):
            try:
                self._renew()
            except Exception:
                logger.exception("leases could not be renewed; trying again")

    def _renew(self) -> None:
        if self.active:
            with self.engine.database.light() as session:
                queue.renew(session, self.owner, self.engine.settings.lease_seconds)
        self._cancel_marked()
        if not self.engine.database.is_sqlite:
            recovery.recover(self.engine, self.owner, everything=False)
        self.wake()

    def _cancel_marked(self) -> None:
        with self.engine.database.look() as connection:
            marked = queue.cancelling(connection, self.owner)
        for run_id in marked:
            self.cancel(run_id)
