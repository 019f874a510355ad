"""Nothing outlives its server, however the server goes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.runtimes import keeper
from engine.runtimes.process import KeptProcess, Order
from engine.runtimes.reader import Reader
from engine.settings import ROOT, Settings

GONE_WITHIN = 2.0
SERVER = """
import sys, threading, time
from pathlib import Path
from engine.runtimes.interface import Call, Value, WorkerSpec
from engine.runtimes.pool import WorkerPool
from engine.settings import Settings

data, sandbox, language, folder, entry = sys.argv[1:6]
pool = WorkerPool.from_settings(Settings(data_folder=data, scratch_folder=data, sandbox=sandbox))
spec = WorkerSpec(language, "k", Path(folder), entry)
call = Call("c", {}, {}, {}, {}, Path(data) / "call", script={"command": ["python", "model.py"], "workdir": "."})
threading.Thread(target=pool.call, args=(spec, call), daemon=True).start()
time.sleep(600)
"""
MODELS = {
    "python": (
        "model.py",
        """
        import os, subprocess, time
        def run():
            subprocess.Popen(["sleep", "98765"], start_new_session=True)
            if os.fork() == 0:
                os.setsid()
                if os.fork() == 0:
                    while True: pass
                os._exit(0)
            open("started", "w").close()
            while True: pass
        if __name__ == "__main__": run()
        """,
    ),
    "r": (
        "model.R",
        'run <- function() { system("setsid sleep 98765 &"); file.create("started"); repeat {} }',
    ),
    "julia": ("model.jl", 'function run(); touch("started"); x = 0; while true; x = x ⊻ 1; end; end'),
}


def run_server(tmp_path: Path, language: str, sandbox: str) -> tuple[subprocess.Popen[bytes], set[int]]:
    """A fake server with a call in a tight loop; returns it and all processes below it."""
    kind = "python" if language == "command" else language
    name, source = MODELS[kind]
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / name).write_text(textwrap.dedent(source), encoding="utf-8")
    entry = "" if language == "command" else f"{name}:run"
    arguments = [str(tmp_path / "data"), sandbox, language, str(folder), entry]
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER, *arguments], cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}
    )
    deadline = time.monotonic() + 60
    while not list((tmp_path / "data").glob("quarterdeck-pool-*/*/rw/work/**/started")):
        assert time.monotonic() < deadline, "the model did not start"
        assert server.poll() is None
        time.sleep(0.05)
    time.sleep(0.3)
    below = set(keeper.descendants(server.pid))
    assert len(below) >= 2
    return server, below


def present(language: str) -> bool:
    from engine.runtimes.registry import runtimes

    return runtimes(Settings())[language].presence().present


@pytest.mark.parametrize("sandbox", ["auto", "off"])
@pytest.mark.parametrize(
    "language",
    [
        "python",
        "command",
        pytest.param("r", marks=pytest.mark.r),
        pytest.param("julia", marks=pytest.mark.julia),
    ],
)
def test_workers_die_with_a_server_that_is_killed(tmp_path: Path, language: str, sandbox: str) -> None:
    if not present(language):
        pytest.skip(f"{language} is not on this machine")
    server, below = run_server(tmp_path, language, sandbox)
    server.kill()
    server.wait()
    deadline = time.monotonic() + GONE_WITHIN
    while left := [pid for pid in below if Path(f"/proc/{pid}").exists() and not zombie(pid)]:
        assert time.monotonic() < deadline, [Path(f"/proc/{pid}/cmdline").read_bytes() for pid in left]
        time.sleep(0.02)


def zombie(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


@pytest.fixture
def reader() -> Iterator[Reader]:
    made = Reader()
    yield made
    made.close()


def order(tmp_path: Path, code: str, memory: int = 200 << 20) -> Order:
    return Order([sys.executable, "-I", "-S", "-c", code], {}, tmp_path, memory, 10 << 20, watch=[tmp_path])


def test_exit_codes_and_signals(tmp_path: Path, reader: Reader) -> None:
    for code, reason, number in (
        ("raise SystemExit(7)", "exit", 7),
        ("pass", "exit", 0),
        (f"import os; os.kill(os.getpid(), {int(signal.SIGABRT)})", "signal", int(signal.SIGABRT)),
    ):
        process = KeptProcess(order(tmp_path, code), reader)
        assert process.ended.wait(10)
        assert (process.ending.reason, process.ending.code) == (reason, number)


def test_a_program_that_is_not_there(tmp_path: Path, reader: Reader) -> None:
    process = KeptProcess(Order(["/nonsuch"], {}, tmp_path, 1 << 30, 1 << 30), reader)
    process.printed.begin(lambda _: None, 1000)
    assert process.ended.wait(10)
    assert process.ending.code == 127


def test_a_fork_storm_is_ended(tmp_path: Path, reader: Reader) -> None:
    code = "import os, time\nfor _ in range(100000):\n    if os.fork() == 0: time.sleep(100)"
    process = KeptProcess(order(tmp_path, code, memory=8 << 30), reader)
    assert process.ended.wait(20)
    assert process.ending.reason == "processes"


def test_daemons_end_with_their_worker(tmp_path: Path, reader: Reader) -> None:
    detach = (
        "if os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0: time.sleep(98766)\n    os._exit(0)\n"
    )
    code = f"import os, time\n{detach}time.sleep(0.3)"
    process = KeptProcess(order(tmp_path, code), reader)
    time.sleep(0.15)
    below = set(keeper.descendants(process.keeper_pid))
    assert process.ended.wait(10)
    assert not [pid for pid in below if Path(f"/proc/{pid}").exists() and not zombie(pid)]


def test_memory_of_forked_children_is_counted_once(tmp_path: Path, reader: Reader) -> None:
    code = "import os, time\nx = bytearray(120 << 20)\nfor _ in range(3):\n    if os.fork() == 0: break\ntime.sleep(1)"
    process = KeptProcess(order(tmp_path, code), reader)
    assert process.ended.wait(10)
    assert process.ending.reason == "exit"
    assert process.ending.peak > 100 << 20
