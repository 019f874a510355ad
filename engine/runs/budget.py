"""How much of the machine runs may use together."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from engine.runs import plan, reading
from engine.settings import Settings
from engine.store.space import MB

if TYPE_CHECKING:
    from engine.catalog.service import LoadedVersion
    from engine.engine import Engine

REMEMBERED = 60.0  # seconds that a model's history is not asked for again


def slots(settings: Settings) -> int:
    """Runs at one time."""
    return settings.concurrent_runs or os.cpu_count() or 1


def memory_budget_mb(percent: int) -> int:
    """The share of this machine's memory (or of its container's limit) that runs may reserve."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limit = Path("/sys/fs/cgroup/memory.max")
    if limit.exists():
        text = limit.read_text().strip()
        if text.isdigit():
            total = min(total, int(text))
    return total * percent // 100 // MB


class Reservations:
    """What a run reserves of the budget."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._known: dict[str, tuple[float, int]] = {}

    def memory_mb(self, version: LoadedVersion) -> int:
        """1.25 × the most that the model's last runs used, else a fair share; never above its limit."""
        until, known = self._known.get(version.id, (0.0, 0))
        if time.monotonic() < until:
            return known
        settings = self._engine.settings
        with self._engine.database.look() as connection:
            peaks = [r.peak_memory for r in reading.recent(connection, version.model) if r.peak_memory]
        fair = memory_budget_mb(settings.pool_memory_percent) // slots(settings)
        wanted = max(peaks) * 5 // 4 // MB if peaks else fair
        reserved = min(plan.memory_limit_mb(version, settings), wanted)
        self._known[version.id] = (time.monotonic() + REMEMBERED, reserved)
        return reserved
