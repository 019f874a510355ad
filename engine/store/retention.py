"""What is kept and for how long: outputs past their time are let go, contents that nothing needs are swept.

Marking looks at ``blob_reference`` and, to be safe, at every column named ``blob`` or ``…_blob`` of every
table: a reference that somebody forgot to write never costs contents. Sweeping spares what was put within
the grace period, because its reference may be about to be written.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, select, update

from engine.access import COMPANY, SYSTEM_OPERATE, Actor, service
from engine.events import ContentsSwept, OutputsLetGo
from engine.store.base import utc_now
from engine.store.database import Change
from engine.store.metadata import metadata
from engine.store.references import release
from engine.store.tables_runs import RUN, RUN_HOLD, RUN_OUTPUT

if TYPE_CHECKING:
    from engine.engine import Engine

BATCH = 200


@dataclass(frozen=True)
class Swept:
    """What a sweep did, or with ``dry_run`` would do: runs let go, contents and bytes removed and kept."""

    dry_run: bool
    runs: int
    blobs: int
    bytes: int
    kept_blobs: int
    kept_bytes: int

    @property
    def sentence(self) -> str:
        """For a person."""
        did = "would be" if self.dry_run else "were"
        return (
            f"Outputs of {self.runs} runs {did} let go; {self.blobs} contents ({self.bytes / 1e6:,.1f} MB) {did} "
            f"removed, {self.kept_blobs} ({self.kept_bytes / 1e6:,.1f} MB) are kept."
        )


class Storage:
    """The engine's store as an administrator sees it."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @service(SYSTEM_OPERATE, on=lambda *_, **__: COMPANY)
    def gc(self, actor: Actor, *, dry_run: bool = False, grace_hours: float | None = None) -> Swept:
        """Let go of outputs past ``retain_until`` that nobody holds, then sweep what nothing refers to."""
        from engine.runs import uploaded

        settings = self.engine.settings
        grace = settings.gc_grace_hours if grace_hours is None else grace_hours
        with self.engine.database.look() as connection:
            expired = _expired(connection)
        if not dry_run:
            expired = [run for run in expired if self._let_go(actor, run)]
        if not dry_run:
            self.engine.database.write(actor, lambda change: uploaded.forget_old(change.connection))
        before = time.time() - grace * 3600
        swept = self._sweep(set(expired) if dry_run else set(), before, dry_run=dry_run)
        if not dry_run:
            self.engine.blobs.clean()
            if swept.blobs:
                with self.engine.database.change(actor) as change:
                    change.emit(ContentsSwept(blobs=swept.blobs, bytes=swept.bytes))
        return Swept(dry_run, len(expired), swept.blobs, swept.bytes, swept.kept_blobs, swept.kept_bytes)

    def _let_go(self, actor: Actor, run_id: str) -> bool:
        """Forget a run's output contents and log; its record, values, inputs and provenance stay."""

        def work(change: Change) -> bool:
            if run_id not in _expired(change.connection, run_id):
                return False  # held meanwhile
            values = {"expired_at": utc_now(), "result_blob": None}
            change.connection.execute(update(RUN).where(RUN.c.id == run_id).values(**values))
            gone = update(RUN_OUTPUT).where(RUN_OUTPUT.c.run_id == run_id).values(blob=None)
            change.connection.execute(gone)
            release(change.connection, "run-output", run_id)
            about = select(RUN.c.model, RUN.c.department).where(RUN.c.id == run_id)
            row = change.connection.execute(about).one()
            change.audit(actor, OutputsLetGo(run=run_id, model=row.model), department=row.department)
            return True

        done = self.engine.database.write(actor, work)
        if done:
            self.engine.runs.logs.remove(run_id)
        return done

    def _sweep(self, going: set[str], before: float, *, dry_run: bool) -> Swept:
        """Remove unmarked contents. Marking happens after the listing: a new reference is always seen."""
        found = list(self.engine.blobs.iterate())
        with self.engine.database.look() as connection:
            marked = set(_marked(connection, going))
        blobs = size = kept = kept_size = 0
        for blob in found:
            gone = blob.hash not in marked and blob.touched <= before
            if gone and not dry_run:
                gone = self._remove(blob.hash, before)
            if gone:
                blobs, size = blobs + 1, size + blob.bytes
            else:
                kept, kept_size = kept + 1, kept_size + blob.bytes
        return Swept(dry_run, 0, blobs, size, kept, kept_size)

    def _remove(self, blob: str, before: float) -> bool:
        """Look again right before removing: a dataset may have come to refer to it since."""
        with self.engine.database.look() as connection:
            if blob in set(_references_to(connection, blob)):
                return False
        return self.engine.blobs.delete(blob, untouched_since=before)


def _expired(connection: Connection, run_id: str | None = None) -> list[str]:
    query = select(RUN.c.id).where(
        RUN.c.retain_until < utc_now(),
        RUN.c.expired_at.is_(None),
        RUN.c.id.not_in(select(RUN_HOLD.c.run_id)),
    )
    if run_id is not None:
        query = query.where(RUN.c.id == run_id)
    return [row.id for row in connection.execute(query)]


def _roots() -> Iterator[tuple[Any, Any]]:
    """Every column that names a content: (table, column)."""
    for table in metadata().sorted_tables:
        for column in table.columns:
            if column.name == "blob" or column.name.endswith("_blob"):
                yield table, column


def _marked(connection: Connection, going: set[str]) -> Iterator[str]:
    for table, column in _roots():
        owner = table.c.get("owner" if table.name == "blob_reference" else "run_id")
        if table.name == "run":
            owner = table.c.id
        if owner is None or not going:
            query = select(column).where(column.is_not(None)).distinct()
            yield from (row[0] for row in connection.execute(query))
        else:
            query = select(column, owner).where(column.is_not(None))
            yield from (row[0] for row in connection.execute(query) if row[1] not in going)


def _references_to(connection: Connection, blob: str) -> Iterator[str]:
    for _, column in _roots():
        if connection.execute(select(column).where(column == blob).limit(1)).first() is not None:
            yield blob
            return
