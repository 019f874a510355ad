"""``kill -9`` on the server in the middle of 20 running and queued runs, at random moments.

After the next start every function-mode run succeeds exactly once, scripts that were running end
``interrupted``, no process is left over, and no half-written output is visible.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func
from sqlmodel import select

from engine.access import LOCAL_ADMIN
from engine.engine import Engine
from engine.runs.records import RunRecord
from engine.runs.states import FINISHED
from engine.settings import ROOT, Settings
from engine.store.blobs import hash_file
from engine.store.database import EventRow
from engine.store.tables_runs import RUN
from tests.waiting import until

ROUNDS = int(os.environ.get("QUARTERDECK_CRASH_ROUNDS", "30"))
FUNCTIONS, SCRIPTS = 16, 4


class Servers:
    """Starts real servers quickly: forked from a process that has imported everything."""

    def __init__(self, data: Path, scratch: Path) -> None:
        self.mark = scratch.name
        command = [sys.executable, "-m", "tests.runs.server_process", str(data), str(scratch)]
        self._zygote = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )

    def start(self) -> int:
        assert self._zygote.stdin is not None
        assert self._zygote.stdout is not None
        self._zygote.stdin.write("start\n")
        said = {self._zygote.stdout.readline().strip() for _ in range(2)}
        assert "ready" in said, said
        return int((said - {"ready"}).pop())

    def close(self) -> None:
        self._zygote.kill()
        self._zygote.wait()
        for pipe in (self._zygote.stdin, self._zygote.stdout):
            if pipe is not None:
                pipe.close()

    @property
    def pid(self) -> int:
        return self._zygote.pid


def gone(pid: int, seconds: float = 20.0) -> None:
    until(lambda: not Path(f"/proc/{pid}").exists(), seconds)


def processes() -> dict[int, tuple[int, str]]:
    """All processes: id → (parent, start time)."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue
            found[int(entry.name)] = (int(stat[1]), stat[19])
    return found


def descendants(pid: int) -> set[tuple[int, str]]:
    """What a process has started, directly or not: (id, start time)."""
    known = processes()
    found = {pid}
    for _ in range(10):
        found |= {child for child, (parent, _) in known.items() if parent in found}
    return {(child, known[child][1]) for child in found - {pid} if child in known}


def alive(wanted: set[tuple[int, str]]) -> set[tuple[int, str]]:
    return wanted & {(pid, began) for pid, (_, began) in processes().items()}


def marked(mark: str, *besides: int) -> list[int]:
    """Processes whose command line or environment names the server's scratch folder."""
    found = []
    for pid in processes().keys() - {os.getpid(), *besides}:
        try:
            text = Path(f"/proc/{pid}/environ").read_bytes() + Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            continue
        if mark.encode() in text:
            found.append(pid)
    return found


def submit(engine: Engine, dice: random.Random) -> tuple[list[str], list[str]]:
    functions = [
        engine.runs.submit(
            LOCAL_ADMIN, "tiny-crash", values={"seconds": dice.uniform(0, 0.06), "size": 1000 * (n + 1)}
        ).id
        for n in range(FUNCTIONS)
    ]
    scripts = [
        engine.runs.submit(LOCAL_ADMIN, "tiny-script", values={"seconds": dice.uniform(0, 0.1)}).id
        for _ in range(SCRIPTS)
    ]
    return functions, scripts


def check_outputs(engine: Engine, record: RunRecord) -> None:
    """What is visible is whole; what did not succeed shows nothing."""
    outputs = engine.runs.outputs(LOCAL_ADMIN, record.id)
    if record.state != "succeeded":
        assert outputs == []
        return
    assert outputs
    for output in outputs:
        if output.blob:
            path = engine.runs.output_path(LOCAL_ADMIN, record.id, output.name)
            assert hash_file(path) == output.blob
            assert path.stat().st_size == output.bytes


@pytest.fixture
def crashing(tmp_path: Path, register: Callable[..., Any]) -> Iterator[tuple[Engine, Servers]]:
    settings = Settings(
        data_folder=tmp_path / "data", free_space_floor_mb=1, reuse_results=False, concurrent_runs=4
    )
    engine = Engine(settings)
    register(engine, "crash", "script")
    base = Path("/dev/shm") if os.access("/dev/shm", os.W_OK) else tmp_path
    scratch = base / f"quarterdeck-crash-{os.getpid()}"
    servers = Servers(settings.data, scratch)
    yield engine, servers
    servers.close()
    engine.stop()
    shutil.rmtree(scratch, ignore_errors=True)


def kill_somewhere(engine: Engine, pid: int, runs: list[str], dice: random.Random) -> set[tuple[int, str]]:
    """Kill the server once a random number of runs has ended, a random moment later."""
    after = dice.randrange(len(runs) - 2)

    def ended() -> bool:
        with engine.database.look() as connection:
            done = select(func.count()).where(RUN.c.id.in_(runs), RUN.c.state.in_(FINISHED))
            return int(connection.execute(done).scalar() or 0) >= after

    until(ended, 60)
    time.sleep(dice.uniform(0, 0.05))
    children = descendants(pid)
    os.kill(pid, signal.SIGKILL)
    gone(pid)
    return children


def one_round(engine: Engine, servers: Servers, dice: random.Random) -> dict[str, int]:
    pid = servers.start()
    functions, scripts = submit(engine, dice)
    children = kill_somewhere(engine, pid, functions + scripts, dice)
    killed = {run: engine.runs.get(LOCAL_ADMIN, run) for run in functions + scripts}
    until(lambda: not alive(children) and not marked(servers.mark, servers.pid), 5)
    pid = servers.start()
    after = [engine.runs.wait(run, 60) for run in functions + scripts]
    os.kill(pid, signal.SIGTERM)
    gone(pid)
    counted: dict[str, int] = {}
    for record in after:
        was = killed[record.id]
        check_outputs(engine, record)
        if record.id in functions:
            assert record.state == "succeeded", record
            assert record.attempt <= 2
        elif was.state == "running":
            assert record.state == "interrupted", (was.state, record)
        else:
            assert record.state == "succeeded", record
        if was.finished:
            assert (record.attempt, record.finished_at) == (was.attempt, was.finished_at), "it ran once more"
        counted[f"{was.state} → {record.state}"] = counted.get(f"{was.state} → {record.state}", 0) + 1
    return counted


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_nothing_is_lost_or_doubled(crashing: tuple[Engine, Servers]) -> None:
    engine, servers = crashing
    seed = int(os.environ.get("QUARTERDECK_CRASH_SEED", random.SystemRandom().randrange(10**6)))
    sys.stdout.write(f"QUARTERDECK_CRASH_SEED={seed}\n")
    dice = random.Random(seed)
    total: dict[str, int] = {}
    began = time.monotonic()
    for _ in range(ROUNDS):
        for what, count in one_round(engine, servers, dice).items():
            total[what] = total.get(what, 0) + count
    sys.stdout.write(f"{ROUNDS} rounds in {time.monotonic() - began:.0f} s: {total}\n")
    assert all(count == 1 for count in _ends(engine).values()), "a run ended twice"


def _ends(engine: Engine) -> dict[str, int]:
    """How often each run reached an end, by its events."""
    found: dict[str, int] = {}
    query = select(EventRow.object_id, EventRow.data).where(EventRow.name == "run-state-changed")
    with engine.database.look() as connection:
        for row in connection.execute(query):
            if json.loads(row.data)["new"] in FINISHED:
                found[row.object_id] = found.get(row.object_id, 0) + 1
    return found
