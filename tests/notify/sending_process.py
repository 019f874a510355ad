"""Sends what is in an outbox, in a process of its own that a test may kill: ``… sending_process DATA``."""

from __future__ import annotations

import sys
from pathlib import Path

from auth.service import opened
from engine.notify.sender import Pace
from engine.settings import Settings

if __name__ == "__main__":
    auth = opened(Settings(data_folder=Path(sys.argv[1])))
    auth.engine.notify.start(Pace(first=0.1, longest=0.2, attempts=100))
    sys.stdin.read()
    auth.engine.stop()
