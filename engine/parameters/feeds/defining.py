"""Making and changing feeds. Whoever changes one answers for it from then on: it reads with their rights."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, update

from engine.access import PARAMS_WRITE, Actor, service
from engine.errors import Conflict, Invalid, NotFound, Problem
from engine.parameters import set_queries, set_values
from engine.parameters.feeds import queries, rails, reading, showing, standing, values
from engine.parameters.feeds import sources as s
from engine.parameters.feeds.events import FeedChanged
from engine.parameters.feeds.part import FeedPart
from engine.parameters.feeds.records import (
    ACTIVE,
    HAND,
    MODES,
    NEW_DATA,
    PAUSED,
    REMOVED,
    SUGGEST,
    TRIGGERS,
    Feed,
    Looked,
)
from engine.parameters.set_part import of_set
from engine.parameters.set_records import PRESET
from engine.runs.records import canonical
from engine.store.base import new_id, utc_now
from engine.store.tables_feeds import FEED

if TYPE_CHECKING:
    from engine.store.database import Change

MOST_FEEDS = 500  # of one set
FRESH = {"failures": 0, "transient": False, "told": False, "seen_json": ""}


@dataclass(frozen=True)
class Wanted:
    """What somebody wants a feed to be, checked."""

    field: str
    place: str
    title: str
    source: Any
    rails: rails.Rails
    mode: str
    trigger: str

    def columns(self) -> dict[str, Any]:
        """As stored."""
        return {
            "title": self.title,
            "source_json": canonical(s.plain(self.source)),
            "rails_json": canonical(self.rails.as_json()),
            "mode": self.mode,
            "trigger": self.trigger,
        }


class Defining(FeedPart):
    """Add, change, pause, remove. Part of ``engine.feeds``."""

    @service(PARAMS_WRITE, on=of_set)
    def look(
        self, actor: Actor, model: str, name: str, field: str, source: Mapping[str, Any], place: str = "",
        guard: Mapping[str, Any] | None = None,
    ) -> Looked:  # fmt: skip
        """What a feed would bring now; nothing is stored. Raises Invalid, NotFound, Refused, Unavailable."""
        row = self._row(actor, model, name)
        wanted = self._wanted(actor, row, field, place, "", source, guard, SUGGEST, HAND)
        kind = set_values.manifest_of(self.engine, model).fields[field]
        found = reading.Reading(self.engine, actor, kind, model, row.department).read(wanted.source)
        value = self._value_of(field, kind, wanted.source, found.value)
        now = standing.standing(self.engine, row, field, place)
        held = rails.broken(wanted.rails, field, kind, now.value, value)
        return Looked(value, now.value, now.has, found.observed_on, found.origin, held)

    @service(PARAMS_WRITE, on=of_set)
    def add(
        self, actor: Actor, model: str, name: str, field: str, source: Mapping[str, Any], *, place: str = "",
        title: str = "", guard: Mapping[str, Any] | None = None, mode: str = SUGGEST, trigger: str = HAND,
        reason: str = "",
    ) -> Feed:  # fmt: skip
        """Fill a field of a set (at a place) from a source (``engine.parameters.feeds.sources``).

        ``guard`` are guard rails (``rails.Rails``); ``mode`` suggest: each new value waits for somebody to accept it,
        apply: it becomes a version by itself; ``trigger`` hand, or new-data: also when there is newer data.
        Raises Invalid, NotFound, Refused (a source that this person may not read), Conflict (the field has a feed).
        """
        row = self._row(actor, model, name)
        wanted = self._wanted(actor, row, field, place, title, source, guard, mode, trigger)
        made = {
            "id": new_id(), "set_id": row.id, "place": place, "field": field, "state": ACTIVE, "paused_because": "",
            "owner": actor.id, "created_at": utc_now(), "changed_at": utc_now(), "outcome": "", **FRESH,
            **wanted.columns(),
        }  # fmt: skip
        with self.engine.database.change(actor) as change:
            set_queries.set_row(change.connection, model, name, "", lock=True)
            there = queries.feed_rows(change.connection, row.id)
            if any((one.field, one.place) == (field, place) for one in there):
                where = f" at {place}" if place else ""
                raise Conflict(f"“{field}” has a feed{where} already. Change that one.")
            if len(there) >= MOST_FEEDS:
                raise Conflict(
                    f"{name} has {MOST_FEEDS} feeds, which is the most that a set can have. Remove some."
                )
            change.connection.execute(insert(FEED).values(**made))
            self._tell(change, row, made, {}, _told(wanted), set_values.clean(reason))
        return self._get(actor, model, name, made["id"])

    @service(PARAMS_WRITE, on=of_set)
    def change(
        self, actor: Actor, model: str, name: str, feed: str, *, source: Mapping[str, Any] | None = None,
        title: str | None = None, guard: Mapping[str, Any] | None = None, mode: str | None = None,
        trigger: str | None = None, reason: str = "",
    ) -> Feed:  # fmt: skip
        """Change a feed; what is None stays. It is this person's from then on, and reads with their rights.

        Raises as ``add``; Refused also when its source stays and this person may not read it.
        """
        row = self._row(actor, model, name)
        with self.engine.database.look() as connection:
            before = queries.feed_row(connection, row.id, feed)
        wanted = self._wanted(
            actor, row, before.field, before.place, before.title if title is None else title,
            json.loads(before.source_json) if source is None else source,
            json.loads(before.rails_json) if guard is None else guard, mode or before.mode, trigger or before.trigger,
        )  # fmt: skip
        columns, old, new = wanted.columns(), _stored(before), _told(wanted)
        changed = {
            key.removesuffix("_json") for key, value in columns.items() if value != before._mapping[key]
        }
        with self.engine.database.change(actor) as change:
            self._same(change, row, before)
            values_ = {**columns, "owner": actor.id, "changed_at": utc_now()}
            if "source" in changed:
                values_ |= FRESH
            change.connection.execute(update(FEED).where(FEED.c.id == feed).values(**values_))
            old, new = ({key: side[key] for key in sorted(changed)} for side in (old, new))
            if before.owner != actor.id:
                old, new = {**old, "owner": before.owner}, {**new, "owner": actor.id}
            if new:
                self._tell(change, row, before._mapping, old, new, set_values.clean(reason))
        return self._get(actor, model, name, feed)

    @service(PARAMS_WRITE, on=of_set)
    def pause(self, actor: Actor, model: str, name: str, feed: str, reason: str = "") -> Feed:
        """Let a feed rest: new data is not looked at, the last value stays. Raises NotFound."""
        because = set_values.clean(reason, 500) or "Paused by hand."
        return self._set_state(actor, model, name, feed, PAUSED, because)

    @service(PARAMS_WRITE, on=of_set)
    def resume(self, actor: Actor, model: str, name: str, feed: str, reason: str = "") -> Feed:
        """Let it go on, as this person's. Raises as ``add`` for a source that they may not read."""
        row = self._row(actor, model, name)
        with self.engine.database.look() as connection:
            before = queries.feed_row(connection, row.id, feed)
        self._wanted(
            actor, row, before.field, before.place, before.title, json.loads(before.source_json),
            json.loads(before.rails_json), before.mode, before.trigger,
        )  # fmt: skip
        return self._set_state(actor, model, name, feed, ACTIVE, "", reason)

    @service(PARAMS_WRITE, on=of_set)
    def remove(self, actor: Actor, model: str, name: str, feed: str, reason: str = "") -> None:
        """Take a feed away. Values that it brought stay, and its history. Raises NotFound."""
        row = self._row(actor, model, name)
        with self.engine.database.change(actor) as change:
            before = queries.feed_row(change.connection, row.id, feed)
            change.connection.execute(update(FEED).where(FEED.c.id == feed).values(state=REMOVED))
            self._tell(change, row, before._mapping, _stored(before), {}, set_values.clean(reason))

    # ---- helpers

    def _wanted(
        self, actor: Actor, row: Any, field: str, place: str, title: str, source: Mapping[str, Any],
        guard: Mapping[str, Any] | None, mode: str, trigger: str,
    ) -> Wanted:  # fmt: skip
        if row.name.startswith(PRESET):
            sentence = "A personal preset has no feeds. Make a parameter set of the department."
            raise Invalid("the feed", [Problem("set", sentence)])
        manifest = set_values.manifest_of(self.engine, row.model)
        kind = self._fed(manifest, field)
        self._place(row, place)
        read = s.source_of(source)
        _known(mode, MODES, "mode")
        _known(trigger, TRIGGERS, "trigger")
        if trigger == NEW_DATA and isinstance(read, s.UrlSource):
            sentence = (
                "An address does not tell when it has something new: a feed from it is fetched by hand."
            )
            raise Invalid("the feed", [Problem("trigger", sentence, trigger, "hand")])
        reading.Reading(self.engine, actor, kind, row.model, row.department).check(read)
        return Wanted(
            field, place, set_values.clean(title, 200), read, rails.rails_of(dict(guard or {}), field, kind), mode,
            trigger,
        )  # fmt: skip

    def _fed(self, manifest: Any, field: str) -> Any:
        kind = manifest.fields.get(field)
        if kind is None:
            raise NotFound(
                "field", set_values.clean(field, 80), f"The fields are: {', '.join(manifest.fields)}."
            )
        if not values.feedable(kind):
            sentence = f"{kind.label(field)} is a {kind.type}: no feed can fill it."
            raise Invalid("the feed", [Problem("field", sentence, field)])
        if field in set_values.masked_fields(self.engine, None, manifest):
            sentence = f"{kind.label(field)} takes its values from personal data: no feed may fill it."
            raise Invalid("the feed", [Problem("field", sentence, field)])
        return kind

    def _place(self, row: Any, place: str) -> None:
        if not place:
            return
        with self.engine.database.look() as connection:
            there = [one.place for one in set_queries.places(connection, row.id)]
        if place not in there:
            raise NotFound(
                "place", set_values.clean(place, 80), f"Its places are: {', '.join(there) or 'none'}."
            )

    def _set_state(
        self, actor: Actor, model: str, name: str, feed: str, state: str, because: str, reason: str = ""
    ) -> Feed:
        row = self._row(actor, model, name)
        with self.engine.database.change(actor) as change:
            before = queries.feed_row(change.connection, row.id, feed)
            if before.state != state:
                values_ = {"state": state, "paused_because": because, "changed_at": utc_now()}
                old, new = {"state": before.state}, {"state": state}
                if state == ACTIVE:
                    values_ |= {"owner": actor.id, **FRESH}
                    if before.owner != actor.id:
                        old, new = {**old, "owner": before.owner}, {**new, "owner": actor.id}
                change.connection.execute(update(FEED).where(FEED.c.id == feed).values(**values_))
                self._tell(change, row, before._mapping, old, new, because or set_values.clean(reason))
        return self._get(actor, model, name, feed)

    def _same(self, change: Change, row: Any, before: Any) -> None:
        now = queries.feed_row(change.connection, row.id, before.id)
        if now.changed_at != before.changed_at:
            raise Conflict("Somebody else changed this feed just now. Look at it again, then change it.")

    def _get(self, actor: Actor, model: str, name: str, feed: str) -> Feed:
        row = self._row(actor, model, name)
        with self.engine.database.look() as connection:
            return self._seen(actor, queries.feed_row(connection, row.id, feed))

    def _tell(
        self,
        change: Change,
        row: Any,
        feed: Mapping[str, Any],
        old: dict[str, Any],
        new: dict[str, Any],
        reason: str,
    ) -> None:
        told = FeedChanged(
            set=f"{row.model}/{row.name}", feed=feed["id"], field=feed["field"], place=feed["place"], old=old, new=new,
            reason=reason,
        )  # fmt: skip
        change.emit(told, department=row.department)


def _told(wanted: Wanted) -> dict[str, Any]:
    """For the audit log: an address without what is asked there."""
    return {
        "title": wanted.title, "source": showing.address_only(s.plain(wanted.source)), "rails": wanted.rails.as_json(),
        "mode": wanted.mode, "trigger": wanted.trigger,
    }  # fmt: skip


def _stored(row: Any) -> dict[str, Any]:
    return {
        "title": row.title, "source": showing.address_only(json.loads(row.source_json)),
        "rails": json.loads(row.rails_json), "mode": row.mode, "trigger": row.trigger,
    }  # fmt: skip


def _known(value: str, there: tuple[str, ...], what: str) -> None:
    if value not in there:
        sentence = f"“{value[:40]}” is no {what} of a feed. There are: {', '.join(there)}."
        raise Invalid("the feed", [Problem(what, sentence, value[:40])])
