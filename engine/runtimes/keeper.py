"""The keeper: a small process between the server and one worker (or script), standard library only.

Run as ``python -I -S keeper.py`` with a socket to the server as standard input. The first line says what
to start. The keeper is the subreaper of everything that grows from it, so that also processes which called
``setsid`` or forked twice are found; when the worker ends, the server says ``kill`` or the server is gone
(the socket closes), it kills them all. It samples memory and written bytes and kills above the limits.

Lines from the server: ``{"kind": "kill"}``, ``{"kind": "limits", "memory": bytes, "output_bytes": bytes}``.
To the server: ``started`` (pid) and at the end ``ended`` with ``reason`` (exit, signal, memory, output,
processes, killed), ``code`` (exit code or signal number) and ``peak`` (bytes).
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import resource
import select
import signal
import socket
import sys
import time
from typing import Any

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
STACK_BYTES = 64 << 20
BUSY_SECONDS = 0.1
IDLE_SECONDS = 0.5
WALK_SECONDS = 2.0
OUTPUT_EVERY = 0.3
MOST_PROCESSES = 512
PAGE = os.sysconf("SC_PAGE_SIZE")


def children(pid: int) -> list[int]:
    """Direct children of all threads of a process; empty when it is gone."""
    found: list[int] = []
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):
            with contextlib.suppress(OSError), open(f"/proc/{pid}/task/{thread}/children", "rb") as file:
                found += map(int, file.read().split())
    except OSError:
        return []
    return found


def descendants(pid: int) -> list[int]:
    """All processes below a process, parents before children."""
    found = children(pid)
    for child in found:  # grows while we walk it
        found += children(child)
    return found


def status(pid: int) -> list[bytes]:
    """The fields of proc(5) ``stat`` from the third on (the state); empty when the process is gone."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return file.read().rpartition(b")")[2].split()
    except OSError:
        return []


def parent(pid: int) -> int:
    """Process id of the parent; 0 when the process is gone."""
    fields = status(pid)
    return int(fields[1]) if fields else 0


def runs(pid: int) -> bool:
    """Is there such a process that has not ended? (One that only waits to be asked for its ending has.)"""
    return status(pid)[:1] not in ([], [b"Z"])


def private_bytes(pid: int) -> int:
    """Resident memory that is not shared with files (input tables are mapped files)."""
    try:
        with open(f"/proc/{pid}/statm", "rb") as file:
            fields = file.read().split()
        return (int(fields[1]) - int(fields[2])) * PAGE
    except (OSError, IndexError):
        return 0


