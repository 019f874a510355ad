"""Dataset versions as column folders in scratch, made once and mapped by every run that reads them."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from engine.errors import Unavailable
from engine.store.scratch import Scratch
from engine.store.space import is_full


class ColumnCache:
    """Read-only column folders by contents and declared types; the longest unused go when room is short."""

    def __init__(self, scratch: Scratch) -> None:
        self._scratch = scratch
        self._locks: dict[str, threading.Lock] = {}
        self._users: dict[str, int] = {}
        self._guard = threading.Lock()

    @contextmanager
    def use(self, parquet: Path, content_hash: str, types: Mapping[str, str]) -> Iterator[Path]:
        """The folder for a dataset version; it stays while somebody uses it."""
        typed = hashlib.blake2b(json.dumps(dict(types)).encode(), digest_size=8).hexdigest()
        key = f"{content_hash[:40]}-{typed}"
        with self._guard:
            lock = self._locks.setdefault(key, threading.Lock())
            self._users[key] = self._users.get(key, 0) + 1
        try:
            with lock:
                folder = self._made(key, parquet, types)
            yield folder
        finally:
            with self._guard:
                self._users[key] -= 1

    def _made(self, key: str, parquet: Path, types: Mapping[str, str]) -> Path:
        folder = self._scratch.columns / key
        if folder.exists():
            os.utime(folder)
            return folder
        from engine.data.tables import parquet_to_columns

        self._make_room(parquet.stat().st_size * 8)  # columns are plain: several times the Parquet's size
        building = self._scratch.columns / f".{key}.{secrets.token_hex(4)}"
        try:
            parquet_to_columns(parquet, building, dict(types) or None)
            for file in building.iterdir():
                file.chmod(0o444)
            building.rename(folder)
        except BaseException as failure:
            shutil.rmtree(building, ignore_errors=True)
            if is_full(failure):
                raise Unavailable(
                    f"There is no room for the input tables in {self._scratch.root} (scratch_folder). "
                    "Wait until other runs have ended, or choose a larger place."
                ) from failure
            raise
        return folder

    def _make_room(self, size: int) -> None:
        with self._guard:
            idle = [f for f in self._scratch.columns.iterdir() if not self._users.get(f.name)]
            for folder in sorted(idle, key=_touched):
                if self._scratch.room_for(size):
                    return
                if not folder.name.startswith(".") or _touched(folder) < time.time() - 3600:
                    shutil.rmtree(folder, ignore_errors=True)


def _touched(folder: Path) -> float:
    try:
        return folder.stat().st_mtime
    except FileNotFoundError:
        return 0.0
