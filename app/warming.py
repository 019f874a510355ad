"""What the first result page needs, imported before anybody asks: drawing and reading tables takes seconds to load.

A thread of low priority does it after the start, when the first page had its time. A page that comes earlier
imports the same modules itself, as it would without this.
"""

from __future__ import annotations

import importlib
import os
import sys
import threading
import time
from collections.abc import Sequence

import structlog

MODULES = (
    "duckdb",
    "pandas",
    "pyarrow.parquet",
    "plotly.graph_objects",
    "plotly.io",
    "plotly.tools",
    "app.components.results",
    "app.components.chart_view",
)
DELAY_SECONDS = 1.5
NICENESS = 10
log = structlog.get_logger(__name__)


class Warming:
    """The importing thread: ``start`` returns at once, ``stop`` ends it between two modules."""

    def __init__(self, modules: Sequence[str] = MODULES, delay: float = DELAY_SECONDS) -> None:
        self.modules = modules
        self.delay = delay
        self.imported: list[str] = []
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin, after ``delay`` seconds."""
        self._thread = threading.Thread(target=self._run, name="warming", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End; waits for the module that is being imported."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=5)
            self._thread = None

    def wait(self, timeout: float) -> bool:
        """Wait until all is imported; False when it takes longer than ``timeout`` seconds."""
        if self._thread is not None:
            self._thread.join(timeout)
            return not self._thread.is_alive()
        return True

    def _run(self) -> None:
        _be_modest()
        begun = time.perf_counter()
        wait = self.delay
        for name in self.modules:
            if self._stop.wait(wait):
                return
            wait = 0.02  # requests go first: an import holds the interpreter for long stretches
            try:
                importlib.import_module(name)
            except Exception as error:
                log.warning("not imported ahead", module=name, error=str(error))
            else:
                self.imported.append(name)
        log.debug("imported ahead", seconds=round(time.perf_counter() - begun - self.delay, 2))


def _be_modest() -> None:
    """Lower this thread's priority, where the system lets a thread have its own."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
