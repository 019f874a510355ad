"""Feeds that follow new data: a thread of the server that fetches when there is something newer.

What is due is found by looking, not by remembering what was heard: a feed is due when the newest data it reads is
not what it looked at last. So nothing is lost when the server is down, or data comes in by another process. Events
only say when to look at once; besides that it looks every ``BEAT`` seconds.
"""

from __future__ import annotations

import json
import logging
import threading
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, or_, select

from engine.errors import Invalid
from engine.parameters import set_queries
from engine.parameters.feeds import latest, queries
from engine.parameters.feeds import sources as s
from engine.parameters.feeds.records import ACTIVE, APPLIED, APPLY, NEW_DATA, POSTPONED
from engine.parameters.in_force import as_of
from engine.parameters.set_records import IN_REVIEW
from engine.runs import states
from engine.store.base import utc_now
from engine.store.database import EventRow
from engine.store.tables_feeds import FEED, FEED_TRY

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from engine.engine import Engine
    from engine.parameters.feeds.service import Feeds

BEAT = 30.0  # seconds
GATHER = 0.2  # seconds
AGAIN = (1, 5, 15, 60)  # minutes after which a failure that may pass by itself is tried again
STOP_SECONDS = 5.0
logger = logging.getLogger(__name__)


class Follower:
    """One thread; a try that takes long holds up the others, not the server."""

    def __init__(self, feeds: Feeds) -> None:
        self._feeds = feeds
        self._wake, self._stopping = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._follow, name="feeds", daemon=True)
        self._deaf = feeds.engine.database.listen(self._heard)

    def start(self) -> None:
        """Look at once, then whenever something came."""
        self._wake.set()
        self._thread.start()

    def stop(self) -> None:
        """End; a try that is under way may go on for a moment."""
        self._deaf()
        self._stopping.set()
        self._wake.set()
        self._thread.join(STOP_SECONDS)

    def _heard(self, row: EventRow) -> None:
        ended = row.name == "run-state-changed" and json.loads(row.data).get("new") == states.SUCCEEDED
        if ended or row.name in ("dataset-version-added", "parameters-reviewed", "feed-changed"):
            self._wake.set()

    def _follow(self) -> None:
        while not self._stopping.is_set():
            if self._wake.wait(BEAT):
                self._stopping.wait(GATHER)  # where many runs end at once, one look serves them all
            self._wake.clear()
            try:
                self._work()
            except Exception:
                logger.exception("feeds could not be looked at; trying again")

    def _work(self) -> None:
        for feed in due(self._feeds.engine):
            if self._stopping.is_set():
                return
            try:
                self._feeds.fetch_new(feed)
            except Exception:
                logger.exception("feed %s could not be tried", feed)


def due(engine: Engine) -> list[str]:
    """The feeds that have something newer to look at, a failure to try again, or a value that was put off."""
    with engine.database.look() as connection:
        asked = or_(FEED.c.trigger == NEW_DATA, FEED.c.outcome == POSTPONED)
        query = queries.WITH_SET.where(FEED.c.state == ACTIVE, asked)
        rows = connection.execute(query.order_by(FEED.c.id)).all()
        return [row.id for row in rows if _is_due(engine, connection, row, utc_now())]


def _is_due(engine: Engine, connection: Connection, row: Any, now: datetime) -> bool:
    if row.trigger != NEW_DATA:
        return _decided(connection, row, now)
    try:
        newest = latest.stamp(engine, connection, s.source_of(json.loads(row.source_json)))
    except Invalid:
        return False
    if newest and newest != row.seen_json:
        return True
    if row.failures and row.transient:
        waits = timedelta(minutes=AGAIN[min(row.failures, len(AGAIN)) - 1])
        return row.tried_at is not None and row.tried_at + waits <= now
    if row.outcome == POSTPONED:
        return _decided(connection, row, now)
    return row.mode == APPLY and row.outcome == APPLIED and _planned_came(engine, connection, row, now)


def _decided(connection: Connection, row: Any, now: datetime) -> bool:
    """Is the review over that a value had to wait for?"""
    waiting = set_queries.newest(connection, row.set_id, row.place, now)
    return waiting is None or set_queries.state(waiting, now) != IN_REVIEW


def _planned_came(engine: Engine, connection: Connection, row: Any, now: datetime) -> bool:
    """A version that was planned before this feed's last one is in force now, with the value of when it was planned."""
    made = connection.execute(
        select(func.max(FEED_TRY.c.number)).where(FEED_TRY.c.feed_id == row.id, FEED_TRY.c.outcome == APPLIED)
    ).scalar()
    held = as_of(set_queries.approved(connection, row.set_id, [row.place]), engine.sets.today(), now)
    return made is not None and held is not None and held.number < made
