"""Starting a worker: its environment, its socket, what can be seen of its process from outside."""

from __future__ import annotations

import os
import socket
import struct
from pathlib import Path

from engine.runtimes import keeper
from engine.runtimes.interface import WorkerSpec
from engine.runtimes.workplace import Workplace

LONGEST_SOCKET = 100
PATH = "/usr/local/bin:/usr/bin:/bin"


def peak(pid: int) -> int:
    """Highest resident set of any process below the keeper, in bytes."""
    most = 0
    for child in keeper.descendants(pid):
        try:
            with open(f"/proc/{child}/status", "rb") as file:
                for line in file:
                    if line.startswith(b"VmHWM:"):
                        most = max(most, int(line.split()[1]) * 1024)
        except OSError:
            continue
    return most


def clean_environment(place: Workplace, spec: WorkerSpec) -> dict[str, str]:
    """All that a model's process sees of the environment: nothing of the server's."""
    counts = ("OMP", "OPENBLAS", "MKL", "JULIA", "NUMEXPR", "VECLIB_MAXIMUM", "RAYON")
    return {
        **dict(spec.variables),
        "PATH": PATH,
        "HOME": str(place.temporary),
        "TMPDIR": str(place.temporary),
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        **{f"{name}_NUM_THREADS": str(spec.threads) for name in counts},
    }


def session(pid: int) -> int:
    """Session of a process; 0 when it is gone."""
    try:
        return os.getsid(pid)
    except ProcessLookupError:
        return 0


def peer(sock: socket.socket) -> int:
    """Process id at the other end, as seen from here (inside the sandbox it has another)."""
    size = struct.calcsize("3i")
    return int(struct.unpack("3i", sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size))[0])


def listen(listener: socket.socket, path: Path) -> str:
    """Listen at a path; returns the path as the worker should use it (short enough for a socket)."""
    if len(str(path)) <= LONGEST_SOCKET:
        listener.bind(str(path))
        shown = str(path)
    else:
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            listener.bind(f"/proc/self/fd/{folder}/{path.name}")
        finally:
            os.close(folder)
        shown = f"../{path.name}"  # workers start in rw/work
    listener.listen(1)
    return shown
