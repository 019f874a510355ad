"""A process under a keeper: how workers and scripts are started, watched and ended."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.runtimes.printed import Printed
from engine.runtimes.reader import Reader

KEEPER = Path(__file__).with_name("keeper.py")


@dataclass(frozen=True)
class Order:
    """What to start. ``watch`` are the folders whose bytes count against ``output_bytes``.

    ``wrapped``: argv begins with bubblewrap, whose exit code tells of signals as a shell's does.
    """

    argv: list[str]
    environment: Mapping[str, str]
    cwd: Path
    memory: int
    output_bytes: int
    watch: list[Path] = field(default_factory=list)
    wrapped: bool = False
    stdin: Path | None = None


@dataclass(frozen=True)
class Ending:
    """How it ended: ``reason`` exit, signal, memory, output, processes, killed or lost; ``code`` exit or signal."""

    reason: str
    code: int = 0
    peak: int = 0


class KeptProcess:
    """Started at once. ``ended`` is set when the process and everything it started are gone."""

    def __init__(self, order: Order, reader: Reader) -> None:
        self.ended = threading.Event()
        self.ending = Ending("lost")
        self.pid = 0  # of the worker (or of bubblewrap around it)
        self._why = ""
        self._reader = reader
        self._buffer = b""
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        out, out_end = os.pipe2(os.O_CLOEXEC)
        err, err_end = os.pipe2(os.O_CLOEXEC)
        self.printed = Printed(out, err, lambda: self.kill("output"))
        try:
            self._keeper = subprocess.Popen(
                [sys.executable, "-I", "-S", str(KEEPER)],
                stdin=theirs.fileno(),
                stdout=out_end,
                stderr=err_end,
                env={},
                start_new_session=True,  # Ctrl-C at the server's terminal is the server's to handle
            )
        finally:
            theirs.close()
            os.close(out_end)
            os.close(err_end)
        self._send(_as_json(order))
        reader.add(out, lambda: self.printed.read("out"))
        reader.add(err, lambda: self.printed.read("err"))
        reader.add(self._control.fileno(), self._heard)

    @property
    def keeper_pid(self) -> int:
        """Process id of the keeper; everything of this process is below it."""
        return self._keeper.pid

    def kill(self, why: str = "killed") -> None:
        """End it with all descendants; returns at once. ``why`` becomes the reason of the ending."""
        self._why = self._why or why
        self._send({"kind": "kill"})

    def limit(self, memory: int, output_bytes: int) -> None:
        """Set other limits, in bytes."""
        self._send({"kind": "limits", "memory": memory, "output_bytes": output_bytes})

    def finish(self, timeout: float = 5.0) -> Ending:
        """Kill if need be and wait until nothing is left."""
        if not self.ended.is_set():
            self.kill()
            if not self.ended.wait(timeout):
                self._keeper.kill()  # its worker has a parent-death signal
                self.ended.wait(1)
        return self.ending

    def _send(self, message: dict[str, Any]) -> None:
        try:
            self._control.sendall(json.dumps(message).encode() + b"\n")
        except OSError:
            return  # it has ended: ``ended`` says so

    def _heard(self) -> bool:
        """Called by the reader thread."""
        try:
            chunk = self._control.recv(1 << 16, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return True
        except OSError:
            chunk = b""
        if not chunk:
            self._over()
            return False
        self._buffer += chunk
        *lines, self._buffer = self._buffer.split(b"\n")
        for line in lines:
            message = json.loads(line)
            if message["kind"] == "started":
                self.pid = message["pid"]
            elif message["kind"] == "ended":
                reason = self._why if self._why and message["reason"] == "killed" else message["reason"]
                self.ending = Ending(reason, message["code"], message["peak"])
        return True

    def _over(self) -> None:
        for name in ("out", "err"):
            self._reader.remove(self.printed.fileno(name))
        self.printed.close()
        self._reader.remove(self._control.fileno())
        self._control.close()
        try:
            self._keeper.wait(5)
        except subprocess.TimeoutExpired:
            self._keeper.kill()
            self._keeper.wait()
        self.ended.set()


def _as_json(order: Order) -> dict[str, Any]:
    return {
        "argv": order.argv,
        "env": dict(order.environment),
        "cwd": str(order.cwd),
        "memory": order.memory,
        "output_bytes": order.output_bytes,
        "watch": [str(folder) for folder in order.watch],
        "wrapped": order.wrapped,
        "stdin": str(order.stdin) if order.stdin else "",
    }