def proportional_bytes(pid: int) -> int:
    """Proportional set size: shared pages count by share. Falls back to private memory."""
    try:
        with open(f"/proc/{pid}/smaps_rollup", "rb") as file:
            for line in file:
                if line.startswith(b"Pss:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        return private_bytes(pid)
    return 0


def cpu_ticks(pid: int) -> int:
    """Processor time used so far, in clock ticks."""
    fields = status(pid)
    return int(fields[11]) + int(fields[12]) if fields else 0


def folder_bytes(folder: str, enough: int) -> int:
    """Bytes on disk below a folder; stops counting above ``enough``."""
    total, waiting = 0, [folder]
    while waiting and total <= enough:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    elif not entry.is_symlink():
                        total += entry.stat(follow_symlinks=False).st_blocks * 512
        except OSError:
            continue
    return total


def prctl(option: int, value: int) -> None:
    """prctl(2); a kernel without the option leaves us with the other measures."""
    ctypes.CDLL(None).prctl(option, ctypes.c_ulong(value), 0, 0, 0)


def raise_soft_limit(what: int, wanted: int) -> None:
    """Raise (or set) a soft limit as far as the hard one allows."""
    _, hard = resource.getrlimit(what)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(what, (wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard))


class Keeper:
    """One worker's guard; ``run`` returns when nothing of it is left."""

    def __init__(self, control: socket.socket) -> None:
        self.control = control
        self.parent = os.getppid()
        self.buffer = b""
        self.order: dict[str, Any] = {}
        self.worker = 0
        self.status: int | None = None
        self.reason = ""
        self.peak = 0
        self.ticks = -1
        self.wait = BUSY_SECONDS
        self.next_output = 0.0
        self.next_walk = 0.0
        self.pids: list[int] = []

    def run(self) -> None:
        """Start the worker, watch until it ends, kill what is left, report."""
        prctl(PR_SET_CHILD_SUBREAPER, 1)
        wake, waker = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
        line = self._first_line()
        if line is None:
            return
        self.order = json.loads(line)
        self._start()
        poll = select.poll()
        poll.register(self.control, select.POLLIN)
        poll.register(wake, select.POLLIN)
        while self.status is None and not self.reason:
            ready = {fd for fd, _ in poll.poll(self.wait * 1000)}
            if wake in ready:
                with contextlib.suppress(BlockingIOError):
                    os.read(wake, 4096)
                self._reap()
            if self.control.fileno() in ready:
                self._listen()
            self._sample()
        self._kill_all()
        self._report()

    def _first_line(self) -> bytes | None:
        while b"\n" not in self.buffer:
            chunk = self.control.recv(1 << 16)
            if not chunk:
                return None
            self.buffer += chunk
        line, self.buffer = self.buffer.split(b"\n", 1)
        return line

    def _start(self) -> None:
        self.worker = os.fork()
        if self.worker == 0:
            try:
                self._become_worker()
            except BaseException as error:
                os.write(2, f"cannot start {self.order['argv'][0]}: {error}\n".encode())
                os._exit(127)
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, 1)
        os.dup2(null, 2)
        self._send({"kind": "started", "pid": self.worker})

    def _become_worker(self) -> None:
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        os.setsid()
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGCHLD, signal.SIGINT, signal.SIGPIPE, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        raise_soft_limit(resource.RLIMIT_STACK, STACK_BYTES)
        raise_soft_limit(resource.RLIMIT_CORE, 0)
        with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:
            file.write("500")  # when the machine runs out of memory, the server is not the one to go
        stdin = os.open(self.order.get("stdin") or os.devnull, os.O_RDONLY)
        os.dup2(stdin, 0)
        os.chdir(self.order["cwd"])
        os.execve(self.order["argv"][0], self.order["argv"], self.order["env"])  # noqa: S606

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if pid == self.worker:
                self.status = status

    def _listen(self) -> None:
        try:
            chunk = self.control.recv(1 << 16)
        except OSError:
            chunk = b""
        if not chunk:
            self.reason = "orphaned"  # the server is gone, however it went
            return
        self.buffer += chunk
        *lines, self.buffer = self.buffer.split(b"\n")
        for line in lines:
            message = json.loads(line)
            if message["kind"] == "kill":
                self.reason = "killed"
            elif message["kind"] == "limits":
                self.order.update(message)
                self.wait, self.next_walk = BUSY_SECONDS, 0.0

    def _sample(self) -> None:
        if os.getppid() != self.parent:
            self.reason = "orphaned"
            return
        now = time.monotonic()
        if self.pids and now < self.next_walk and sum(map(cpu_ticks, self.pids)) == self.ticks:
            self.wait = min(self.wait * 1.5, IDLE_SECONDS)
            return  # nobody worked since: thirty idle workers must not cost a noticeable part of a core
        self.pids = pids = descendants(os.getpid())
        self.next_walk = now + WALK_SECONDS
        memory = sum(map(private_bytes, pids))
        ticks = sum(map(cpu_ticks, pids))
        limit = self.order["memory"]
        if memory > limit and len(pids) > 1:  # forked children share pages: count by share before judging
            memory = sum(map(proportional_bytes, pids))
        self.peak = max(self.peak, memory)
        if memory > limit:
            self.reason = "memory"
        elif len(pids) > MOST_PROCESSES:
            self.reason = "processes"
        busy = ticks != self.ticks
        self.ticks = ticks
        self.wait = BUSY_SECONDS if busy else min(self.wait * 1.5, IDLE_SECONDS)
        if busy and time.monotonic() >= self.next_output:
            most = self.order["output_bytes"]
            started = time.monotonic()
            if sum(folder_bytes(folder, most) for folder in self.order["watch"]) > most:
                self.reason = "output"
            # a folder of very many files must not keep us busy
            self.next_output = time.monotonic() + OUTPUT_EVERY + 10 * (time.monotonic() - started)

    def _kill_all(self) -> None:
        """Until nothing is left: stop first, so that a process that forks in a loop cannot outrun us."""
        deadline = time.monotonic() + 5
        pause = 0.0005
        while time.monotonic() < deadline:
            for number in (signal.SIGSTOP, signal.SIGKILL):
                for pid in descendants(os.getpid()):
                    _kill(pid, number)
            self._reap()
            if not children(os.getpid()):
                return
            time.sleep(pause)
            pause = min(pause * 2, 0.02)

    def _report(self) -> None:
        reason, code = self.reason, 0
        if not reason and self.status is not None:
            code = os.waitstatus_to_exitcode(self.status)
            if code > 128 and self.order.get("wrapped"):
                code = 128 - code  # bubblewrap tells of a signal as a shell does
            reason = "signal" if code < 0 else "exit"
            code = abs(code)
        self._send({"kind": "ended", "reason": reason, "code": code, "peak": self.peak})

    def _send(self, message: dict[str, Any]) -> None:
        with contextlib.suppress(OSError):
            self.control.sendall(json.dumps(message).encode() + b"\n")


def _kill(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)


if __name__ == "__main__":
    Keeper(socket.socket(fileno=0)).run()
    sys.exit(0)
