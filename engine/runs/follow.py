"""Follows a call: what it prints and how far it is."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from sqlalchemy import update

from engine.access import SYSTEM
from engine.errors import Unavailable
from engine.events import RunProgressed
from engine.runs.logs import LogWriter
from engine.runs.queue import Claim
from engine.runtimes.interface import Log, Progress
from engine.store.database import event_row
from engine.store.tables_runs import RUN

if TYPE_CHECKING:
    from engine.engine import Engine

PROGRESS_EVERY = 0.25  # seconds between two writes of progress and log length


class Follow:
    """Listens to a call: log text to the file, progress and log length to the database now and then."""

    def __init__(self, engine: Engine, claim: Claim, log: LogWriter) -> None:
        self._database, self._row, self._log = engine.database, claim.row, log
        self._written = 0.0

    def __call__(self, news: Progress | Log) -> None:
        """News of the call, in the thread that reads the worker's messages."""
        row, database = self._row, self._database
        if isinstance(news, Log):
            self._log.write(news.text)
            values: dict[str, Any] = {"log_bytes": self._log.bytes}
        else:
            values = {"progress": news.fraction, "progress_text": news.text, "log_bytes": self._log.bytes}
        now = time.monotonic()
        if now - self._written < PROGRESS_EVERY:
            return
        self._written = now
        try:
            with database.light() as session:
                session.connection().execute(
                    update(RUN).where(RUN.c.id == row.id, RUN.c.fence == row.fence).values(**values)
                )
        except Unavailable:
            return  # a full disk: the next one may get through
        told = RunProgressed(
            run=row.id,
            model=row.model,
            fraction=values.get("progress"),
            text=values.get("progress_text", ""),
            log_bytes=self._log.bytes,
        )
        database.tell(event_row(told, SYSTEM, row.department))
