"""Accepting and declining what a feed suggests: a person's decision, with their name on the version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import update

from engine.access import PARAMS_WRITE, Actor, service
from engine.errors import Conflict
from engine.parameters import set_queries, set_values
from engine.parameters.equality import same
from engine.parameters.feeds import queries, standing, taking
from engine.parameters.feeds.events import FeedDecided
from engine.parameters.feeds.part import FeedPart
from engine.parameters.feeds.records import ACCEPTED, DECLINED, POSTPONED, WAITING, FeedTry
from engine.parameters.feeds.writing import Outcome, shortened
from engine.parameters.set_part import of_set
from engine.store.base import utc_now
from engine.store.tables_feeds import FEED, FEED_TRY

if TYPE_CHECKING:
    from engine.store.database import Change


class Deciding(FeedPart):
    """Part of ``engine.feeds``."""

    @service(PARAMS_WRITE, on=of_set)
    def accept(
        self, actor: Actor, model: str, name: str, feed: str, wanted: str, reason: str = ""
    ) -> FeedTry:
        """Take a value that waits: a new version with this person as its author, reviewed where the field is guarded.

        One that breaks a guard rail of the feed needs a reason. Raises Conflict when it waits no more, or what it
        was compared with has changed since; Invalid, NotFound.
        """
        row, found, set_row = self._looked(actor, model, name, feed, wanted)
        said = set_values.clean(reason)
        if found.outcome == "held" and not said:
            _needed(
                "This value breaks a guard rail of the feed: say in a sentence why it is right all the same."
            )
        now = standing.standing(self.engine, set_row, row.field, row.place)
        if now.has != found.had_old or (found.had_old and not same(now.value, found.old)):
            raise Conflict(
                f"Since this value was fetched, somebody changed “{row.field}”. Fetch again, then compare anew."
            )
        told = Outcome(
            ACCEPTED, value=found.value, old=found.old, had_old=found.had_old, observed_on=found.observed_on,
            origin=found.origin,
        )  # fmt: skip
        taken = taking.take(self.engine, actor, row, set_row, told, said, wait=False)
        with self.engine.database.change(actor) as change:
            self._decided(change, row, found, ACCEPTED, taken.number, said)
        return self._shown_try(actor, row, wanted)

    @service(PARAMS_WRITE, on=of_set)
    def decline(
        self, actor: Actor, model: str, name: str, feed: str, wanted: str, reason: str = ""
    ) -> FeedTry:
        """Turn a value down, with a reason; what is in force stays. Raises Invalid without one, Conflict, NotFound."""
        row, found, _ = self._looked(actor, model, name, feed, wanted)
        said = set_values.clean(reason)
        if not said:
            _needed("Say in a sentence why the value is not taken, for those who look at the feed's history.")
        with self.engine.database.change(actor) as change:
            self._decided(change, row, found, DECLINED, None, said)
        return self._shown_try(actor, row, wanted)

    def _looked(
        self, actor: Actor, model: str, name: str, feed: str, wanted: str
    ) -> tuple[Any, FeedTry, Any]:
        row = self._row(actor, model, name)
        with self.engine.database.look() as connection:
            found = queries.feed_row(connection, row.id, feed)
            one = queries.try_of(queries.try_row(connection, feed, wanted))
            set_row = set_queries.set_row(connection, model, name, "")
        if one.outcome not in WAITING:
            raise Conflict(
                f"This value does not wait any more: it is {one.outcome}. The feed's history says why."
            )
        return found, one, set_row

    def _decided(
        self, change: Change, row: Any, found: FeedTry, decision: str, number: int | None, reason: str
    ) -> None:
        still = (FEED_TRY.c.id == found.id) & FEED_TRY.c.outcome.in_((*WAITING, POSTPONED))
        done = change.connection.execute(
            update(FEED_TRY)
            .where(still)
            .values(
                outcome=decision,
                number=number,
                decided_at=utc_now(),
                decided_by=change.actor.id,
                reason=reason,
            )
        )
        if done.rowcount != 1 and decision == DECLINED:
            raise Conflict("Somebody else decided on this value just now.")
        change.connection.execute(update(FEED).where(FEED.c.id == row.id).values(outcome=decision))
        told = FeedDecided(
            set=f"{row.model}/{row.set_name}", feed=row.id, field=row.field, place=row.place, decision=decision,
            version=number, old=shortened(found.old if found.had_old else None), new=shortened(found.value),
            reason=reason,
        )  # fmt: skip
        change.emit(told, department=row.department)


def _needed(sentence: str) -> None:
    from engine.errors import Invalid, Problem

    raise Invalid("the decision", [Problem("reason", sentence, rule="required")])
