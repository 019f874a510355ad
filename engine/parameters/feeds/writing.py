"""What came of a try, in one transaction: history, the feed's own standing, events, notices."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, insert, select, update

from engine.access import Actor
from engine.parameters import set_values
from engine.parameters.feeds import notices, queries
from engine.parameters.feeds.events import FeedChanged, FeedTried
from engine.parameters.feeds.records import (
    ACTIVE,
    FAILED,
    HELD,
    PAUSED,
    POSTPONED,
    REPLACED,
    SAME,
    SUGGESTED,
    WAITING,
    FeedTry,
)
from engine.runs.records import canonical
from engine.store.base import new_id, utc_now
from engine.store.tables_feeds import FEED, FEED_TRY

if TYPE_CHECKING:
    from engine.engine import Engine
    from engine.store.database import Change

KEPT = 500  # tries of a feed that brought nothing new; what became a version is kept for ever


@dataclass(frozen=True)
class Outcome:
    """What a try came to. ``transient``: a failure that may pass by itself."""

    outcome: str
    sentence: str = ""
    value: Any = None
    old: Any = None
    had_old: bool = False
    observed_on: date | None = None
    origin: dict[str, Any] = field(default_factory=dict)
    number: int | None = None
    transient: bool = False


def write(
    engine: Engine, actor: Actor, row: Any, cause: str, seen: str, outcome: Outcome, seconds: float
) -> str:
    """Write a try and give the feed free for the next one. Returns the try's id."""
    with engine.database.change(actor) as change:
        known = queries.waiting(change.connection, row.id) if outcome.outcome in WAITING else None
        if known is not None and known.outcome == outcome.outcome and same_as(known, outcome):
            _seen_again(change, known.id, outcome)
            _move_on(change, row, outcome, seen)
            return known.id
        made = _insert(change, actor, row, cause, outcome, seconds)
        _move_on(change, row, outcome, seen)
        _prune(change, row.id)
        _tell(change, row, cause, outcome)
        if outcome.outcome == FAILED:
            if not row.told:
                notices.failed(engine, change, row, outcome.sentence)
        elif outcome.outcome in WAITING:
            notices.waits(engine, change, row, outcome)
    return made


def same_as(known: FeedTry, outcome: Outcome) -> bool:
    """Is it the same value, over the same value in force?"""
    return (known.had_old, canonical(known.old), canonical(known.value)) == (
        outcome.had_old, canonical(outcome.old if outcome.had_old else None), canonical(outcome.value),
    )  # fmt: skip


def _seen_again(change: Change, known: str, outcome: Outcome) -> None:
    """What waits already was found again: only its day and where it was read are newer."""
    day = outcome.observed_on.isoformat() if outcome.observed_on else ""
    newer = {"observed_on": day, "origin_json": canonical(outcome.origin)}
    change.connection.execute(update(FEED_TRY).where(FEED_TRY.c.id == known).values(**newer))


def pause(engine: Engine, actor: Actor, row: Any, cause: str, seen: str, because: str) -> str:
    """The feed's owner may not do it any more: it rests until somebody resumes it, and people are told."""
    outcome = Outcome(FAILED, sentence=f"{because} The feed is paused.")
    with engine.database.change(actor) as change:
        made = _insert(change, actor, row, cause, outcome, 0.0)
        _move_on(change, row, outcome, seen)
        resting = {"state": PAUSED, "paused_because": because}
        change.connection.execute(update(FEED).where(FEED.c.id == row.id).values(**resting))
        _tell(change, row, cause, outcome)
        told = FeedChanged(
            set=f"{row.model}/{row.set_name}", feed=row.id, field=row.field, place=row.place, old={"state": ACTIVE},
            new={"state": PAUSED}, reason=because,
        )  # fmt: skip
        change.emit(told, department=row.department)
        notices.paused(engine, change, row, because)
    return made


def _insert(change: Change, actor: Actor, row: Any, cause: str, outcome: Outcome, seconds: float) -> str:
    made = new_id()
    change.connection.execute(
        insert(FEED_TRY).values(
            id=made, feed_id=row.id, at=utc_now(), by=actor.id, cause=cause, outcome=outcome.outcome,
            sentence=set_values.clean(outcome.sentence),
            value_json="" if outcome.value is None else canonical(outcome.value),
            old_json=canonical(outcome.old) if outcome.had_old else "",
            observed_on=outcome.observed_on.isoformat() if outcome.observed_on else "",
            origin_json=canonical(outcome.origin), number=outcome.number, seconds=round(seconds, 3), decided_by="",
            reason="",
        )
    )  # fmt: skip
    return made


def _move_on(change: Change, row: Any, outcome: Outcome, seen: str) -> None:
    """The feed's standing after a try. A value that fits makes older suggestions pointless."""
    failed = outcome.outcome == FAILED
    values: dict[str, Any] = {
        "busy_until": None, "tried_at": utc_now(), "outcome": outcome.outcome, "seen_json": seen,
        "failures": row.failures + 1 if failed else 0, "transient": outcome.transient, "told": failed,
    }  # fmt: skip
    change.connection.execute(update(FEED).where(FEED.c.id == row.id).values(**values))
    if not failed:
        newest = (
            select(FEED_TRY.c.id).where(FEED_TRY.c.feed_id == row.id).order_by(FEED_TRY.c.id.desc()).limit(1)
        )
        waiting = (FEED_TRY.c.feed_id == row.id) & FEED_TRY.c.outcome.in_((SUGGESTED, HELD, POSTPONED))
        older = waiting & (FEED_TRY.c.id != newest.scalar_subquery())
        change.connection.execute(update(FEED_TRY).where(older).values(outcome=REPLACED))


def _prune(change: Change, feed: str) -> None:
    idle = (FEED_TRY.c.feed_id == feed) & FEED_TRY.c.outcome.in_((SAME, FAILED, REPLACED))
    kept = select(FEED_TRY.c.id).where(idle).order_by(FEED_TRY.c.id.desc()).offset(KEPT).limit(1)
    last = change.connection.execute(kept).scalar()
    if last is not None:
        change.connection.execute(delete(FEED_TRY).where(idle, FEED_TRY.c.id <= last))


def _tell(change: Change, row: Any, cause: str, outcome: Outcome) -> None:
    told = FeedTried(
        set=f"{row.model}/{row.set_name}", feed=row.id, field=row.field, place=row.place, cause=cause,
        outcome=outcome.outcome, version=outcome.number, old=shortened(outcome.old if outcome.had_old else None),
        new=shortened(outcome.value), reason=set_values.clean(outcome.sentence),
    )  # fmt: skip
    change.emit(told, department=row.department)


def shortened(value: Any) -> Any:
    """A value for the audit log: of a long one (a table) only its size."""
    long = isinstance(value, list | dict | str) and len(json.dumps(value)) > set_values.MOST_TOLD
    return f"({len(value)} entries)" if long else value
