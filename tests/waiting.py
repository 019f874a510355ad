"""Wait for what another thread or process brings about."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")
SOON = 6.0  # seconds, on a busy machine too: for what would else take half a minute or never end; how fast is measured


def until(work: Callable[[], Found], seconds: float = 20.0) -> Found:
    """Ask until the answer is true, and return it; fails the test when it does not come in time."""
    end = time.monotonic() + seconds
    while not (found := work()):
        assert time.monotonic() < end, f"it did not come about in {seconds:g} seconds"
        time.sleep(0.005)
    return found
