"""Servers in processes of their own, for tests that kill them.

``python -m tests.runs.server_process DATA SCRATCH``: imports once, then forks a server for each line on
standard input and answers with its process id; the server says ``ready`` when it executes runs.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path

from engine.engine import Engine
from engine.runs import dispatcher, local, realtime  # noqa: F401 — imported once, before the forks
from engine.runtimes.keeper import PR_SET_PDEATHSIG, prctl
from engine.settings import Settings


def serve(settings: Settings) -> None:
    engine = Engine(settings)
    stopped = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopped.set())
    engine.start()
    say("ready")
    stopped.wait()
    engine.stop()


def say(text: str) -> None:
    os.write(1, f"{text}\n".encode())


def main() -> None:
    settings = Settings(
        data_folder=Path(sys.argv[1]),
        scratch_folder=Path(sys.argv[2]),
        concurrent_runs=4,
        free_space_floor_mb=1,
        lease_seconds=2,
        reuse_results=False,
    )
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel buries what was killed
    for _ in sys.stdin:
        child = os.fork()
        if child == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            prctl(PR_SET_PDEATHSIG, signal.SIGKILL)  # a test that is killed leaves no server behind
            try:
                serve(settings)
            finally:
                os._exit(0)
        say(str(child))


if __name__ == "__main__":
    main()
