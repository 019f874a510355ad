"""Feeds: fields of parameter sets that are filled from data, files, addresses and other models. ``engine.feeds``.

A feed brings one field of a set (at a place) a value: by hand, or when there is newer data. What it brings is
suggested, or becomes a version through ``engine.sets.submit`` like anybody's change. A failing feed changes nothing.
"""

from __future__ import annotations

import builtins
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy import update

from engine.access import PARAMS_READ, SYSTEM, Actor, service
from engine.parameters import set_values
from engine.parameters.feeds import freshness, queries, showing
from engine.parameters.feeds.deciding import Deciding
from engine.parameters.feeds.defining import Defining
from engine.parameters.feeds.fetching import Fetching
from engine.parameters.feeds.following import Follower
from engine.parameters.feeds.records import Feed, FeedTry, Freshness
from engine.parameters.set_part import of_set
from engine.parameters.set_records import PRESET
from engine.store.tables_feeds import FEED

if TYPE_CHECKING:
    from engine.engine import Engine

MOST_TRIES = 200


class Feeds(Defining, Fetching, Deciding):
    """Feeds, by the rights of their sets: who reads a set sees its feeds, who changes it changes them."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._follower: Follower | None = None

    @service(PARAMS_READ, on=of_set)
    def list(self, actor: Actor, model: str, name: str, place: str | None = None) -> builtins.list[Feed]:
        """The feeds of a set (or of one place only) with their last tries, by place and field."""
        if name.startswith(PRESET):
            return []
        row = self._row(actor, model, name)
        with self.engine.database.look() as connection:
            found = queries.feeds(connection, queries.feed_rows(connection, row.id, place))
        masked, whole = self._masked(actor, model), self._changes(actor, model, name)
        return [showing.feed(one, masked, whole=whole) for one in found]

    @service(PARAMS_READ, on=of_set)
    def get(self, actor: Actor, model: str, name: str, feed: str) -> Feed:
        """One feed. Raises NotFound."""
        row = self._row(actor, model, name)
        with self.engine.database.look() as connection:
            found = queries.feed_row(connection, row.id, feed)
        return self._seen(actor, found)

    @service(PARAMS_READ, on=of_set)
    def tries(
        self, actor: Actor, model: str, name: str, feed: str, *, offset: int = 0, limit: int = 50
    ) -> tuple[builtins.list[FeedTry], int]:
        """A page of what a feed tried, newest first, and how many tries there are. Raises NotFound."""
        row = self._row(actor, model, name)
        with self.engine.database.look() as connection:
            found = queries.feed_row(connection, row.id, feed)
            page, total = queries.tries(connection, feed, offset, min(limit, MOST_TRIES))
        hidden = found.field in self._masked(actor, model)
        return [showing.attempt(one, hidden) for one in page], total

    @service(PARAMS_READ, on=of_set)
    def freshness(
        self, actor: Actor, model: str, name: str, place: str = "", on: date | None = None
    ) -> dict[str, Freshness]:
        """Field → how old its fed value is at a place today (on a day): amber where it is older than allowed."""
        name = name.partition("@")[0]
        if name.startswith(PRESET):
            return {}
        row = self._row(actor, model, name)
        with self.engine.database.look() as connection:
            rows = queries.feed_rows(connection, row.id)
        if not rows:
            return {}
        found = self.engine.sets.resolved(actor, model, name, on, None, place)
        with self.engine.database.look() as connection:
            made = freshness.ages(connection, rows, found, on or self.engine.sets.today())
        masked = self._masked(actor, model)
        labels = self._labels(model)
        return {
            field: replace(age, title=labels.get(field, field) if age.title == field else age.title)
            for field, age in made.items()
            if field not in masked
        }

    @service(PARAMS_READ, on=of_set)
    def titles(self, actor: Actor, model: str, name: str, ids: Iterable[str]) -> dict[str, str]:
        """What feeds are called, also removed ones: for a value whose source is ``feed:ID``."""
        with self.engine.database.look() as connection:
            found = queries.names(connection, ids)
        labels = self._labels(model)
        return {feed: labels.get(title, title) for feed, title in found.items()}

    # ---- for the server

    def start(self) -> None:
        """Begin to look for newer data (the server calls this)."""
        if self._follower is None:
            if (
                self.engine.database.is_sqlite
            ):  # nobody else is fetching: what a crashed server claimed is free
                with self.engine.database.change(SYSTEM) as change:
                    change.connection.execute(update(FEED).values(busy_until=None))
            self._follower = Follower(self)
            self._follower.start()

    def stop(self) -> None:
        """Stop looking. What comes meanwhile is found by the next server."""
        follower, self._follower = self._follower, None
        if follower is not None:
            follower.stop()

    # ---- helpers

    def _labels(self, model: str) -> dict[str, str]:
        fields = set_values.manifest_of(self.engine, model).fields
        return {name: field.label(name) for name, field in fields.items()}
