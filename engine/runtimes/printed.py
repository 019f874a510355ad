"""What a model prints: lines of progress, text for the log, and the limit on both."""

from __future__ import annotations

import codecs
import logging
import os
import re
import threading
from collections import deque
from collections.abc import Callable
from typing import Literal

from engine.runtimes.interface import Listener, Log, Progress

CHUNK = 1 << 16
LONGEST_LINE = 1 << 13
TAIL_LINES = 40
ENDLESS = 4  # printing so many times the kept amount is called endless
_PROGRESS = re.compile(r"^::progress\s+([0-9.eE+-]+)\s*(.*)$")
log = logging.getLogger(__name__)
Name = Literal["out", "err"]


class _Stream:
    """One of the two: decodes and cuts into lines."""

    def __init__(self, name: Name, fd: int) -> None:
        self.name, self.fd = name, fd
        self.decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self.rest = ""
        self.open = True


class Printed:
    """Reads the two pipes of a process and tells the listener of the current call.

    At most ``limit`` bytes of a call are passed on; ``on_endless`` is called once when far more came.
    """

    def __init__(self, out: int, err: int, on_endless: Callable[[], None]) -> None:
        self._streams: dict[Name, _Stream] = {"out": _Stream("out", out), "err": _Stream("err", err)}
        self._lock = threading.RLock()
        self._listener: Listener | None = None
        self._limit = 0
        self._seen = 0
        self._on_endless = on_endless
        self.tail: deque[str] = deque(maxlen=TAIL_LINES)
        self.last_error = ""  # last line on standard error
        for fd in (out, err):
            os.set_blocking(fd, False)

    def fileno(self, name: Name) -> int:
        """Descriptor of a pipe."""
        return self._streams[name].fd

    def begin(self, listener: Listener | None, limit: int) -> None:
        """A call begins: what was printed before belongs to nobody."""
        if listener is None and self._listener is None:
            self._seen, self._limit = 0, limit
            return
        with self._lock:
            self._listener = None
            self._drain()
            self._listener, self._limit, self._seen = listener, limit, 0
            self.tail.clear()
            self.last_error = ""

    def end(self) -> None:
        """A call ended: pass on what is still in the pipes."""
        if self._listener is None:
            return
        with self._lock:
            self._drain()
            self._listener = None

    def read(self, name: Name) -> bool:
        """Read once; False at the end of the pipe. Called by the reader thread."""
        with self._lock:
            stream = self._streams[name]
            if not stream.open:
                return False
            try:
                data = os.read(stream.fd, CHUNK)
            except BlockingIOError:
                return True
            except OSError:
                data = b""
            self._feed(stream, data)
            return bool(data)

    def close(self) -> None:
        """Read the rest and close both pipes."""
        with self._lock:
            self._drain()
            for stream in self._streams.values():
                if stream.open:
                    stream.open = False
                    os.close(stream.fd)

    def _drain(self) -> None:
        for stream in self._streams.values():
            reads = 0
            while stream.open and reads < 64:  # a child that prints for ever must not hold us here
                try:
                    data = os.read(stream.fd, CHUNK)
                except BlockingIOError:
                    break
                except OSError:
                    data = b""
                if not data:
                    break
                self._feed(stream, data)
                reads += 1
            if stream.rest:
                self._pass_on(stream.name, stream.rest)
                stream.rest = ""

    def _feed(self, stream: _Stream, data: bytes) -> None:
        self._seen += len(data)
        if self._seen > self._limit > 0:
            self._over(len(data))
            if self._seen - len(data) > self._limit:
                return
            data = data[: self._limit - self._seen + len(data)]
        text = stream.rest + stream.decoder.decode(data)
        cut = text.rfind("\n") + 1
        if not cut and len(text) > LONGEST_LINE:
            cut = len(text)
        stream.rest = text[cut:]
        if cut:
            self._pass_on(stream.name, text[:cut])
        if self._seen > self._limit > 0:
            self._pass_on(stream.name, stream.rest)
            stream.rest = ""
            kept = self._limit >> 20
            self._tell(Log(stream.name, f"\n… the rest of what was printed is not kept (over {kept} MB)\n"))

    def _over(self, added: int) -> None:
        most = self._limit * ENDLESS
        if self._seen > most >= self._seen - added:
            self._on_endless()

    def _pass_on(self, name: Name, text: str) -> None:
        if not text:
            return
        if "::progress" in text:
            text = self._without_progress(text)
        lines = text.splitlines()[-TAIL_LINES:]
        self.tail.extend(lines)
        if name == "err":
            self.last_error = next(
                (line.strip() for line in reversed(lines) if line.strip()), self.last_error
            )
        if text:
            self._tell(Log(name, text))

    def _without_progress(self, text: str) -> str:
        kept = []
        for line in text.splitlines(keepends=True):
            match = _PROGRESS.match(line.rstrip("\r\n"))
            try:
                fraction = float(match[1]) if match else -1.0
            except ValueError:
                fraction = -1.0
            if match and fraction == fraction and fraction >= 0:
                self._tell(Progress(min(fraction, 1.0), match[2].strip()))
            else:
                kept.append(line)
        return "".join(kept)

    def _tell(self, event: Progress | Log) -> None:
        if self._listener is None:
            return
        try:
            self._listener(event)
        except Exception:  # whoever listens must not break the call
            log.exception("a listener failed")
