"""Events on their way to browsers and clients: what was committed, as soon as it was.

The database tells this process's own commits at once; commits of another process (the command line) are
found by a look every two seconds, only while somebody follows. An event may reach a follower twice after
a reconnect, never not at all: followers compare ids.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from anyio import to_thread
from sqlmodel import col, select
from ulid import ULID

from app.audience import Audience, still_so
from engine.access import EVENTS_READ, Actor, require
from engine.engine import Engine
from engine.store.base import utc_now
from engine.store.database import EventRow

LOOK_SECONDS = 2.0
SLACK = timedelta(seconds=5)  # commits may become visible later than their ids say
REPLAY_LIMIT = 10_000
REMEMBERED = 20_000


@dataclass(frozen=True)
class Wanted:
    """Which events: empty means all. ``names`` are event names, ``object_id`` for instance a run."""

    names: frozenset[str] = frozenset()
    object_kind: str = ""
    object_id: str = ""

    def matches(self, row: EventRow) -> bool:
        """Does the follower want this event?"""
        return (
            (not self.names or row.name in self.names)
            and (not self.object_kind or row.object_kind == self.object_kind)
            and (not self.object_id or row.object_id == self.object_id)
        )


def as_json(row: EventRow) -> dict[str, Any]:
    """An event as the API shows it."""
    return {
        "id": row.id,
        "at": row.at.isoformat(),
        "name": row.name,
        "actor": row.actor,
        "object": {"kind": row.object_kind, "id": row.object_id},
        "data": json.loads(row.data),
    }


@dataclass(eq=False)
class Follower:
    """One open stream: what it has seen, and the queue that commits are put into."""

    loop: asyncio.AbstractEventLoop
    queue: asyncio.Queue[EventRow | None] = field(default_factory=asyncio.Queue)
    closed: bool = False
    seen: deque[str] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    seen_set: set[str] = field(default_factory=set)

    def fresh(self, row: EventRow) -> bool:
        """True the first time that this event is met."""
        if row.id in self.seen_set:
            return False
        if len(self.seen) == REMEMBERED:
            self.seen_set.discard(self.seen[0])
        self.seen.append(row.id)
        self.seen_set.add(row.id)
        return True

    def tell(self, row: EventRow | None) -> None:
        """Called in the committing thread; None ends the stream."""
        if not self.loop.is_closed():
            self.loop.call_soon_threadsafe(self.queue.put_nowait, row)

    async def next_rows(self, seconds: float) -> list[EventRow]:
        """What has come, waiting at most so long for the first."""
        rows: list[EventRow] = []
        try:
            row = await asyncio.wait_for(self.queue.get(), max(seconds, 0.001))
        except TimeoutError:
            return rows
        while row is not None:
            rows.append(row)
            if self.queue.empty():
                return rows
            row = self.queue.get_nowait()
        self.closed = True
        return rows


_followers: set[Follower] = set()


def end_streams() -> None:
    """End every open stream: the server is about to stop. May be called in any thread."""
    for follower in list(_followers):
        follower.tell(None)


async def follow(
    engine: Engine, actor: Actor, wanted: Wanted, last_id: str = "", quiet_seconds: float = 15.0
) -> AsyncIterator[EventRow | None]:
    """Events as they are committed, about what the person may see; None after each quiet while (a heartbeat).

    It ends by itself only when the person's rights change: whoever follows then asks again, with the new ones.
    ``last_id`` replays what was committed after that event. Raises Refused.
    """
    require(engine.authorizer, actor, EVENTS_READ, None, engine.auditor)
    audience = Audience(engine, actor)
    unchanged = await to_thread.run_sync(still_so, actor)
    follower = Follower(asyncio.get_running_loop())
    _followers.add(follower)
    forget = engine.database.listen(follower.tell)
    looked = utc_now()
    try:
        missed = await to_thread.run_sync(_after, engine, _replay_from(last_id, looked))
        for row in missed:
            new = follower.fresh(row)
            if last_id and new and row.id > last_id and wanted.matches(row) and await audience.may_hear(row):
                yield row
        heard = time.monotonic()
        next_look = heard + LOOK_SECONDS
        while not follower.closed:
            rows = await follower.next_rows(next_look - time.monotonic())
            if time.monotonic() >= next_look:
                since, looked = looked - SLACK, utc_now()
                if not await to_thread.run_sync(unchanged):
                    return
                rows += await to_thread.run_sync(_after, engine, since)
                next_look = time.monotonic() + LOOK_SECONDS
            for row in rows:
                if follower.fresh(row) and wanted.matches(row) and await audience.may_hear(row):
                    heard = time.monotonic()
                    yield row
            if time.monotonic() - heard >= quiet_seconds:
                heard = time.monotonic()
                yield None
    finally:
        forget()
        _followers.discard(follower)


def _replay_from(last_id: str, now: datetime) -> datetime:
    try:
        return ULID.from_str(last_id).datetime - SLACK if last_id else now - SLACK
    except ValueError:
        return now - SLACK


def _after(engine: Engine, since: datetime) -> list[EventRow]:
    with engine.database.read() as session:
        query = (
            select(EventRow).where(col(EventRow.at) >= since).order_by(col(EventRow.id)).limit(REPLAY_LIMIT)
        )
        return list(session.exec(query))
