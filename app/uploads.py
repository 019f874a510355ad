"""Uploads in parts: written to disk as they come, hashed on the way, resumable.

An upload is a folder ``DATA/uploads/ID`` with ``about.json`` and ``contents``; how far it is, is the size
of ``contents``, so that it can be resumed after a crash of either side. No part is held in memory.
"""

from __future__ import annotations

import json
import re
import shutil
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.access import Actor
from engine.errors import Conflict, Invalid, NotFound, Problem, QuarterdeckError, Unavailable
from engine.settings import Settings
from engine.store.base import new_id
from engine.store.blobs import CHUNK, new_hash

ABANDONED_SECONDS = 24 * 3600.0
SHOWN_NAME = re.compile(r"[^\w.\- ()\[\]]+")


class TooLarge(QuarterdeckError):
    """More bytes than the limit of the settings."""

    code = "too-large"
    status = 413

    def __init__(self, name: str, limit_mb: int) -> None:
        super().__init__(
            f"The file “{name}” is larger than {limit_mb} MB, the limit of this server. Send fewer rows or "
            "columns, or Parquet instead of CSV, or ask an administrator to raise QUARTERDECK_UPLOAD_LIMIT_MB."
        )


class OutOfStep(Conflict):
    """A part does not begin where the upload stands; ``offset`` is where to go on."""

    code = "upload-out-of-step"

    def __init__(self, upload: str, offset: int, given: int) -> None:
        self.offset = offset
        super().__init__(
            f"The upload {upload} stands at byte {offset}, but this part begins at {given}. "
            f"Go on from {offset}."
        )

    def as_json(self) -> dict[str, Any]:
        """The error shape, and where to go on."""
        body = super().as_json()
        body["error"]["offset"] = self.offset
        return body


@dataclass(frozen=True)
class Upload:
    """One upload. ``bytes`` is the announced size (None: unknown), ``offset`` how many have come."""

    id: str
    name: str
    owner: str
    bytes: int | None
    offset: int
    path: Path

    def as_json(self) -> dict[str, Any]:
        """As the API shows it."""
        return {"id": self.id, "name": self.name, "bytes": self.bytes, "offset": self.offset}


def safe_name(name: str) -> str:
    """A file name without folders or control characters, at most 120 characters."""
    last = re.split(r"[/\\]", name)[-1]
    return SHOWN_NAME.sub("_", last).strip(" .")[-120:] or "upload"


