"""What a run printed: one append-only text file each, capped."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import IO

MB = 1 << 20


class Logs:
    """Log files under ``data/logs``, spread by the time part of the run's id (nine hours a folder)."""

    def __init__(self, folder: Path, limit_mb: int) -> None:
        self._folder = folder
        self._limit = limit_mb * MB

    def path(self, run_id: str) -> Path:
        """Where a run's log is (it may not exist: nothing was printed)."""
        return self._folder / run_id[:5] / f"{run_id}.log"

    def writer(self, run_id: str) -> LogWriter:
        """Opens the file at the first text."""
        return LogWriter(self.path(run_id), self._limit)

    def read(self, run_id: str, offset: int, most: int = MB) -> tuple[str, int]:
        """Text from a byte offset, at most ``most`` bytes, never half a character; and the next offset."""
        try:
            with self.path(run_id).open("rb") as file:
                file.seek(max(offset, 0))
                data = file.read(most)
        except FileNotFoundError:
            return "", 0
        whole = _whole(data)
        return data[:whole].decode("utf-8", "replace"), max(offset, 0) + whole

    def remove(self, run_id: str) -> None:
        """Forget what a run printed."""
        self.path(run_id).unlink(missing_ok=True)


class LogWriter:
    """Appends text; past the limit it says so once and keeps no more."""

    def __init__(self, path: Path, limit: int) -> None:
        self._path = path
        self._limit = limit
        self._file: IO[bytes] | None = None
        self._lock = threading.Lock()
        self.bytes = 0

    def write(self, text: str) -> None:
        """Append text; visible to readers at once."""
        with self._lock:
            if self._file is None:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                self._file = self._path.open("ab", buffering=0)
                self.bytes = self._file.tell()
            if self.bytes >= self._limit:
                return
            data = text.encode("utf-8", "replace")
            room = self._limit - self.bytes
            if len(data) > room:
                note = f"\n… more than {self._limit // MB} MB were printed; the rest is not kept.\n"
                data = data[:room].decode("utf-8", "ignore").encode() + note.encode()
            self._file.write(data)
            self.bytes += len(data)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            if self._file is not None:
                self._file.close()
                self._file = None


def _whole(data: bytes) -> int:
    """How many bytes end with a whole character."""
    for back in range(1, min(4, len(data)) + 1):
        byte = data[-back]
        if byte & 0xC0 == 0x80:
            continue  # inside a character: look further back
        width = 1 if byte < 0x80 else 2 if byte >> 5 == 6 else 3 if byte >> 4 == 14 else 4
        return len(data) - back if width > back else len(data)
    return len(data)
