"""Where runs work: a private folder of this server, on memory-backed storage where that is large enough.

Cleaned when the server starts: the data lock guarantees that nobody else uses this data folder. What other
servers left behind when they were killed (their lock is free) goes too: it would hold memory until a reboot.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

from engine.owned_folder import own, remove_abandoned
from engine.settings import Settings
from engine.store.space import MB, free_bytes

MEMORY = Path("/dev/shm")  # noqa: S108 — a folder of ours with mode 0700 inside
LEAST = 1024 * MB
PREFIX = "quarterdeck-"


class Scratch:
    """Hands out folders for calls; ``columns`` caches datasets as column folders;
    ``private`` is for the server only."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.memory_backed = False
        self._lock: int | None = None
        self.root = self._choose()
        self.columns = self.root / "columns"
        self.calls = self.root / "calls"
        self.private = self.root / "private"

    def open(self) -> None:
        """Clean what an earlier server left and make the folders."""
        self.clear()
        _, self._lock = own(self._make)
        for other in self.root.parent.glob(f"{PREFIX}{'[0-9a-f]' * 12}"):
            if other != self.root:
                remove_abandoned(other, PREFIX, self.remove)

    def clear(self) -> None:
        """Remove everything of this data folder's servers."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None
        shutil.rmtree(self.root, ignore_errors=True)

    def folder(self, call_id: str) -> Path:
        """The path of one call's own folder; whoever first writes there makes it."""
        return self.calls / call_id

    def remove(self, folder: Path) -> None:
        """Remove a call's folder, also when the model took rights away in it."""
        if folder.exists():
            shutil.rmtree(folder, onerror=_unlock)

    def room_for(self, size: int) -> bool:
        """Is there room for so many bytes twice (input and result), with a reserve left?"""
        return free_bytes(self.root) > 2 * size + 64 * MB

    def _make(self) -> Path:
        for folder in (self.root, self.columns, self.calls, self.private):
            folder.mkdir(parents=True, mode=0o700, exist_ok=True)
        return self.root

    def _choose(self) -> Path:
        name = PREFIX + hashlib.sha256(str(self._settings.data.resolve()).encode()).hexdigest()[:12]
        if self._settings.scratch_folder is not None:
            return self._settings.scratch_folder / name
        if MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and free_bytes(MEMORY) >= LEAST:
            self.memory_backed = True
            return MEMORY / name
        return self._settings.data / "scratch"


def _unlock(_function: object, path: str, _failure: object) -> None:
    """Give rights back and try once more; what still fails is removed at the next start."""
    try:
        parent = Path(path).parent
        parent.chmod(0o700)
        Path(path).chmod(0o700)
        if Path(path).is_dir() and not Path(path).is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            Path(path).unlink(missing_ok=True)
    except OSError:
        return