class Uploads:
    """The uploads in a data folder."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.root = settings.data / "uploads"
        self._hashes: dict[str, tuple[int, Any]] = {}  # how far hashed, and the hash
        self._busy: set[str] = set()
        self._lock = threading.Lock()

    def begin(self, actor: Actor, name: str, size: int | None = None) -> Upload:
        """A new upload. Raises Invalid, TooLarge, Unavailable (too little free space)."""
        if size is not None and size < 0:
            raise Invalid(
                "the upload", [Problem("bytes", "The size must not be negative.", str(size), "minimum")]
            )
        if size is not None and size > self._limit:
            raise TooLarge(safe_name(name), self.settings.upload_limit_mb)
        self.remove_abandoned()
        self._need_space(size or 0)
        upload_id = new_id()
        folder = self.root / upload_id
        folder.mkdir(parents=True)
        (folder / "contents").touch()
        about = {"name": safe_name(name), "owner": actor.id, "bytes": size}
        (folder / "about.json").write_text(json.dumps(about), encoding="utf-8")
        return self.get(actor, upload_id)

    def get(self, actor: Actor, upload_id: str) -> Upload:
        """An upload of this person. Raises NotFound."""
        folder = self.root / upload_id
        known = re.fullmatch(r"[0-9A-Z]{26}", upload_id) and (folder / "about.json").exists()
        about = json.loads((folder / "about.json").read_text("utf-8")) if known else {}
        if about.get("owner") != actor.id:
            raise NotFound("upload", upload_id, "Uploads are kept for a day. Begin a new one.")
        path = folder / "contents"
        return Upload(upload_id, about["name"], about["owner"], about["bytes"], path.stat().st_size, path)

    def claim(self, actor: Actor, upload_id: str, offset: int) -> Upload:
        """Begin to write a part at ``offset``; ``release`` afterwards. Raises OutOfStep, Conflict."""
        upload = self.get(actor, upload_id)
        if offset != upload.offset:
            raise OutOfStep(upload_id, upload.offset, offset)
        with self._lock:
            if upload_id in self._busy:
                raise Conflict(
                    f"Another part of the upload {upload_id} is being written. Wait for it to end."
                )
            self._busy.add(upload_id)
        return upload

    def release(self, upload: Upload) -> None:
        """End of a part."""
        with self._lock:
            self._busy.discard(upload.id)

    def write(self, upload: Upload, data: bytes) -> None:
        """Append bytes to a claimed upload. Raises TooLarge, Invalid (more than announced), Unavailable."""
        end = upload.path.stat().st_size + len(data)
        if end > self._limit:
            raise TooLarge(upload.name, self.settings.upload_limit_mb)
        if upload.bytes is not None and end > upload.bytes:
            sentence = f"“{upload.name}” was announced with {upload.bytes} bytes, but more came. Begin again."
            raise Invalid("the upload", [Problem("bytes", sentence, str(end), "announced-size")])
        self._need_space(len(data))
        digest = self._digest(upload, end - len(data))
        with upload.path.open("ab") as file:
            file.write(data)
        digest.update(data)
        self._hashes[upload.id] = (end, digest)

    def complete(self, upload: Upload, expected_hash: str = "") -> str:
        """Check that all has come; returns the hash of the contents. Raises Invalid."""
        if upload.bytes is not None and upload.offset != upload.bytes:
            sentence = (
                f"Only {upload.offset} of {upload.bytes} bytes of “{upload.name}” have come. Send the rest."
            )
            raise Invalid("the upload", [Problem("bytes", sentence, str(upload.offset), "announced-size")])
        found: str = self._digest(upload, upload.offset).hexdigest()
        if expected_hash and expected_hash.lower() != found:
            sentence = (
                f"“{upload.name}” came damaged: its hash is {found}, not {expected_hash}. Upload it again."
            )
            raise Invalid("the upload", [Problem("hash", sentence, expected_hash, "blake2b-256")])
        return found

    def remove(self, upload: Upload) -> None:
        """Forget an upload and its bytes."""
        self._hashes.pop(upload.id, None)
        shutil.rmtree(upload.path.parent, ignore_errors=True)

    def remove_abandoned(self, older_than_seconds: float = ABANDONED_SECONDS) -> int:
        """Remove uploads that nobody has gone on with; returns how many."""
        if not self.root.is_dir():
            return 0
        limit = time.time() - older_than_seconds
        old = [f for f in self.root.iterdir() if (f / "contents").exists()]
        old = [f for f in old if (f / "contents").stat().st_mtime < limit]
        for folder in old:
            self._hashes.pop(folder.name, None)
            shutil.rmtree(folder, ignore_errors=True)
        return len(old)

    def _digest(self, upload: Upload, length: int) -> Any:
        """The running hash of the first ``length`` bytes, read again after a restart of the server."""
        at, digest = self._hashes.get(upload.id, (-1, None))
        if at == length and digest is not None:
            return digest
        digest = new_hash()
        with upload.path.open("rb") as file:
            while chunk := file.read(CHUNK):
                digest.update(chunk)
        return digest

    @property
    def _limit(self) -> int:
        return self.settings.upload_limit_mb << 20

    def _need_space(self, size: int) -> None:
        self.settings.data.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(self.settings.data).free
        if free - size < self.settings.free_space_floor_mb << 20:
            raise Unavailable(
                f"Only {free >> 20} MB are free on the server's disk, too little for this upload (a reserve "
                f"of {self.settings.free_space_floor_mb} MB is kept). Nothing was lost. Ask an administrator "
                "to free space, for instance with: quarterdeck gc."
            )
