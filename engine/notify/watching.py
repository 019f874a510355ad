"""Who is looking at which run: a failure that somebody has just seen needs no notice."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict

SECONDS = 10.0  # an open page asks at least every two seconds while a run is unfinished
MOST = 10_000


class Watching:
    """Remembers looks for a few seconds. In this process only: a lost look costs one notice too many."""

    def __init__(self) -> None:
        self._looks: OrderedDict[tuple[str, str], float] = OrderedDict()
        self._lock = threading.Lock()

    def saw(self, account: str, run: str) -> None:
        """This person has just been shown this run."""
        with self._lock:
            self._looks[account, run] = time.monotonic()
            self._looks.move_to_end((account, run))
            while len(self._looks) > MOST:
                self._looks.popitem(last=False)

    def watched(self, account: str, run: str) -> bool:
        """Was it shown to this person a moment ago?"""
        with self._lock:
            return time.monotonic() - self._looks.get((account, run), -SECONDS) < SECONDS
