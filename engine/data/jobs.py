"""Heavy work on data in processes of its own: reading files, exports.

The parent keeps at most two job processes and talks JSON lines with them; a job ends its process when it
used much memory, an idle one ends by itself. A job that dies is an error with a sentence, never a hang, and
the server's own memory does not grow with a file.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from engine.errors import Invalid, Problem, QuarterdeckError, Unavailable
from engine.settings import ROOT

PROCESSES = 2
IDLE_SECONDS = 120.0
LONGEST_SECONDS = 3600.0  # of one job: the largest files take minutes
LEAST_MEMORY, MOST_MEMORY, MEMORY_SHARE = 3 << 30, 12 << 30, 0.6  # of the machine, for one job process
Progress = Callable[[float, str], None]


class JobPool:
    """Runs named jobs (``job_tasks.TASKS``) in other processes; safe from any thread."""

    def __init__(self, processes: int = PROCESSES) -> None:
        self._free = threading.Semaphore(processes)
        self._guard = threading.Lock()
        self._idle: list[_Worker] = []

    def run(self, task: str, progress: Progress | None = None, **arguments: Any) -> Any:
        """Run one job and return its JSON result.

        Raises the job's own error (Invalid …), or Unavailable when its process ended.
        """
        with self._worker() as worker:
            return worker.run(task, arguments, progress)

    def close(self) -> None:
        """End the idle processes."""
        with self._guard:
            for worker in self._idle:
                worker.close()
            self._idle.clear()

    @contextmanager
    def _worker(self) -> Iterator[_Worker]:
        with self._free:
            with self._guard:
                alive = [w for w in self._idle if w.process.poll() is None]
                worker = alive.pop() if alive else _Worker()
                self._idle = alive
            try:
                yield worker
            except BaseException:
                if not worker.usable:
                    worker.close()
                raise
            finally:
                if worker.usable:
                    with self._guard:
                        self._idle.append(worker)
                else:
                    worker.close()


class _Worker:
    """One job process. ``usable`` is False from the start of a job until its answer."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "engine.data.jobs"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "2"},
        )
        self.usable = True

    def run(self, task: str, arguments: dict[str, Any], progress: Progress | None) -> Any:
        self.usable = False
        late = threading.Event()
        timer = threading.Timer(LONGEST_SECONDS, self._too_long, [late])
        timer.daemon = True
        timer.start()
        try:
            return self._talk(task, arguments, progress, late)
        finally:
            timer.cancel()

    def _too_long(self, late: threading.Event) -> None:
        late.set()
        self.process.kill()

    def _talk(
        self, task: str, arguments: dict[str, Any], progress: Progress | None, late: threading.Event
    ) -> Any:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        with suppress(BrokenPipeError):
            self.process.stdin.write(json.dumps({"task": task, "arguments": arguments}).encode() + b"\n")
            self.process.stdin.flush()
        for line in self.process.stdout:
            message = json.loads(line)
            if "progress" in message:
                if progress:
                    progress(message["progress"], message["text"])
                continue
            self.usable = not message.get("last", False)
            if "error" in message:
                raise _error(message["error"])
            return message["result"]
        code = self.process.wait()
        if late.is_set():
            raise Unavailable(
                f"Working on the file was ended after {LONGEST_SECONDS / 60:.0f} minutes; nothing was saved. "
                "Leave out rows or columns, or split it."
            )
        raise Unavailable(
            f"The process that worked on the file ended unexpectedly (code {code}); nothing was saved. Try again; "
            "if it happens again, the file may be too large for this machine's memory."
        )

    def close(self) -> None:
        """End the process."""
        with suppress(OSError):
            if self.process.stdin:
                self.process.stdin.close()
        try:
            self.process.wait(timeout=0.5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if self.process.stdout:
            self.process.stdout.close()


class JobFailed(QuarterdeckError):
    """A job failed for a reason that is not the person's: a defect, or the disk."""

    code = "job-failed"
    status = 500
    exit_code = 1


def _error(body: dict[str, Any]) -> QuarterdeckError:
    if body["code"] == "invalid":
        problems = [Problem(p["where"], p["message"], p["value"], p["rule"]) for p in body["problems"]]
        return Invalid(body["subject"], problems)
    if body["code"] == "unavailable":
        return Unavailable(body["message"])
    return JobFailed(body["message"])


def serve(reader: Any, answer: Callable[[dict[str, Any]], None]) -> None:
    """The job process: one job a line until the pipe closes."""
    from engine.data.job_tasks import TASKS, described, memory_used

    for line in reader:
        _BUSY.set()
        request = json.loads(line)
        message: dict[str, Any]
        try:
            report = lambda fraction, text: answer({"progress": fraction, "text": text})  # noqa: E731
            message = {"result": TASKS[request["task"]](report, **request["arguments"])}
        except Exception as error:
            message = {"error": described(error)}
        message["last"] = memory_used() > 700 << 20
        answer(message)
        _BUSY.clear()
        if message["last"]:
            return


_BUSY = threading.Event()


def _watch(parent: int) -> None:
    """End this process when the server is gone, or when nothing was asked for a while."""
    idle = 0.0
    while os.getppid() == parent and idle < IDLE_SECONDS:
        time.sleep(1.0)
        idle = 0.0 if _BUSY.is_set() else idle + 1.0
    os._exit(0)


def limit_memory() -> None:
    """Let the kernel refuse memory beyond a share of the machine: one file must not end the server beside it."""
    import resource

    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    most = min(MOST_MEMORY, max(LEAST_MEMORY, int(machine * MEMORY_SHARE)))
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))


def main() -> None:
    """Talk on a private copy of standard output: whatever a library prints goes to standard error."""
    private = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    limit_memory()
    threading.Thread(target=_watch, args=(os.getppid(),), daemon=True).start()

    def answer(message: dict[str, Any]) -> None:
        private.write(json.dumps(message).encode() + b"\n")
        private.flush()

    serve(sys.stdin.buffer, answer)


def scratch_folder(data: Path) -> Path:
    """Where jobs put their temporary files: on the data folder's disk, so that a rename keeps them."""
    folder = data / "jobs"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


if __name__ == "__main__":
    main()
