"""To which department a new dataset belongs when nobody says: the one where the person may add data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from engine.access import DATASET_WRITE, Actor, Resource
from engine.errors import Invalid, Problem
from engine.store.metadata import metadata

if TYPE_CHECKING:
    from engine.engine import Engine


def home(engine: Engine, actor: Actor, department: str | None) -> str | None:
    """The department as given; else None (company-wide) for who may write there, else the person's only one.

    Raises Invalid for a department that there is not, and when the person may add data in several and names none.
    """
    if department:
        return _existing(engine, department)
    if may_add(engine, actor, None):
        return None
    places = [name for name in sorted(actor.departments) if may_add(engine, actor, name)]
    if len(places) > 1:
        rule = f"one of {', '.join(places)}"
        sentence = f"Say whose data it is: you may add data in {' and '.join(places)}. Choose a department."
        raise Invalid("the dataset", [Problem("department", sentence, "", rule)])
    return places[0] if places else None


def places(engine: Engine, actor: Actor) -> list[str]:
    """The departments in which this person may add data, by name; empty text first for the company as a whole."""
    found = [name for name in _departments(engine) if may_add(engine, actor, name)]
    return ["", *found] if may_add(engine, actor, None) else found


def may_add(engine: Engine, actor: Actor, department: str | None) -> bool:
    """May this person add a dataset of their own there?"""
    new = Resource("new dataset", "", department, actor.id)
    return engine.authorizer.decide(actor, DATASET_WRITE, new).allowed


def _departments(engine: Engine) -> list[str]:
    table = metadata().tables["department"]
    with engine.database.look() as connection:
        return [row.name for row in connection.execute(select(table.c.name).order_by(table.c.name))]


def _existing(engine: Engine, department: str) -> str:
    """A misspelt department would hide the dataset from everybody. Raises Invalid."""
    known = _departments(engine)
    if known and department not in known:
        rule = f"one of {', '.join(known)}"
        sentence = f"There is no department “{department}”. Choose {rule}, or have it added first."
        raise Invalid("the dataset", [Problem("department", sentence, department, rule)])
    return department
