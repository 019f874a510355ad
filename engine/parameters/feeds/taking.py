"""A fetched value becomes a version: over what is in force at the place today, with one field changed.

Planned versions are left alone, and what waits for a review is never overtaken by a feed: the value waits until
that is decided. Only what the feed itself asked for is withdrawn, for the newer value.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from engine.access import Actor
from engine.errors import Conflict, Invalid
from engine.parameters import set_values
from engine.parameters.feeds import standing
from engine.parameters.feeds.records import APPLIED, IN_REVIEW, POSTPONED
from engine.parameters.feeds.wording import reason_of
from engine.parameters.feeds.writing import Outcome
from engine.parameters.merging import ChangedMeanwhile
from engine.parameters.set_records import IN_REVIEW as WAITS

if TYPE_CHECKING:
    from engine.engine import Engine

TRIES = 3  # when somebody else saves at the same moment


def take(
    engine: Engine, actor: Actor, row: Any, set_row: Any, told: Outcome, said: str = "", *, wait: bool = True
) -> Outcome:
    """Submit the value of ``told``. Where a version waits for a review: put off; without ``wait`` Conflict.

    Raises Invalid where the values together break a rule of the model, Refused.
    """
    for left in reversed(range(TRIES)):
        now = standing.standing(engine, set_row, row.field, row.place)
        blocked = _blocked(engine, actor, row, now)
        if blocked and not wait:
            raise Conflict(blocked)
        if blocked:
            return replace(told, outcome=POSTPONED, sentence=blocked)
        if now.waiting is not None:
            continue  # what this feed asked for before was withdrawn: look again
        try:
            made = _submit(engine, actor, row, now, told, said)
        except ChangedMeanwhile:
            if not left:
                raise
            continue
        except Invalid as error:
            field = set_values.manifest_of(engine, row.model).fields[row.field]
            sentence = f"{field.label(row.field)} cannot become what the source says. {error.sentence}"
            raise Invalid("the feed", [replace(error.problems[0], sentence=sentence)]) from None
        waits = made.state == WAITS
        return replace(told, outcome=IN_REVIEW if waits else APPLIED, number=made.number)
    raise Conflict("Others change this set at this moment. Try again.")


def _submit(engine: Engine, actor: Actor, row: Any, now: standing.Standing, told: Outcome, said: str) -> Any:
    manifest = set_values.manifest_of(engine, row.model)
    kept = {name: value for name, value in now.own.items() if name in manifest.fields}
    return engine.sets.submit(
        actor, row.model, row.set_name, {**kept, row.field: told.value}, reason=reason_of(row, told, said),
        base=now.newest, place=row.place, sources={row.field: f"feed:{row.id}"}, keep_draft=True,
    )  # fmt: skip


def _blocked(engine: Engine, actor: Actor, row: Any, now: standing.Standing) -> str:
    """Why the value must wait; empty: it need not. A request of this feed's own is withdrawn for the newer value."""
    if now.waiting is None:
        return ""
    number = now.waiting.number
    version = engine.sets.found(actor, row.model, row.set_name, number)
    own = version.changed == [row.field] and version.sources.get(row.field) == f"feed:{row.id}"
    if own and version.author == actor.id:
        engine.sets.withdraw(actor, row.model, row.set_name, number, "The feed brings a newer value.")
        return ""
    return (
        f"Version {number} of {row.set_name} waits for a review, which a feed does not overtake: the value is taken "
        "when that is decided."
    )
