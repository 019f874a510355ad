"""Waiting for a run to end: by events in the server, by looking now and then in other processes."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable

from engine.runs.records import RunRecord
from engine.runs.states import FINISHED
from engine.store.database import EventRow


class Waiting:
    """Wakes whoever waits for a run when an event says that it has ended."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._waiters: dict[str, list[threading.Event]] = {}

    def heard(self, row: EventRow) -> None:
        """A listener of the database."""
        if row.name != "run-state-changed" or row.object_id not in self._waiters:
            return
        if json.loads(row.data).get("new") not in FINISHED:
            return
        with self._guard:
            for waiter in self._waiters.get(row.object_id, []):
                waiter.set()

    def until(
        self, run_id: str, look: Callable[[], RunRecord], timeout: float | None, *, here: bool
    ) -> RunRecord:
        """Wait until the record is finished or the time ran out. ``here``: events tell of the end."""
        deadline = None if timeout is None else time.monotonic() + timeout
        waiter = threading.Event()
        with self._guard:
            self._waiters.setdefault(run_id, []).append(waiter)
        pause = 0.01
        try:
            while not (found := look()).finished:
                left = None if deadline is None else deadline - time.monotonic()
                if left is not None and left <= 0:
                    break
                pause = 1.0 if here else min(pause * 1.3, 0.2)
                waiter.wait(pause if left is None else min(pause, left))
                waiter.clear()
            return found
        finally:
            with self._guard:
                self._waiters[run_id].remove(waiter)
                if not self._waiters[run_id]:
                    del self._waiters[run_id]
