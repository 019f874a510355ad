"""Several processes write one chain; one that is killed leaves a chain that verifies."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from auth.audit import reading, verify
from auth.audit.apart import walk_apart
from auth.audit.checking import walk
from auth.audit.findings import Known
from auth.service import opened
from engine.settings import ROOT, Settings

from .conftest import fill

APPEND = """
import sys, threading
from auth.service import opened
from engine.access import Actor
from engine.events import AliasMoved
from engine.settings import Settings

auth, times, me = opened(Settings()), int(sys.argv[1]), Actor(sys.argv[2], via="api", address="192.0.2.1")

def work(name):
    for turn in range(times):
        told = AliasMoved(model=name, alias="live", old=turn, new=turn + 1)
        auth.engine.database.write(me, lambda change: change.emit(told))
        auth.audit.refused(me, "run.create", None, "no")

threads = [threading.Thread(target=work, args=(f"m-{n}",)) for n in range(3)]
for thread in threads: thread.start()
for thread in threads: thread.join()
auth.engine.stop()
"""


def begin(folder: Path, times: int, who: str) -> subprocess.Popen[bytes]:
    environment = os.environ | {"QUARTERDECK_DATA_FOLDER": str(folder), "PYTHONPATH": str(ROOT)}
    return subprocess.Popen([sys.executable, "-c", APPEND, str(times), who], cwd=ROOT, env=environment)


@pytest.mark.slow
def test_two_processes_append_one_chain(settings: Settings) -> None:
    opened(settings).engine.stop()
    processes = [begin(settings.data, 40, who) for who in ("ada", "bob")]
    assert [process.wait(120) for process in processes] == [0, 0]
    auth = opened(settings)
    found = verify.verify(auth)
    assert found.findings.listed == []
    assert found.entries == 2 * 3 * 40 + 4  # each: the first refusal, and one entry for all others
    auth.engine.stop()


@pytest.mark.slow
@pytest.mark.parametrize("after", [0.05, 0.3, 0.7])
def test_a_killed_process_leaves_a_chain_that_verifies(settings: Settings, after: float) -> None:
    auth = opened(settings)
    process = begin(settings.data, 100_000, "ada")
    try:
        deadline = time.monotonic() + 60
        while not reading.ends(auth.engine.database).last:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        time.sleep(after)
        process.send_signal(signal.SIGKILL)
        process.wait(10)
        found = verify.verify(auth)
        assert found.findings.listed == []
        assert found.entries
        with auth.engine.database.look() as connection:
            ((told, kept),) = connection.exec_driver_sql(
                "SELECT (SELECT count(*) FROM event), (SELECT count(*) FROM audit WHERE action = 'alias-moved')"
            )
        assert told == kept  # a change and its entry commit together
    finally:
        process.kill()
        process.wait(10)
        auth.engine.stop()


@pytest.mark.slow
def test_a_walk_in_another_process_finds_the_same(settings: Settings) -> None:
    auth = opened(settings)
    fill(auth, 2)
    with auth.engine.database.sql.connect() as connection:
        connection.exec_driver_sql("UPDATE audit SET reason = 'x' WHERE seq = 3")
    told: list[tuple[int, int]] = []
    known = Known(anchors={1: (4, "0" * 64, "", "2026-11-22 10:00:00.000000")})
    here = walk(auth.engine.database, known)
    assert walk_apart(auth.engine.database.address, known, lambda *way: told.append(way)) == here
    assert here.findings.total == 2
    assert told[-1] == (here.last, here.last)
    auth.engine.stop()
