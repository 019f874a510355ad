"""Requests that wait for a review: approvers are reminded a day before they expire, authors told when they have.

The clock changes no state (a request is expired as soon as its time is over, whoever looks); it writes a step into
the history, which also says that it was told. So nothing is told twice, and nothing is lost while the server is down.
"""

from __future__ import annotations

import logging
import threading
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, select

from engine.access import SYSTEM
from engine.events import ParametersReviewed
from engine.parameters import set_notices, set_queries
from engine.parameters.set_changes import add_step
from engine.parameters.set_records import EXPIRED, IN_REVIEW, REMINDED
from engine.store.base import utc_now
from engine.store.tables_parameters import REVIEW, SET, VERSION

if TYPE_CHECKING:
    from engine.engine import Engine

BEAT = 60.0  # seconds
AHEAD = timedelta(days=1)
STOP_SECONDS = 5.0
logger = logging.getLogger(__name__)


class Deadlines:
    """The clock's thread."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._tick, name="deadlines", daemon=True)

    def start(self) -> None:
        """Look at once, then every minute."""
        self._thread.start()

    def stop(self) -> None:
        """End; a look that is under way may go on for a moment."""
        self._stopping.set()
        self._thread.join(STOP_SECONDS)

    def _tick(self) -> None:
        while True:
            try:
                look(self._engine, utc_now())
            except Exception:
                logger.exception("deadlines of reviews could not be looked at; trying again")
            if self._stopping.wait(BEAT):
                return


def look(engine: Engine, now: datetime) -> int:
    """Tell of the requests that expire soon or have expired, each once. Returns how many there were."""
    soon = [(row, REMINDED) for row in _due(engine, REMINDED, now, now + AHEAD) if _waits_long(row)]
    over = [(row, EXPIRED) for row in _due(engine, EXPIRED, None, now)]
    for row, step in [*soon, *over]:
        _tell(engine, row, step)
    return len(soon) + len(over)


def _due(engine: Engine, step: str, after: datetime | None, until: datetime) -> list[Any]:
    """Requests whose time ends in between, without that step in their history."""
    query = (
        select(VERSION, SET.c.model, SET.c.name, SET.c.title, SET.c.holder, SET.c.department)
        .join(SET, SET.c.id == VERSION.c.set_id)
        .where(VERSION.c.state == IN_REVIEW, VERSION.c.expires_at <= until, ~_told(step))
        .order_by(VERSION.c.expires_at)
    )
    if after is not None:
        query = query.where(VERSION.c.expires_at > after)
    with engine.database.look() as connection:
        return list(connection.execute(query))


def _told(step: str) -> ColumnElement[bool]:
    """Is the step in a version's history?"""
    return select(REVIEW.c.id).where(REVIEW.c.version_id == VERSION.c.id, REVIEW.c.step == step).exists()


def _waits_long(row: Any) -> bool:
    """A request that waits for a day only needs no reminder of the notice that was sent with it."""
    return bool(row.expires_at - row.created_at > AHEAD)


def _tell(engine: Engine, row: Any, step: str) -> None:
    with engine.database.change(SYSTEM) as change:
        set_queries.set_row(change.connection, row.model, row.name, row.holder, lock=True)
        still = select(VERSION.c.id).where(VERSION.c.id == row.id, VERSION.c.state == IN_REVIEW, ~_told(step))
        if change.connection.execute(still).one_or_none() is None:
            return  # somebody decided meanwhile, or another server told it
        add_step(change, row.id, step, "")
        if step == REMINDED:
            set_notices.reminded(engine, change, row)
            return
        told = ParametersReviewed(
            set=f"{row.model}/{row.name}", version=row.number, step=EXPIRED, old=IN_REVIEW, new=EXPIRED,
            effective_from=row.effective_from,
        )  # fmt: skip
        change.emit(told, department=row.department)
        set_notices.stepped(engine, change, row, row, EXPIRED, "")
