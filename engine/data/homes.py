"""To which department a new dataset belongs when nobody says: the one where the person may add data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.access import DATASET_WRITE, Actor, Resource
from engine.errors import Invalid, Problem

if TYPE_CHECKING:
    from engine.engine import Engine


def home(engine: Engine, actor: Actor, department: str | None) -> str | None:
    """The department as given; else None (company-wide) for who may write there, else the person's only one.

    Raises Invalid when the person may add data in several departments and names none.
    """
    if department or may_add(engine, actor, None):
        return department or None
    places = [name for name in sorted(actor.departments) if may_add(engine, actor, name)]
    if len(places) > 1:
        rule = f"one of {', '.join(places)}"
        sentence = f"Say whose data it is: you may add data in {' and '.join(places)}. Choose a department."
        raise Invalid("the dataset", [Problem("department", sentence, "", rule)])
    return places[0] if places else None


def may_add(engine: Engine, actor: Actor, department: str | None) -> bool:
    """May this person add a dataset of their own there?"""
    new = Resource("new dataset", "", department, actor.id)
    return engine.authorizer.decide(actor, DATASET_WRITE, new).allowed
