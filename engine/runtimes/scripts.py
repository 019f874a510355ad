"""A command that runs once, under the same keeper, sandbox and limits as a worker."""

from __future__ import annotations

import shutil
import time
from collections.abc import Mapping
from pathlib import Path

from engine.runtimes.interface import Call, CallFailed, Listener, WorkerSpec
from engine.runtimes.process import Ending, KeptProcess, Order
from engine.runtimes.reader import Reader
from engine.runtimes.sandbox import Sandbox
from engine.runtimes.sentences import ended_sentence, timed_out
from engine.runtimes.worker_start import PATH, clean_environment
from engine.runtimes.workplace import Workplace


class Contained:
    """The place and process of one script run. ``end`` removes both."""

    def __init__(self, folder: Path, reader: Reader, sandbox: Sandbox) -> None:
        self.place = Workplace(folder)
        self.cancelled = False
        self._reader, self._sandbox = reader, sandbox
        self._process: KeptProcess | None = None

    def run(
        self,
        argv: list[str],
        spec: WorkerSpec,
        call: Call,
        listener: Listener | None,
        *,
        cwd: Path,
        environment: Mapping[str, str],
        readable: list[Path],
        stdin: Path | None = None,
    ) -> Ending:
        """Run to the end; the exit code is the caller's to judge. Raises CallFailed for every other ending."""
        path = environment.get("PATH", PATH)
        found = shutil.which(argv[0], path=path) or argv[0]
        wrapped = self._sandbox.wrap([found, *argv[1:]], self.place.folder, readable, network=spec.network)
        if self.cancelled:
            raise CallFailed("cancelled", "The run was cancelled.")
        order = Order(
            wrapped,
            {**clean_environment(self.place, spec), **environment},
            cwd,
            spec.memory,
            spec.output_bytes,
            watch=[self.place.folder / "rw"],
            wrapped=self._sandbox.works,
            stdin=stdin,
        )
        self._process = process = KeptProcess(order, self._reader)
        process.printed.begin(listener or (lambda _: None), spec.log_bytes)
        if self.cancelled:
            process.kill()
        in_time = self._wait(process, call.timeout)
        process.printed.end()
        if self.cancelled:
            raise CallFailed("cancelled", "The run was cancelled.")
        if not in_time:
            raise timed_out(call)
        if process.ending.reason != "exit":
            raise ended_sentence(process.ending, spec, "crashed", list(process.printed.tail))
        return process.ending

    @property
    def tail(self) -> list[str]:
        """The last lines it printed."""
        return list(self._process.printed.tail) if self._process else []

    @property
    def last_error(self) -> str:
        """The last line on standard error."""
        return self._process.printed.last_error if self._process else ""

    def cancel(self) -> None:
        """End it; ``run`` raises."""
        self.cancelled = True
        if self._process is not None:
            self._process.kill()

    def end(self) -> None:
        """End the process if it still runs, and remove the folder."""
        if self._process is not None:
            self._process.finish()
        self.place.remove()

    def _wait(self, process: KeptProcess, timeout: float | None) -> bool:
        deadline = None if timeout is None else time.monotonic() + timeout
        left = None if deadline is None else deadline - time.monotonic()
        if process.ended.wait(left):
            return True
        process.finish()
        return False
