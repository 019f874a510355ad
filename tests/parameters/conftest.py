"""A company with one model and one parameter set."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from auth.service import Auth
from engine.access import Actor
from engine.parameters.sets import ParameterSets
from tests.parameters.sets import MODEL, OTHER, SET, add_model, person


@dataclass(frozen=True)
class House:
    """Who there is: an editor, a second one, an approver, an analyst, and an editor of another department."""

    auth: Auth
    sets: ParameterSets
    ada: Actor
    ben: Actor
    cleo: Actor
    dan: Actor
    eve: Actor


@pytest.fixture
def house(auth: Auth, tmp_path: Path) -> House:
    """The company, with the set “summer” without any version."""
    add_model(auth, tmp_path / "pricing")
    made = House(
        auth,
        auth.engine.sets,
        person(auth, "ada", "editor"),
        person(auth, "ben", "editor", "approver"),
        person(auth, "cleo", "approver"),
        person(auth, "dan", "analyst"),
        person(auth, "eve", "editor", department=OTHER),
    )
    made.sets.create(made.ada, MODEL, SET, "Summer prices")
    return made


def titles(house: House, name: str) -> list[str]:
    """What is in somebody's inbox about parameters."""
    found = house.auth.engine.notify.list(getattr(house, name))
    return [notice.title for notice in found if notice.kind.startswith("params-")]
