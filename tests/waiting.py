"""Wait for what another thread or process brings about."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")
SOON = 2.0  # seconds within which a run that is cancelled or out of time has ended


def until(work: Callable[[], Found], seconds: float = 20.0) -> Found:
    """Ask until the answer is true, and return it; fails the test when it does not come in time."""
    end = time.monotonic() + seconds
    while not (found := work()):
        assert time.monotonic() < end, f"it did not come about in {seconds:g} seconds"
        time.sleep(0.005)
    return found
