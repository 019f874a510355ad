"""The walk over a long log in a process of its own, so that pages and runs stay quick meanwhile.

One JSON line in: the database's address and what the walk is held against. JSON lines out: how far it is, then
what came of it. Needs no key, and is given none.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from dataclasses import asdict
from typing import Any

from auth.audit.checking import Progress, walk
from auth.audit.findings import Finding, Findings, Known, Walked
from engine.errors import Unavailable
from engine.settings import ROOT


def walk_apart(address: str, known: Known, progress: Progress | None = None) -> Walked:
    """Walk in another process. Raises Unavailable when that ended without an answer."""
    asked = json.dumps({"address": address, "known": asdict(known)})
    process = subprocess.Popen(
        [sys.executable, "-m", "auth.audit.apart"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        text=True,
        encoding="utf-8",
    )
    with process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            with contextlib.suppress(BrokenPipeError):
                process.stdin.write(asked + "\n")
                process.stdin.close()
            for line in process.stdout:
                told = json.loads(line)
                if "result" in told:
                    return _walked(told["result"])
                if progress:
                    progress(*told["progress"])
        finally:
            process.kill()
    raise Unavailable("The process that verified the audit log ended without an answer. Try again.")


def _walked(told: dict[str, Any]) -> Walked:
    listed = [Finding(**found) for found in told["findings"]["listed"]]
    return Walked(**{**told, "findings": Findings(listed, told["findings"]["total"])})


def main() -> None:
    """The other process: walk, and say what came of it."""
    from engine.store.database import Database

    asked = json.loads(sys.stdin.readline())
    given = asked["known"]
    anchors = {int(number): tuple(anchor) for number, anchor in given["anchors"].items()}
    database = Database(asked["address"])

    def progress(done: int, total: int) -> None:
        _say({"progress": [done, total]})

    _say({"result": asdict(walk(database, Known(given["start"], given["hash"], anchors), progress))})
    database.close()


def _say(told: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
