"""Says what is being done, how long it takes, and what a person must do.

On a terminal the line of a running step counts seconds; elsewhere (CI, a log) a line is added now and then.
What installers print goes to a log file; its last lines are shown when a step fails.
"""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

TICK_TERMINAL = 0.5
TICK_LOG = 20.0


class StepFailed(Exception):
    """A command of a step failed; ``tail`` holds the last lines it printed."""

    def __init__(self, what: str, status: int, tail: str) -> None:
        super().__init__(f"{what} ended with status {status}")
        self.status, self.tail = status, tail


class Progress:
    """Prints steps to ``stream`` and keeps the commands' own output in ``log``.

    ``remedies`` collects what a person must do; ``incomplete`` says that a step of our own failed.
    """

    def __init__(self, log: Path, stream: TextIO | None = None) -> None:
        self.stream = stream or sys.stdout
        self.log = log
        self.terminal = self.stream.isatty()
        unicode = (getattr(self.stream, "encoding", None) or "ascii").lower().startswith("utf")
        self.done_mark, self.missing_mark, self.busy_mark = ("✓", "!", "…") if unicode else ("ok", "!", "..")
        self.remedies: list[str] = []
        self.incomplete = False
        self._detail = ""

    def say(self, text: str) -> None:
        """Print a line."""
        self.stream.write(text + "\n")
        self.stream.flush()

    def remedy(self, text: str) -> None:
        """Print what a person must do, and keep it for the closing summary."""
        if text not in self.remedies:
            self.remedies.append(text)
        self.say(f"  {self.missing_mark} {text}")

    @contextmanager
    def step(self, what: str) -> Iterator[None]:
        """Show a step while it runs and its elapsed time at the end."""
        start, stop, self._detail = time.monotonic(), threading.Event(), ""
        ticker = threading.Thread(target=self._tick, args=(what, start, stop), daemon=True)
        if not self.terminal:
            self.say(f"  {self.busy_mark} {what}")
        ticker.start()
        mark = self.done_mark
        try:
            yield
        except BaseException:
            mark = self.missing_mark
            raise
        finally:
            stop.set()
            ticker.join()
            self._clear()
            self.say(f"  {mark} {what} ({time.monotonic() - start:.1f} s)")

    def run(
        self,
        command: Sequence[str],
        *,
        environment: Mapping[str, str] | None = None,
        folder: Path | None = None,
        timeout: float = 1800,
    ) -> str:
        """Run a command, its output into the log. Returns the output. Raises StepFailed."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        lines: list[str] = []
        with self.log.open("a", encoding="utf-8") as log:
            log.write(f"\n$ {' '.join(command)}\n")
            try:
                process = subprocess.Popen(
                    list(command),
                    env=dict(environment) if environment is not None else None,
                    cwd=folder,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    text=True,
                    errors="replace",
                )
            except OSError as error:
                raise StepFailed(command[0], 127, str(error)) from error
            killer = threading.Timer(timeout, process.kill)
            killer.daemon = True
            killer.start()
            assert process.stdout is not None
            for line in process.stdout:
                log.write(line)
                lines.append(line)
                self._detail = line.strip() or self._detail
            status = process.wait()
            killer.cancel()
        if status != 0:
            raise StepFailed(command[0], status, "".join(lines[-15:]).strip())
        return "".join(lines)

    def _tick(self, what: str, start: float, stop: threading.Event) -> None:
        while not stop.wait(TICK_TERMINAL if self.terminal else TICK_LOG):
            elapsed = time.monotonic() - start
            text = f"  {self.busy_mark} {what} ({elapsed:.0f} s) {self._detail}"
            if self.terminal:
                self._clear()
                self.stream.write(text[:100])
                self.stream.flush()
            else:
                self.say(text[:160])

    def _clear(self) -> None:
        if self.terminal:
            self.stream.write("\r\x1b[K")
