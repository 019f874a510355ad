"""Drafts of parameter sets: what somebody typed and has not submitted; each person's own, one for a set and place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from engine.access import PARAMS_READ, PARAMS_WRITE, Actor, service
from engine.parameters.set_part import SetPart, of_set
from engine.store.base import utc_now
from engine.store.tables_runs import DRAFT

DRAFTED = "set:"  # what the page of a draft begins with, before set and place


class Drafting(SetPart):
    """Drafts. Part of ``engine.sets``."""

    @service(PARAMS_WRITE, on=of_set)
    def draft(self, actor: Actor, model: str, name: str, place: str = "") -> dict[str, Any]:
        """What this person has typed and not submitted; empty when there is none.

        ``{"values", "base", "sources", "notes", "at"}``: as given to ``save_draft``, and the moment it was kept.
        """
        return self.engine.drafts.kept(actor, model, drafted(name, place))

    @service(PARAMS_WRITE, on=of_set)
    def save_draft(
        self,
        actor: Actor,
        model: str,
        name: str,
        values: dict[str, Any],
        base: int | None = None,
        place: str = "",
        sources: Mapping[str, str] | None = None,
        notes: Mapping[str, Any] | None = None,
    ) -> None:
        """Keep what was typed (as typed, right or wrong) for the fields set at the place, and what it began from.

        ``values`` are what widgets hold; ``sources`` says for fields that were not typed where they came from;
        ``notes`` are the reason, the day and the like.
        """
        held = {
            "values": values,
            "base": base,
            "sources": dict(sources or {}),
            "notes": dict(notes or {}),
            "at": utc_now().isoformat(),
        }
        self.engine.drafts.keep(actor, model, held, drafted(name, place))

    @service(PARAMS_WRITE, on=of_set)
    def clear_draft(self, actor: Actor, model: str, name: str, place: str = "") -> None:
        """Forget the draft."""
        self.engine.drafts.forget(actor, model, drafted(name, place))

    @service(PARAMS_READ)
    def drafts(self, actor: Actor) -> dict[tuple[str, str], list[str]]:
        """What this person has typed and not submitted, by model and set: the places of the drafts."""
        mine = (DRAFT.c.actor == actor.id) & DRAFT.c.page.startswith(DRAFTED)
        query = select(DRAFT.c.model, DRAFT.c.page).where(mine).order_by(DRAFT.c.model, DRAFT.c.page)
        found: dict[tuple[str, str], list[str]] = {}
        with self.engine.database.look() as connection:
            for model, page in connection.execute(query):
                name, _, place = str(page).removeprefix(DRAFTED).partition(":")
                found.setdefault((model, name), []).append(place)
        return found


def drafted(name: str, place: str) -> str:
    """The page that a draft of a set at a place is kept under."""
    return f"{DRAFTED}{name}:{place}" if place else f"{DRAFTED}{name}"
