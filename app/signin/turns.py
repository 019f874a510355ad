"""Threads of their own for checking passwords: a flood of guesses waits there, and nothing else waits for it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TypeVar

from anyio import CapacityLimiter, to_thread

from engine.errors import Unavailable

T = TypeVar("T")
AT_ONCE = 4
MOST_WAITING = 200


@cache
def _threads(known: bool) -> CapacityLimiter:
    return CapacityLimiter(AT_ONCE)


async def taken(work: Callable[[], T], *, known: bool = False) -> T:
    """Do it in one of these threads. Browsers that are known to us have their own, so strangers cannot fill them.

    Raises Unavailable when too many are waiting already.
    """
    threads = _threads(known)
    if threads.statistics().tasks_waiting >= MOST_WAITING:
        raise Unavailable("Too many people are signing in at this moment. Try again in a minute.")
    return await to_thread.run_sync(work, limiter=threads)
