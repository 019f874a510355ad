"""Contents behind any fsspec address (``s3://bucket/prefix``, ``memory://x``), with a local cache.

Object stores make a whole object visible at once, so temporary names are not needed; what was read is
kept in the cache folder, itself a ``BlobStore``.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

from engine.errors import NotFound
from engine.store.blobs import BlobInfo, BlobStore


class RemoteBlobs(BlobStore):
    """The same contract as ``BlobStore`` over fsspec; ``cache`` is a local folder."""

    def __init__(self, address: str, cache: Path) -> None:
        import fsspec

        super().__init__(str(cache))
        self._files, base = fsspec.core.url_to_fs(address)
        self._base = str(base).rstrip("/")

    def put_bytes(self, data: bytes) -> str:
        """Store bytes. Returns the hash."""
        return self._upload(super().put_bytes(data))

    def put_file(self, path: Path, *, move: bool = False) -> str:
        """Store a file's contents. Returns the hash."""
        return self._upload(super().put_file(path, move=move))

    def put_stream(self, source: BinaryIO) -> str:
        """Store what a stream gives. Returns the hash."""
        name = super().put_stream(source)
        return self._upload(name)

    def local_path(self, name: str) -> Path:
        """A local copy, fetched when the cache has none. Raises NotFound."""
        with suppress(NotFound):
            return super().local_path(name)
        try:
            with self._files.open(self._remote(name), "rb") as source:
                fetched = super().put_stream(source)
        except FileNotFoundError:
            raise NotFound("stored content", name) from None
        if fetched != name:
            super().delete(fetched)
            raise NotFound("stored content", name, "What the store returned is damaged: its hash differs.")
        return super().local_path(name)

    def exists(self, name: str) -> bool:
        """Is there such a content in the store?"""
        return bool(self._files.exists(self._remote(name)))

    def size(self, name: str) -> int:
        """Bytes of a content. Raises NotFound."""
        if not self.exists(name):
            raise NotFound("stored content", name)
        return int(self._files.size(self._remote(name)))

    def iterate(self) -> Iterator[BlobInfo]:
        """Every content in the store; ``touched`` is the store's own time of the last write."""
        found: dict[str, dict[str, Any]] = self._files.find(self._base, detail=True)
        for path, info in sorted(found.items()):
            yield BlobInfo(path.rsplit("/", 1)[-1], int(info.get("size") or 0), _seconds(info))

    def delete(self, name: str, *, untouched_since: float | None = None) -> bool:
        """Remove a content from the store and the cache; True when it is gone."""
        if not self.exists(name):
            return False
        if untouched_since is not None and _seconds(self._files.info(self._remote(name))) > untouched_since:
            return False
        self._files.rm_file(self._remote(name))
        super().delete(name)
        return True

    def _remote(self, name: str) -> str:
        self._path(name)  # refuses what is not a hash
        return f"{self._base}/{name[:2]}/{name}"

    def _upload(self, name: str) -> str:
        """Write to the store, also when it is there already: that renews the sweep's grace period."""
        self._files.makedirs(f"{self._base}/{name[:2]}", exist_ok=True)
        self._files.put_file(str(super().local_path(name)), self._remote(name))
        return name


def _seconds(info: dict[str, Any]) -> float:
    """When an object was last written; an unknown time counts as now, which keeps the object."""
    for key in ("LastModified", "mtime", "modified", "created", "last_modified"):
        value = info.get(key)
        if isinstance(value, int | float):
            return float(value)
        if value is not None and hasattr(value, "timestamp"):
            return float(value.timestamp())
    return time.time()
