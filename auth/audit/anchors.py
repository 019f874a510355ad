"""Anchors: signed lines in a file beside the database that hold the hash of an entry at a moment.

The chain alone cannot show that its end was cut off and its record adjusted, or that all of it was written anew:
an anchor can. Each line is a JSON object signed with the server's key; it holds the SHA-256 of the line before
it, and an entry of the log tells of each line, so that neither can be shortened alone. A second folder, best on
storage that this server's administrators cannot change, holds the same lines.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from auth.audit import reading
from auth.audit.chain import GENESIS, at_text, canonical
from auth.audit.events import AuditAnchored
from engine.access import SYSTEM, Actor
from engine.errors import Unavailable
from engine.store.base import utc_now

if TYPE_CHECKING:
    from auth.service import Auth

logger = logging.getLogger(__name__)
FILE = "anchors.jsonl"
PURPOSE = "quarterdeck audit anchor\n"


@dataclass(frozen=True)
class Anchor:
    """One line: entry ``seq`` had this ``hash`` at that time; ``before`` is the SHA-256 of the line before."""

    number: int
    at: str
    seq: int
    hash: str
    before: str
    signature: str = ""

    @property
    def signed(self) -> bytes:
        """What the signature is over."""
        told = asdict(self)
        told.pop("signature")
        return (PURPOSE + canonical(told)).encode()

    @property
    def line(self) -> str:
        """The line in the file, without its end."""
        return canonical(asdict(self))

    @property
    def digest(self) -> str:
        """SHA-256 of the line."""
        return hashlib.sha256(self.line.encode()).hexdigest()

    @property
    def when(self) -> datetime:
        """When it was written."""
        return datetime.fromisoformat(self.at).replace(tzinfo=UTC)


@dataclass
class AnchorFile:
    """What a file of anchors holds: its lines, and sentences about lines that are none."""

    path: Path
    there: bool = False
    anchors: list[Anchor] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def read(path: Path) -> AnchorFile:
    """Read a file of anchors; a half-written last line (a crash) is left out. Raises Unavailable (not readable)."""
    found = AnchorFile(path)
    try:
        text = path.read_bytes().decode("utf-8", "replace")
    except FileNotFoundError:
        return found
    except OSError as error:
        raise Unavailable(
            f"The anchors in {path} cannot be read: {error.strerror}. Mount or mend the folder."
        ) from None
    found.there = True
    whole, _, _half = text.rpartition("\n")
    for number, line in enumerate(whole.split("\n") if whole else [], 1):
        try:
            anchor = Anchor(**json.loads(line))
            if anchor.line != line or not isinstance(anchor.number + anchor.seq, int):
                raise ValueError(line)
        except (TypeError, ValueError):
            found.problems.append(f"Line {number} of {path} is no anchor: it was changed.")
        else:
            found.anchors.append(anchor)
    return found


class Anchors:
    """Writes anchors of one log."""

    def __init__(self, auth: Auth) -> None:
        self._auth = auth
        self._database = auth.engine.database
        settings = auth.settings
        self.first = settings.data / "audit" / FILE
        self.second = settings.audit_anchor_folder / FILE if settings.audit_anchor_folder else None

    def newest(self) -> Anchor | None:
        """The last line of the first file."""
        anchors = read(self.first).anchors
        return anchors[-1] if anchors else None

    def write(self, actor: Actor = SYSTEM) -> Anchor | None:
        """Write an anchor of the newest entry; None when nothing but the last anchor's own entry came since.

        The line is written first, the entry that tells of it after: a crash between them loses nothing. Raises
        Unavailable when the file cannot be written, or when the newest entry is not where its record says.
        """
        with self._locked():
            ends = reading.ends(self._database)
            kept = read(self.first).anchors
            last = kept[-1] if kept else None
            if not ends.recorded or (last is not None and last.seq <= ends.recorded <= last.seq + 1):
                self._copy()
                return None
            if ends.recorded != ends.last:
                raise Unavailable(
                    "The end of the audit log is not as it was left, so no anchor was written. Run “quarterdeck "
                    "audit verify”."
                )
            number = max(last.number if last else 0, self._noted()) + 1
            before = last.digest if last else GENESIS
            bare = Anchor(number, at_text(utc_now()), ends.recorded, ends.hash, before)
            anchor = Anchor(**{**asdict(bare), "signature": self._auth.keys.sign(bare.signed)})
            _append(self.first, [anchor])
            self._copy()
            self._auth.audit.note(actor, AuditAnchored(number=number, entry=anchor.seq, line=anchor.digest))
        return anchor

    def _copy(self) -> None:
        """Bring the second file up to the first; storage that is away is tried again next time."""
        if self.second is None:
            return
        try:
            there, here = read(self.second).anchors, read(self.first).anchors
            if there == here[: len(there)]:
                _append(self.second, here[len(there) :])
            else:
                logger.error(
                    "%s does not begin like %s: see “quarterdeck audit verify”", self.first, self.second
                )
        except (OSError, Unavailable) as error:
            logger.warning("anchors could not be copied to %s: %s", self.second, error)

    def _noted(self) -> int:
        """The number of the last anchor that an entry tells of: a lost file must not make numbers come twice."""
        query = "SELECT details FROM audit WHERE action = 'audit-anchored' ORDER BY at DESC, seq DESC LIMIT 1"
        with self._database.look() as connection:
            rows = reading.fetch(connection, query)
        try:
            return int(json.loads(rows[0][0])["number"]) if rows else 0
        except (KeyError, TypeError, ValueError):
            return 0

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One writer at a time, also of several processes."""
        self.first.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (self.first.parent / "anchors.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _append(path: Path, anchors: list[Anchor]) -> None:
    """Add lines, synced; what a crash left half is cut off first. Raises Unavailable."""
    if not anchors:
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with path.open("a+b") as file:
            file.seek(0)
            whole = file.read()
            if whole and not whole.endswith(b"\n"):
                file.truncate(whole.rfind(b"\n") + 1)
            file.write("".join(f"{anchor.line}\n" for anchor in anchors).encode())
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise Unavailable(f"The anchor could not be written to {path}: {error.strerror}.") from None
