"""Where the pool's workers live: a private folder of this process on memory-backed storage if possible.

A folder whose server is gone (its lock is free) is removed by the next pool that starts there.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
import tempfile
from pathlib import Path

from engine.runtimes.workplace import remove
from engine.settings import Settings

MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of ours with mode 0700 inside
LEAST_BYTES = 1 << 30
PREFIX = "quarterdeck-pool-"


class PoolFolder:
    """Made at the first worker; ``fresh`` names a folder for one worker."""

    def __init__(self, base: Path) -> None:
        self.base = base
        self._root: Path | None = None
        self._lock_file = -1

    @classmethod
    def from_settings(cls, settings: Settings) -> PoolFolder:
        """Beside the runs' scratch: the setting, memory-backed storage if it is large enough, or the data folder."""
        if settings.scratch_folder is not None:
            return cls(settings.scratch_folder)
        if MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free >= LEAST_BYTES:
            return cls(MEMORY)
        return cls(settings.data)

    def fresh(self) -> Path:
        """The path of a folder that does not exist yet."""
        if self._root is None:
            self._open()
        assert self._root is not None
        return self._root / secrets.token_hex(4)

    def close(self) -> None:
        """Remove everything."""
        if self._root is not None:
            remove(self._root)
            os.close(self._lock_file)
            self._root = None

    def _open(self) -> None:
        self.base.mkdir(parents=True, exist_ok=True)
        for old in self.base.glob(f"{PREFIX}*"):
            if _abandoned(old):
                remove(old)
        root = Path(tempfile.mkdtemp(prefix=PREFIX, dir=self.base)).resolve()
        self._lock_file = os.open(root / "lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        self._root = root


def _abandoned(folder: Path) -> bool:
    try:
        held = os.open(folder / "lock", os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False  # another user's, or just being made
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(held)
    return True
