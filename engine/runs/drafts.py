"""What people typed into forms and have not submitted: kept per person, model and page."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite

from engine.access import RUN_CREATE, Actor, Resource, service
from engine.runs.records import canonical
from engine.store.base import utc_now
from engine.store.tables_runs import DRAFT

if TYPE_CHECKING:
    from engine.engine import Engine


def _of_model(self: Drafts, actor: Actor, model: str, *_: Any, **__: Any) -> Resource:
    return self.engine.catalog.resource(model)


class Drafts:
    """Each person's own: nobody else can read them. Losing the last second in a power cut is acceptable."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @service(RUN_CREATE, on=_of_model)
    def get(self, actor: Actor, model: str, page: str = "run") -> dict[str, Any]:
        """What was typed, by field; empty when there is none."""
        return self.kept(actor, model, page)

    @service(RUN_CREATE, on=_of_model)
    def save(self, actor: Actor, model: str, values: dict[str, Any], page: str = "run") -> None:
        """Keep what was typed, in place of what was kept before."""
        self.keep(actor, model, values, page)

    @service(RUN_CREATE, on=_of_model)
    def clear(self, actor: Actor, model: str, page: str = "run") -> None:
        """Forget the draft."""
        self.forget(actor, model, page)

    # ---- for our own code, which has asked already: who may change a parameter set need not run its model

    def kept(self, actor: Actor, model: str, page: str) -> dict[str, Any]:
        """As ``get``."""
        with self.engine.database.look() as connection:
            found = connection.execute(select(DRAFT.c.contents).where(*_key(actor, model, page)))
            text = found.scalar()
        return dict(json.loads(text)) if text else {}

    def keep(self, actor: Actor, model: str, values: dict[str, Any], page: str) -> None:
        """As ``save``."""
        row = {
            "actor": actor.id,
            "model": model,
            "page": page,
            "contents": canonical(values),
            "updated_at": utc_now(),
        }
        with self.engine.database.light() as session:
            connection = session.connection()
            insert: Any = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
            statement = insert(DRAFT).values(row)
            changed = {"contents": statement.excluded.contents, "updated_at": statement.excluded.updated_at}
            connection.execute(
                statement.on_conflict_do_update(index_elements=["actor", "model", "page"], set_=changed)
            )

    def forget(self, actor: Actor, model: str, page: str) -> None:
        """As ``clear``."""
        with self.engine.database.light() as session:
            session.connection().execute(delete(DRAFT).where(*_key(actor, model, page)))


def _key(actor: Actor, model: str, page: str) -> tuple[Any, ...]:
    return DRAFT.c.actor == actor.id, DRAFT.c.model == model, DRAFT.c.page == page
