"""Servers as processes of their own, as in production, and what they use of the machine."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from engine.settings import ROOT, Settings

TICKS = os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(settings: Settings) -> dict[str, str]:
    """The environment that gives another process the same settings, as far as they differ from the usual."""
    usual = Settings.model_construct()
    given = {
        f"QUARTERDECK_{name.upper()}": str(value)
        for name, value in settings.model_dump().items()
        if value is not None and value != getattr(usual, name, None)
    }
    return {**os.environ, **given, "PYTHONPATH": str(ROOT)}


@contextmanager
def started(
    command: Sequence[str], env: Mapping[str, str], log: Path, cwd: Path = ROOT
) -> Iterator[subprocess.Popen[bytes]]:
    """A process that is ended on leaving."""
    with log.open("ab") as output:
        process = subprocess.Popen(command, env=dict(env), cwd=cwd, stdout=output, stderr=output)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def serving(settings: Settings) -> Iterator[int]:
    """Our server on a free port; yields the port."""
    with served(settings) as (port, _):
        yield port


@contextmanager
def served(settings: Settings) -> Iterator[tuple[int, int]]:
    """Our server on a free port; yields the port and the process's id."""
    port = free_port()
    command = [sys.executable, "-m", "app.cli", "serve", "--port", str(port)]
    log = settings.data.parent / "server.log"
    with started(command, environment(settings), log) as process:
        await_answer(f"http://127.0.0.1:{port}/api/v1/health", process, log)
        yield port, process.pid


def await_answer(address: str, process: subprocess.Popen[bytes], log: Path, seconds: float = 60) -> None:
    """Wait until an address answers with success. Raises RuntimeError with the end of the log."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    raise RuntimeError(f"{address} did not answer:\n{log.read_text('utf-8')[-3000:]}")


def cpu_seconds(pid: int) -> float:
    """CPU time of one process so far, without its children."""
    fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def resident_mb(pid: int) -> float:
    """Resident memory of one process."""
    return int(Path(f"/proc/{pid}/statm").read_text("utf-8").split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def peak_mb() -> float:
    """The most resident memory of this process since ``forget_peak``."""
    lines = Path("/proc/self/status").read_text("utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024


def forget_peak() -> None:
    """Begin anew to watch for the most memory of this process."""
    Path("/proc/self/clear_refs").write_text("5", encoding="utf-8")
