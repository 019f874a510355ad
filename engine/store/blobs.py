"""Contents by their hash: written once, never changed, found again by what they are.

A folder is the fast path (temporary name → sync → rename, so that a crash leaves no half-written content
under a name anybody looks for); any other fsspec address (``s3://…``, ``memory://…``) works through
``blobs_remote.RemoteBlobs``. The name of a content is its BLAKE2b hash of 256 bits, in hex.
"""

from __future__ import annotations

import hashlib
import io
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from engine.errors import NotFound

CHUNK = 1 << 20


def new_hash() -> hashlib.blake2b:
    """The hash that names contents: feed it bytes, read ``hexdigest()``."""
    return hashlib.blake2b(digest_size=32)


def hash_bytes(data: bytes) -> str:
    """The name of these bytes."""
    return hashlib.blake2b(data, digest_size=32).hexdigest()


def hash_file(path: Path) -> str:
    """The name of this file's contents."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, new_hash).hexdigest()


@dataclass(frozen=True)
class BlobInfo:
    """One stored content: size in bytes, and when it was last put (seconds since 1970)."""

    hash: str
    bytes: int
    touched: float


class BlobStore:
    """Contents in a local folder, spread over 256 sub-folders, read-only files."""

    def __init__(self, address: str) -> None:
        self.root = Path(address.removeprefix("file://"))
        self._incoming = self.root / "incoming"
        self._incoming.mkdir(parents=True, exist_ok=True)
        if not (self.root / "ff").exists():
            for shard in range(256):
                (self.root / f"{shard:02x}").mkdir(exist_ok=True)
            sync_folder(self.root)

    # ---- writing

    def put_bytes(self, data: bytes) -> str:
        """Store bytes; durable on return. Returns the hash."""
        name = hash_bytes(data)
        if not self._touch(name):
            with self._temporary() as incoming:
                incoming.write(data)
                self._settle(incoming, name)
        return name

    def put_file(self, path: Path, *, move: bool = False) -> str:
        """Store a file's contents; durable on return. Returns the hash.

        ``move=True`` renames where both are on one file system: only for files that nobody else can still
        have open for writing (never for what a model wrote: it could change a stored content afterwards).
        """
        if move:
            with suppress(OSError):  # another file system: copied below
                return self._move(path)
        with path.open("rb") as source:
            name = self.put_stream(source)
        if move:
            path.unlink()
        return name

    def put_stream(self, source: BinaryIO) -> str:
        """Store what a binary stream gives, hashed on the way. Returns the hash."""
        digest = new_hash()
        with self._temporary() as incoming:
            while chunk := source.read(CHUNK):
                digest.update(chunk)
                incoming.write(chunk)
            name = digest.hexdigest()
            if not self._touch(name):
                self._settle(incoming, name)
        return name

    # ---- reading

    def open(self, name: str) -> BinaryIO:
        """The contents as a binary stream. Raises NotFound."""
        return self.local_path(name).open("rb")

    def local_path(self, name: str) -> Path:
        """A read-only local file with the contents. Raises NotFound."""
        path = self._path(name)
        if not path.exists():
            raise NotFound("stored content", name, "It was removed when its time to be kept was over.")
        return path

    def exists(self, name: str) -> bool:
        """Is there such a content?"""
        return self._path(name).exists()

    def size(self, name: str) -> int:
        """Bytes of a content. Raises NotFound."""
        return self.local_path(name).stat().st_size

    def iterate(self) -> Iterator[BlobInfo]:
        """Every stored content."""
        for folder in sorted(self.root.iterdir()):
            if folder.is_dir() and len(folder.name) == 2:
                for entry in os.scandir(folder):
                    with suppress(FileNotFoundError):  # swept meanwhile
                        stat = entry.stat()
                        yield BlobInfo(entry.name, stat.st_size, stat.st_mtime)

    # ---- removing

    def delete(self, name: str, *, untouched_since: float | None = None) -> bool:
        """Remove a content; True when it is gone.

        With ``untouched_since`` (seconds since 1970) a content that was put again after that moment stays,
        also when the putting happens at this very moment: the file is taken aside first, then looked at.
        """
        path = self._path(name)
        aside = self._incoming / f"{name}.{secrets.token_hex(4)}.aside"
        try:
            path.rename(aside)
        except FileNotFoundError:
            return False
        if untouched_since is not None and aside.stat().st_mtime > untouched_since:
            aside.rename(path)
            return False
        aside.unlink()
        return True

    def clean(self, older_than_seconds: float = 86400.0) -> int:
        """Remove what interrupted writers left behind; returns how many files."""
        removed = 0
        for entry in os.scandir(self._incoming):
            if entry.stat().st_mtime < time.time() - older_than_seconds:
                if entry.name.endswith(".aside"):  # a sweep died between taking aside and looking
                    name = entry.name.split(".")[0]
                    Path(entry.path).rename(self._path(name))
                else:
                    Path(entry.path).unlink()
                removed += 1
        return removed

    # ---- inside

    def _path(self, name: str) -> Path:
        if len(name) != 64 or not all(c in "0123456789abcdef" for c in name):
            raise NotFound("stored content", name)
        return self.root / name[:2] / name

    def _touch(self, name: str) -> bool:
        """Mark an existing content as wanted now (the sweep's grace period starts again)."""
        try:
            os.utime(self._path(name))
        except FileNotFoundError:
            return False
        return True

    def _temporary(self) -> _Incoming:
        return _Incoming(self._incoming / secrets.token_hex(8))

    def _settle(self, incoming: _Incoming, name: str) -> None:
        incoming.flush()
        os.fchmod(incoming.fileno(), 0o444)
        os.fsync(incoming.fileno())
        self._rename(incoming.path, name)

    def _rename(self, source: Path, name: str) -> None:
        target = self._path(name)
        source.rename(target)
        sync_folder(target.parent)

    def _move(self, path: Path) -> str:
        name = hash_file(path)
        if self._touch(name):
            path.unlink()
            return name
        with path.open("rb") as file:
            os.fchmod(file.fileno(), 0o444)
            os.fsync(file.fileno())
        path.rename(held := self._incoming / secrets.token_hex(8))
        self._rename(held, name)
        return name


class _Incoming(io.BufferedWriter):
    """A file under a temporary name that is removed on leaving unless it was renamed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        super().__init__(io.FileIO(path, "xb"), buffer_size=CHUNK)

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):  # a full disk fails the flush again; the first failure is already on its way
            self.close()
        with suppress(FileNotFoundError):
            self.path.unlink()


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def open_store(address: str, cache: Path) -> BlobStore:
    """The store at an fsspec address; ``cache`` holds local copies of what a remote store keeps."""
    if "://" in address and not address.startswith("file://"):
        from engine.store.blobs_remote import RemoteBlobs

        return RemoteBlobs(address, cache)
    return BlobStore(address)
