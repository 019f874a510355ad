"""Queries over feeds and their tries."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, and_, func, select

from engine.errors import NotFound
from engine.parameters.feeds.records import DECLINED, REMOVED, TAKEN, WAITING, Feed, FeedTry
from engine.store.tables_feeds import FEED, FEED_TRY
from engine.store.tables_parameters import SET

WITH_SET = select(
    FEED,
    SET.c.model,
    SET.c.name.label("set_name"),
    SET.c.title.label("set_title"),
    SET.c.department,
    SET.c.owner.label("set_owner"),
).join(SET, SET.c.id == FEED.c.set_id)


def feed_row(connection: Connection, set_id: str, feed: str) -> Any:
    """A feed of a set, with what its set is called. Raises NotFound, also for one that was removed."""
    found = connection.execute(
        WITH_SET.where(FEED.c.id == feed[:40], FEED.c.set_id == set_id, FEED.c.state != REMOVED)
    ).one_or_none()
    if found is None:
        raise NotFound("feed", feed[:40], "The set's page lists its feeds.")
    return found


def feed_rows(connection: Connection, set_id: str, place: str | None = None) -> Sequence[Any]:
    """The feeds of a set, or of one of its places, by place and field."""
    query = WITH_SET.where(FEED.c.set_id == set_id, FEED.c.state != REMOVED)
    if place is not None:
        query = query.where(FEED.c.place == place)
    return connection.execute(query.order_by(FEED.c.place, FEED.c.field, FEED.c.id)).all()


def names(connection: Connection, ids: Iterable[str]) -> dict[str, str]:
    """What feeds are called, also removed ones: for the source of a value."""
    query = select(FEED.c.id, FEED.c.title, FEED.c.field).where(FEED.c.id.in_(list(ids)))
    return {row.id: row.title or row.field for row in connection.execute(query)}


def tries(connection: Connection, feed: str, offset: int, limit: int) -> tuple[list[FeedTry], int]:
    """A page of a feed's tries, newest first, and how many there are."""
    total = connection.execute(select(func.count()).where(FEED_TRY.c.feed_id == feed)).scalar_one()
    query = select(FEED_TRY).where(FEED_TRY.c.feed_id == feed).order_by(FEED_TRY.c.id.desc())
    rows = connection.execute(query.offset(max(offset, 0)).limit(limit))
    return [try_of(row) for row in rows], int(total)


def last_decided(connection: Connection, feed: str) -> FeedTry | None:
    """The newest try that became a version or that somebody declined."""
    decided = (FEED_TRY.c.feed_id == feed) & FEED_TRY.c.outcome.in_((*TAKEN, DECLINED))
    row = connection.execute(
        select(FEED_TRY).where(decided).order_by(FEED_TRY.c.id.desc()).limit(1)
    ).one_or_none()
    return None if row is None else try_of(row)


def waiting(connection: Connection, feed: str) -> FeedTry | None:
    """The try that waits for somebody to decide."""
    return newest(connection, [feed], only=WAITING).get(feed)


def try_row(connection: Connection, feed: str, wanted: str) -> Any:
    """One try of a feed. Raises NotFound."""
    query = select(FEED_TRY).where(FEED_TRY.c.feed_id == feed, FEED_TRY.c.id == wanted[:40])
    found = connection.execute(query).one_or_none()
    if found is None:
        raise NotFound("try", wanted[:40], "The feed's history lists its tries.")
    return found


def feeds(connection: Connection, rows: Sequence[Any]) -> list[Feed]:
    """Rows with their last try, and the one that waits."""
    ids = [row.id for row in rows]
    last = newest(connection, ids)
    waiting = newest(connection, ids, only=WAITING)
    return [_feed(row, last.get(row.id), waiting.get(row.id)) for row in rows]


def newest(connection: Connection, ids: Sequence[str], only: Sequence[str] = ()) -> dict[str, FeedTry]:
    """Feed → its newest try, or its newest one with one of these outcomes."""
    inner = select(FEED_TRY.c.feed_id, func.max(FEED_TRY.c.id).label("newest")).where(
        FEED_TRY.c.feed_id.in_(ids)
    )
    if only:
        inner = inner.where(FEED_TRY.c.outcome.in_(only))
    newest = inner.group_by(FEED_TRY.c.feed_id).subquery()
    same = and_(FEED_TRY.c.feed_id == newest.c.feed_id, FEED_TRY.c.id == newest.c.newest)
    rows = connection.execute(select(FEED_TRY).join(newest, same))
    return {row.feed_id: try_of(row) for row in rows}


def try_of(row: Any) -> FeedTry:
    """A try as callers see it."""
    return FeedTry(
        id=row.id,
        at=row.at,
        by=row.by,
        cause=row.cause,
        outcome=row.outcome,
        sentence=row.sentence,
        value=json.loads(row.value_json) if row.value_json else None,
        old=json.loads(row.old_json) if row.old_json else None,
        had_old=bool(row.old_json),
        observed_on=date.fromisoformat(row.observed_on) if row.observed_on else None,
        origin=json.loads(row.origin_json),
        number=row.number,
        seconds=row.seconds,
        decided_at=row.decided_at,
        decided_by=row.decided_by,
        reason=row.reason,
    )


def _feed(row: Any, last: FeedTry | None, waiting: FeedTry | None) -> Feed:
    return Feed(
        id=row.id,
        model=row.model,
        set=row.set_name,
        place=row.place,
        field=row.field,
        title=row.title or row.field,
        source=json.loads(row.source_json),
        rails=json.loads(row.rails_json),
        mode=row.mode,
        trigger=row.trigger,
        state=row.state,
        paused_because=row.paused_because,
        owner=row.owner,
        created_at=row.created_at,
        changed_at=row.changed_at,
        failures=row.failures,
        last=last,
        waiting=waiting,
    )
