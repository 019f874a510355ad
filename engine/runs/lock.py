"""One server per data folder, and the bell by which other processes wake it.

The lock is the operating system's (it ends with the process, also after ``kill -9``). The doorbell is a
Unix datagram socket: the command line writes into the queue and rings.
"""

from __future__ import annotations

import fcntl
import os
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO

from engine.errors import Unavailable


class DataLock:
    """The exclusive right to execute runs of a data folder."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "server.lock"
        self._file: IO[str] | None = None

    def acquire(self) -> None:
        """Take the lock. Raises Unavailable when another server has it."""
        file = self.path.open("a+")
        if not _taken(file):
            file.seek(0)
            holder = file.read().strip() or "unknown"
            file.close()
            raise Unavailable(
                f"Another Quarterdeck server (process {holder}) is using the data folder {self.path.parent}. "
                "Stop it first, or start this one with another QUARTERDECK_DATA_FOLDER. "
                "Start one server process only (uvicorn --workers 1)."
            )
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        os.set_inheritable(file.fileno(), False)
        self._file = file

    def release(self) -> None:
        """Give the lock back."""
        if self._file is not None:
            self._file.close()
            self._file = None

    @property
    def mine(self) -> bool:
        """Does this process hold it?"""
        return self._file is not None

    def held(self) -> bool:
        """Does any process hold it? Takes it for a moment to find out."""
        if self.mine:
            return True
        with self.path.open("a+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
        return False


def _taken(file: IO[str]) -> bool:
    """Try for a moment: another process may be holding the lock only to ask who has it."""
    for _ in range(10):
        with suppress(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        time.sleep(0.02)
    return False


class Doorbell:
    """Listens for rings and calls ``answer`` in a thread of its own."""

    def __init__(self, folder: Path, answer: Callable[[], None]) -> None:
        self._folder = folder
        self._answer = answer
        self._socket: socket.socket | None = None

    def hang(self) -> None:
        """Start to listen."""
        path = self._folder / "doorbell"
        with suppress(FileNotFoundError):
            path.unlink()
        bell = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        with _short(path) as address:
            bell.bind(address)
        path.chmod(0o600)
        self._socket = bell
        threading.Thread(target=self._listen, args=(bell,), name="doorbell", daemon=True).start()

    def take_down(self) -> None:
        """Stop listening."""
        bell, self._socket = self._socket, None
        if bell is not None:
            ring(self._folder)  # wakes the thread, which sees that its bell is no longer the one
            (self._folder / "doorbell").unlink(missing_ok=True)

    def _listen(self, bell: socket.socket) -> None:
        with bell:
            while True:
                bell.recv(16)
                if self._socket is not bell:
                    return
                self._answer()


def ring(folder: Path) -> bool:
    """Wake the server of a data folder; False when nobody listens."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as caller, _short(folder / "doorbell") as address:
        caller.setblocking(False)
        try:
            caller.sendto(b"ring", address)
        except BlockingIOError:
            return True  # rung so often already that it cannot be missed
        except OSError:
            return False
    return True


class _short:
    """A socket path of any length: addresses end at 107 bytes, so go through the folder's descriptor."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._folder = -1

    def __enter__(self) -> str:
        self._folder = os.open(self._path.parent, os.O_RDONLY | os.O_DIRECTORY)
        return f"/proc/self/fd/{self._folder}/{self._path.name}"

    def __exit__(self, *_: object) -> None:
        os.close(self._folder)
