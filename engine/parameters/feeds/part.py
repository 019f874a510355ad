"""What the parts of ``engine.feeds`` share: a feed's set, and feeds and tries as somebody may see them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.access import PARAMS_WRITE, Actor
from engine.errors import NotFound
from engine.parameters import set_queries, set_values
from engine.parameters.feeds import queries, showing, values
from engine.parameters.feeds.records import Feed, FeedTry
from engine.parameters.set_records import PRESET

if TYPE_CHECKING:
    from engine.engine import Engine


class FeedPart:
    """The base of each part of ``engine.feeds``."""

    engine: Engine

    def _row(self, actor: Actor, model: str, name: str) -> Any:
        if name.startswith(PRESET):
            raise NotFound("feed", f"{model}/{set_values.clean(name, 80)}", "A personal preset has no feeds.")
        with self.engine.database.look() as connection:
            return set_queries.set_row(connection, model, name, "")

    def _seen(self, actor: Actor, row: Any) -> Feed:
        with self.engine.database.look() as connection:
            found = queries.feeds(connection, [row])[0]
        whole = self._changes(actor, row.model, row.set_name)
        return showing.feed(found, self._masked(actor, row.model), whole=whole)

    def _shown_try(self, actor: Actor, row: Any, wanted: str) -> FeedTry:
        with self.engine.database.look() as connection:
            found = queries.try_of(queries.try_row(connection, row.id, wanted))
        return showing.attempt(found, row.field in self._masked(actor, row.model))

    def _masked(self, actor: Actor, model: str) -> set[str]:
        return set_values.masked_fields(self.engine, actor, set_values.manifest_of(self.engine, model))

    def _changes(self, actor: Actor, model: str, name: str) -> bool:
        resource = self.engine.sets.resource(actor, model, name)
        return self.engine.authorizer.decide(actor, PARAMS_WRITE, resource).allowed

    def _value_of(self, name: str, field: Any, source: Any, raw: Any) -> Any:
        """The canonical value of what a source gave, also by the model's own rules for it. Raises Invalid."""
        zone = self.engine.settings.business_timezone
        decimal = getattr(source, "decimal", "")
        return values.value_for(name, field, raw, factor=source.factor, decimal=decimal, zone=zone)
