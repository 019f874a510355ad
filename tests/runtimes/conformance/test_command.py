"""Script mode is held to the same: exit codes, signals, limits, detached children, network, the server's files."""

from __future__ import annotations

import itertools
import os
import socket
import time
from pathlib import Path

import pytest

from engine.runtimes.interface import Call, CallFailed, Result, WorkerSpec
from engine.runtimes.pool import WorkerPool
from engine.runtimes.sandbox import Sandbox
from tests.waiting import SOON

from .conftest import Heard

_numbers = itertools.count()


class Script:
    """Runs shell text as somebody's script."""

    def __init__(self, pool: WorkerPool, folder: Path) -> None:
        self.pool, self.folder = pool, folder

    def run(
        self, text: str, *, timeout: float | None = None, listener: Heard | None = None, memory: int = 1 << 30
    ) -> Result:
        """One run of the text. Raises CallFailed."""
        source = self.folder / "model"
        source.mkdir(exist_ok=True)
        (source / "run.sh").write_text(text)
        number = next(_numbers)
        script = {"command": ["sh", "run.sh"], "workdir": ".", "parameters": {}, "inputs": {}}
        spec = WorkerSpec(
            "command", "script", source, "", memory=memory, output_bytes=32 << 20, log_bytes=1 << 20
        )
        scratch = self.folder / f"scratch-{number}"
        call = Call(f"script-{number}", {}, {}, {}, {}, scratch, timeout=timeout, script=script)
        return self.pool.call(spec, call, listener)

    def fails(self, text: str, **more: float) -> CallFailed:
        """A run that must fail."""
        with pytest.raises(CallFailed) as caught:
            self.run(text, **more)  # type: ignore[arg-type]
        return caught.value


@pytest.fixture
def script(pools: dict[str, WorkerPool], tmp_path: Path) -> Script:
    return Script(pools[""], tmp_path)


def test_printed_output_and_progress(script: Script) -> None:
    heard = Heard()
    script.run("echo слово; echo '::progress 0.5 half'; echo oops >&2", listener=heard)
    assert "слово" in heard.text
    assert "oops" in heard.text
    assert [(event.fraction, event.text) for event in heard.progress] == [(0.5, "half")]


def test_exit_code(script: Script) -> None:
    error = script.fails("echo 'no such store' >&2; exit 3")
    assert error.reason == "exit-code"
    assert "3" in error.sentence


def test_crash_by_signal(script: Script) -> None:
    assert script.fails("kill -SEGV $$").reason in ("crashed", "exit-code")


@pytest.mark.parametrize("text", ["while :; do :; done", "sleep 600"])
def test_timeout(script: Script, text: str) -> None:
    started = time.monotonic()
    assert script.fails(text, timeout=0.5).reason == "timeout"
    assert time.monotonic() - started < 0.5 + SOON


def test_endless_output(script: Script) -> None:
    assert script.fails("yes", timeout=60).reason == "output-limit"


def test_a_detached_child_ends_with_the_run(script: Script) -> None:
    marker = f"script-marker-{os.getpid()}"
    script.run(f"setsid sh -c 'sleep 987654; : {marker}' </dev/null >/dev/null 2>&1 &\nexit 0")
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                assert marker not in (entry / "cmdline").read_text(errors="replace")
            except OSError:
                continue


@pytest.mark.skipif(not Sandbox().works, reason=f"no sandbox: {Sandbox().reason}")
def test_network_and_the_servers_files_are_out_of_reach(script: Script, tmp_path: Path) -> None:
    secret = tmp_path / "quarterdeck.db"
    secret.write_text("secret")
    assert script.fails(f"cat {secret}").reason == "exit-code"
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        code = f"import socket; socket.create_connection(('127.0.0.1', {port}), 1)"
        assert script.fails(f'python3 -c "{code}"').reason == "exit-code"
