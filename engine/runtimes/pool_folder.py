"""Where the pool's workers live: a private folder of this process on memory-backed storage if possible.

A folder whose server is gone (its lock is free) is removed by the next pool that starts there.
"""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
import threading
from pathlib import Path

from engine.owned_folder import own, remove_abandoned
from engine.runtimes.workplace import remove
from engine.settings import Settings

MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of ours with mode 0700 inside
LEAST_BYTES = 1 << 30
PREFIX = "quarterdeck-pool-"


class PoolFolder:
    """Made at the first worker; ``fresh`` names a folder for one worker."""

    def __init__(self, base: Path) -> None:
        self.base = base
        self._opening = threading.Lock()  # the first two workers may start at the same moment
        self._root: Path | None = None
        self._lock = -1

    @classmethod
    def from_settings(cls, settings: Settings) -> PoolFolder:
        """Beside the runs' scratch: the setting, memory-backed storage if it is large enough, or the data folder."""
        if settings.scratch_folder is not None:
            return cls(settings.scratch_folder)
        if MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free >= LEAST_BYTES:
            return cls(MEMORY)
        return cls(settings.data)

    def fresh(self) -> Path:
        """The path of a folder that does not exist yet. Safe from any thread."""
        with self._opening:
            if self._root is None:
                self._root, self._lock = self._open()
            return self._root / secrets.token_hex(4)

    def close(self) -> None:
        """Remove everything."""
        with self._opening:
            if self._root is not None:
                remove(self._root)
                os.close(self._lock)
                self._root = None

    def _open(self) -> tuple[Path, int]:
        self.base.mkdir(parents=True, exist_ok=True)
        for old in self.base.glob(f"{PREFIX}*"):
            remove_abandoned(old, PREFIX, remove)
        return own(lambda: Path(tempfile.mkdtemp(prefix=PREFIX, dir=self.base)).resolve())
