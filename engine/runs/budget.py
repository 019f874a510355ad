"""How much of the machine runs may use together."""

from __future__ import annotations

import os
from pathlib import Path

from engine.settings import Settings
from engine.store.space import MB


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
