"""The rights matrix of services: every function × every role × own and other department, against the table.

The guards are the real ones with the real objects; only what comes after them is replaced, so that asking 31 people
a hundred things is quick and harms nothing. What services without an object show is looked at in full (``lists``).
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

import app
import auth
import engine
from engine.access import PERMISSIONS, SERVICES, Actor
from engine.errors import NotFound, Refused
from tests.auth.matrix_services import ANYTHING, COMPANY, EVERYWHERE, NEW_DATA, ONESELF, ROLES_HOME
from tests.auth.matrix_services import SERVICES as ROWS
from tests.auth.world import HOME, Thing, World, expected, table

# run in a worker or a model's process, or on import: nothing of these is called with an actor
APART = ("engine.runtimes", "engine.store.migrations", "app.main", "app.cli.__main__", "engine.data.samples")


def everything() -> dict[str, Any]:
    """All services there are, once every module is imported."""
    for package in (engine, auth, app):
        for found in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
            if not found.name.startswith(APART):
                importlib.import_module(found.name)
    return SERVICES


def test_every_service_is_in_the_matrix() -> None:
    services = everything()
    new, gone = sorted(services.keys() - ROWS.keys()), sorted(ROWS.keys() - services.keys())
    assert not new, f"add these to tests/auth/matrix_services.py: {new}"
    assert not gone, f"take these out of tests/auth/matrix_services.py: {gone}"
    for name, row in ROWS.items():
        assert services[name].permission == row.permission, f"{name}: the matrix says {row.permission}"
        assert services[name].has_resource != (row.thing == ANYTHING), f"{name}: decides on an object, or not"
        assert bool(row.why) == (row.thing == ANYTHING), (
            f"{name}: say in `why` what it does without an object"
        )


def test_the_table_and_the_permissions_are_the_same() -> None:
    everything()
    assert table().keys() == PERMISSIONS.keys()


@pytest.mark.parametrize("name", sorted(ROWS))
def test_a_service_lets_in_whom_the_table_says(name: str, world: World) -> None:
    row = ROWS[name]
    itself = part_of(world, name)
    method = getattr(type(itself), name.rpartition(".")[2])
    arguments, named = row.arguments(world)
    wrong = []
    for who, actor in world.actors.items():
        right = expected(who, actor, row.permission, thing_of(world, row.thing, actor))
        with without_body(method):
            outcome = asked(method, itself, actor, *arguments, **named)
        if (outcome == "in") != right:
            wrong.append(f"{who}: {outcome}, the table says {'yes' if right else 'no'}")
        if outcome == "not there" and row.thing in world.things:
            reading = f"{world.things[row.thing].kind}.read"
            assert not expected(who, actor, reading, world.things[row.thing]), f"{who} may read it"
    assert not wrong, f"{name}: " + "; ".join(wrong)


def thing_of(world: World, name: str, actor: Actor) -> Thing | None:
    """The thing that a row names, for the one who asks."""
    if name == ANYTHING:
        return None
    made = {
        COMPANY: Thing("company", "company", None),
        EVERYWHERE: Thing("roles", "everywhere", None),
        ROLES_HOME: Thing("roles", HOME, HOME),
        ONESELF: Thing("account", actor.id, None, actor.id),
        NEW_DATA: Thing("new dataset", "brand-new", HOME, actor.id),
    }
    return made.get(name) or world.things[name]


def part_of(world: World, name: str) -> Any:
    """The part that has this service."""
    module, kind, _ = name.rsplit(".", 2)
    for part in world.parts:
        if any((base.__module__, base.__qualname__) == (module, kind) for base in type(part).__mro__):
            return part
    raise AssertionError(f"no part of the engine or of auth is a {module}.{kind}: add it to World.parts")


@contextmanager
def without_body(method: Callable[..., Any]) -> Iterator[None]:
    """The guarded method with nothing behind its guard."""
    function: Any = method
    cell = function.__closure__[function.__code__.co_freevars.index("function")]
    body = cell.cell_contents
    cell.cell_contents = lambda *_, **__: "in"
    try:
        yield
    finally:
        cell.cell_contents = body


def asked(method: Callable[..., Any], *arguments: Any, **named: Any) -> str:
    """in, refused, or not there."""
    try:
        return str(method(*arguments, **named))
    except Refused:
        return "refused"
    except NotFound:
        return "not there"


def test_no_public_function_lacks_a_guard(world: World) -> None:
    from tests.auth.matrix_unguarded import UNGUARDED

    everything()
    found = set()
    for part in world.parts:
        for name, method in inspect.getmembers(type(part), inspect.isfunction):
            full = f"{method.__module__}.{method.__qualname__}"
            if not name.startswith("_") and full not in SERVICES:
                found.add(full)
    new, gone = sorted(found - UNGUARDED.keys()), sorted(UNGUARDED.keys() - found)
    assert not new, f"guard these with @service, or say why not in tests/auth/matrix_unguarded.py: {new}"
    assert not gone, f"take these out of tests/auth/matrix_unguarded.py: {gone}"
