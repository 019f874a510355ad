"""One try of a feed: read, judge, and suggest or take the value. Nothing else changes when it fails."""

from __future__ import annotations

import json
import logging
import time
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from sqlalchemy import or_, update

from engine.access import LOCAL_ADMIN, PARAMS_WRITE, SYSTEM, Actor, require, service
from engine.errors import Conflict, NotFound, QuarterdeckError, Refused, Unavailable
from engine.parameters import set_queries, set_values
from engine.parameters.equality import same
from engine.parameters.feeds import latest, queries, rails, reading, standing, taking
from engine.parameters.feeds import sources as s
from engine.parameters.feeds.part import FeedPart
from engine.parameters.feeds.records import (
    ACTIVE,
    APPLY,
    DECLINED,
    FAILED,
    HAND,
    HELD,
    NEW_DATA,
    SAME,
    SUGGESTED,
    WAITING,
    FeedTry,
)
from engine.parameters.feeds.writing import Outcome, pause, same_as, write
from engine.parameters.set_part import of_set
from engine.store.base import utc_now
from engine.store.tables_feeds import FEED

logger = logging.getLogger(__name__)
WAIT_SECONDS = 45.0  # longer than most tries
BUSY = timedelta(minutes=10)  # longer than any try: what a crashed server left is taken up again


@dataclass(frozen=True)
class _Read:
    """A value that was read and fits its field."""

    field: Any
    value: Any
    observed_on: date
    origin: dict[str, Any]


