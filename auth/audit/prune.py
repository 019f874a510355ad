"""Pruning: old entries are exported to files and removed behind signed checkpoints, never otherwise."""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, bindparam, text

from auth.audit import checkpoints, reading, segments
from auth.audit.chain import GENESIS, set_sum, sum_text
from auth.audit.checkpoints import Checkpoint
from auth.audit.events import AuditPruned
from engine.access import Actor
from engine.errors import Conflict
from engine.store.base import UtcDateTime, utc_now

if TYPE_CHECKING:
    from auth.service import Auth

CHUNK = 20_000  # entries in one file and one transaction

_FIRST_KEPT = text("SELECT min(seq) FROM audit WHERE at >= :before").bindparams(
    bindparam("before", type_=UtcDateTime)
)
_MARKS = text("SELECT seq, field, account, value FROM audit_personal WHERE seq <= :through AND salt = ''")
_REMOVE = (
    text("DELETE FROM audit_personal WHERE seq <= :through"),
    text("DELETE FROM audit WHERE seq <= :through"),
)


@dataclass(frozen=True)
class Pruned:
    """What was removed: entries, up to which, into which files."""

    entries: int
    through: int
    files: list[str]

    @property
    def sentence(self) -> str:
        """The result in a sentence."""
        if not self.entries:
            return "No entry is that old: nothing was pruned."
        return (
            f"{self.entries} entries (up to {self.through}) were exported to {len(self.files)} "
            f"file{'s' if len(self.files) > 1 else ''} and removed behind signed checkpoints."
        )


def prune(
    auth: Auth,
    actor: Actor,
    before: datetime,
    *,
    reason: str = "",
    even_damaged: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Pruned:
    """Export and remove entries from before that time; the newest entry always stays.

    Raises Conflict when an entry does not follow from the one before it (unless ``even_damaged``: then the entry
    that tells of the pruning holds how many), and Unavailable when the export cannot be written.
    """
    folder = auth.settings.data / "audit" / "segments"
    with _locked(folder):
        points = checkpoints.all_of(auth.engine.database)
        start, digest = (points[-1].seq, points[-1].hash) if points else (0, GENESIS)
        with auth.engine.database.look() as connection:
            kept = connection.execute(_FIRST_KEPT, {"before": before}).scalar()
        last = reading.ends(auth.engine.database).last
        through = min(last if kept is None else int(kept) - 1, last - 1)
        files, first = [], start
        while start < through:
            until = min(start + CHUNK, through)
            done = _one(auth, actor, start, digest, until, reason, even_damaged)
            files.append(done.path.name)
            start, digest = until, done.hash
            if progress:
                progress(start - first, through - first)
    return Pruned(max(start - first, 0), start, files)


def _one(
    auth: Auth, actor: Actor, start: int, digest: str, until: int, reason: str, even_damaged: bool
) -> segments.Segment:
    database = auth.engine.database
    path = auth.settings.data / "audit" / "segments" / segments.file_name(start + 1, until)
    rows = (row for page in reading.pages(database, start, until) for row in page.rows)
    made = segments.write(path, start, digest, rows)
    if (made.wrong or made.last != until) and not even_damaged:
        path.unlink()
        where = made.wrong[0] if made.wrong else made.last + 1
        raise Conflict(
            f"Entry {where} of the audit log does not follow from the one before it, so nothing was pruned from there. "
            "Run “quarterdeck audit verify”; to prune all the same, say so with --even-damaged and a reason."
        )
    with database.change(actor) as change:
        point = Checkpoint(until, made.hash, until - start, made.sha256, path.name, utc_now())
        erased = _erased(change.connection, until)
        for statement in _REMOVE:
            change.connection.execute(statement, {"through": until})
        checkpoints.keep(change.connection, auth.keys, point)
        change.emit(
            AuditPruned(
                through=until,
                entries=until - start,
                file=path.name,
                segment=made.sha256,
                erased=erased,
                damaged=len(made.wrong),
                reason=reason,
            )
        )
    return made


def _erased(connection: Connection, through: int) -> dict[str, list[Any]]:
    """The marks of erased values that go with the entries: erasure → their number and sum."""
    found: dict[str, tuple[int, int]] = {}
    for seq, field, account, erasure in connection.execute(_MARKS, {"through": through}):
        number, total = found.get(erasure, (0, 0))
        found[erasure] = (number + 1, set_sum([(seq, field, account)], total))
    return {erasure: [number, sum_text(total)] for erasure, (number, total) in found.items()}


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (folder / "prune.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
