"""Garbage collection of the server: in the background instead of after every page.

Streamlit collects all generations after each run of a page (30–75 ms of CPU); ``.streamlit/config.toml``
turns that off. What was imported at start is frozen (never scanned again), and a thread collects now
and then, so that memory held in cycles comes back.
"""

from __future__ import annotations

import gc
import threading
import time

import structlog

PERIOD_SECONDS = 60.0
log = structlog.get_logger(__name__)


class Collection:
    """The collecting thread: ``start`` freezes what is there, ``stop`` ends the thread."""

    def __init__(self, period: float = PERIOD_SECONDS) -> None:
        self.period = period
        self.collections = 0
        self.seconds = 0.0
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Freeze all that was imported so far and begin to collect every ``period`` seconds."""
        gc.collect()
        gc.freeze()
        self._stop.clear()
        self._thread = threading.Thread(target=self._run, name="collection", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread and thaw, so that a test process is as it was."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=5)
            self._thread = None
        gc.unfreeze()

    def collect(self) -> int:
        """Collect once; returns the number of objects found unreachable."""
        started = time.perf_counter()
        found = gc.collect()
        self.seconds += time.perf_counter() - started
        self.collections += 1
        return found

    def _run(self) -> None:
        while not self._stop.wait(self.period):
            found = self.collect()
            log.debug("collected", found=found, seconds=round(self.seconds, 3))