class Fetching(FeedPart):
    """Part of ``engine.feeds``."""

    @service(PARAMS_WRITE, on=of_set)
    def fetch(self, actor: Actor, model: str, name: str, feed: str) -> FeedTry:
        """Fetch now. What is wrong with the source is in the answer and the feed's history, not an error.

        While it is fetched already the answer is what comes of that. Raises NotFound, Conflict where it is paused.
        """
        row = self._row(actor, model, name)
        with self.engine.database.look() as connection:
            found = queries.feed_row(connection, row.id, feed)
        if found.state != ACTIVE:
            raise Conflict(f"This feed is paused: {found.paused_because} Resume it first.")
        if not self._claim(found.id):
            return self._shown_try(actor, found, self._other(found.id))
        return self._shown_try(actor, found, self._try(actor, found, HAND))

    def fetch_new(self, feed: str) -> str | None:
        """There is newer data for a feed (the server calls this). Returns the try's id; None: nothing was tried."""
        with self.engine.database.look() as connection:
            found = connection.execute(queries.WITH_SET.where(FEED.c.id == feed)).one_or_none()
        if found is None or found.state != ACTIVE or not self._claim(found.id):
            return None
        return self._try(SYSTEM, found, NEW_DATA)

    # ---- helpers

    def _other(self, feed: str) -> str:
        """Wait for the try that is under way. Returns its id; raises Conflict when that takes too long."""
        before = self._newest(feed)
        end = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < end:
            time.sleep(0.1)
            newest = self._newest(feed)
            if newest is not None and newest != before:
                return newest
        raise Conflict("This feed is being fetched at this moment. Look again in a few seconds.")

    def _newest(self, feed: str) -> str | None:
        with self.engine.database.look() as connection:
            found, _ = queries.tries(connection, feed, 0, 1)
        return found[0].id if found else None

    def _claim(self, feed: str) -> bool:
        """Be the only one who fetches this feed, also among several servers."""
        now = utc_now()
        free = or_(FEED.c.busy_until.is_(None), FEED.c.busy_until < now)
        with self.engine.database.change(SYSTEM) as change:
            claimed = change.connection.execute(
                update(FEED)
                .where(FEED.c.id == feed, FEED.c.state == ACTIVE, free)
                .values(busy_until=now + BUSY)
            )
            return claimed.rowcount == 1

    def _try(self, asked: Actor, row: Any, cause: str) -> str:
        """Everything after the claim, which ends with what is written of it. Returns the try's id."""
        started = time.monotonic()
        acting = replace(SYSTEM, via="feed") if cause == NEW_DATA else asked
        try:
            with self.engine.database.look() as connection:
                seen = latest.stamp(self.engine, connection, s.source_of(json.loads(row.source_json)))
            try:
                owner = self.owner(row)
                acting = owner if cause == NEW_DATA else asked
                outcome = self._judged(owner, acting, row, cause)
            except (Refused, NotFound) as error:
                return pause(self.engine, acting, row, cause, seen, error.sentence)
            return write(self.engine, acting, row, cause, seen, outcome, time.monotonic() - started)
        except BaseException:
            self._release(row.id)
            raise

    def _judged(self, owner: Actor, acting: Actor, row: Any, cause: str) -> Outcome:
        """What comes of it. Raises Refused and NotFound only: the owner may not do it any more."""
        try:
            outcome = self._outcome(owner, acting, row)
        except (Refused, NotFound):
            raise
        except QuarterdeckError as error:
            return Outcome(FAILED, error.sentence, transient=isinstance(error, Unavailable | Conflict))
        except Exception:  # a feed that is tried by itself must say so, and not be tried for ever
            logger.exception("feed %s failed", row.id)
            return Outcome(FAILED, "Something unexpected went wrong; the server's log has the details.")
        if cause == NEW_DATA and outcome.outcome in WAITING and self._declined(row.id, outcome):
            told = "Somebody declined this very value before: it is not suggested again."
            return replace(outcome, outcome=DECLINED, sentence=told)
        return outcome

    def _declined(self, feed: str, outcome: Outcome) -> bool:
        """Was the last value that anybody decided on this one, over the same value in force?"""
        with self.engine.database.look() as connection:
            last = queries.last_decided(connection, feed)
        return last is not None and last.outcome == DECLINED and same_as(last, outcome)

    def owner(self, row: Any) -> Actor:
        """Whoever answers for a feed, with the rights that they have now. Raises Refused, NotFound."""
        if self.engine.secrets is None:
            if row.owner != LOCAL_ADMIN.id:
                raise NotFound("account", row.owner)
            found = LOCAL_ADMIN
        else:
            found = self.engine.secrets.acting(row.owner, "")
        owner = replace(found, kind="schedule", via="feed", request_id=f"feed-{row.id}")
        resource = self.engine.sets.resource(owner, row.model, row.set_name)
        require(self.engine.authorizer, owner, PARAMS_WRITE, resource, self.engine.auditor)
        return owner

    def _outcome(self, owner: Actor, acting: Actor, row: Any) -> Outcome:
        read = self._read(owner, row)
        set_row = self._set_row(row)
        now = standing.standing(self.engine, set_row, row.field, row.place)
        told = Outcome(
            SAME,
            value=read.value,
            old=now.value,
            had_old=now.has,
            observed_on=read.observed_on,
            origin=read.origin,
        )
        if now.has and same(now.value, read.value):
            return told
        guard = rails.rails_of(json.loads(row.rails_json), row.field, read.field)
        held = rails.broken(guard, row.field, read.field, now.value, read.value)
        if held:
            return replace(
                told, outcome=HELD, sentence=f"{held} It waits for somebody to accept or decline it."
            )
        if row.mode == APPLY:
            return taking.take(self.engine, acting, row, set_row, told)
        return replace(told, outcome=SUGGESTED)

    def _read(self, owner: Actor, row: Any) -> _Read:
        manifest = set_values.manifest_of(self.engine, row.model)
        field = manifest.fields.get(row.field)
        if field is None:
            raise NotFound(
                "field", row.field, f"The live version of {row.model} has none of that name any more."
            )
        if row.field in set_values.masked_fields(self.engine, None, manifest):
            raise Refused(
                PARAMS_WRITE, f"{row.field} takes its values from personal data now: no feed may fill it."
            )
        source = s.source_of(json.loads(row.source_json))
        found = reading.Reading(self.engine, owner, field, row.model, row.department).read(source)
        value = self._value_of(row.field, field, source, found.value)
        return _Read(field, value, found.observed_on, found.origin)

    def _set_row(self, row: Any) -> Any:
        with self.engine.database.look() as connection:
            return set_queries.set_row(connection, row.model, row.set_name, "")

    def _release(self, feed: str) -> None:
        with self.engine.database.change(SYSTEM) as change:
            change.connection.execute(update(FEED).where(FEED.c.id == feed).values(busy_until=None))
