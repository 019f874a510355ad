"""The event stream tells everybody of what they may see, and of nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from app import state
from app.audience import Audience, needed, still_so
from app.feed import Wanted, follow
from auth.events_people import RolesChanged
from engine.access import LOCAL_ADMIN, Actor, Grant
from engine.events import ContentsSwept, ModelRegistered, RunStateChanged
from engine.store.database import EventRow, event_row
from tests.asynchronous import finished
from tests.auth.world import HOME, NOBODY, OTHER, World, build, closing, expected


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    for made in closing(build(tmp_path_factory.mktemp("company"))):
        state.attach(made.auth)
        yield made
        state.detach(made.auth)


def hears(world: World, who: str, row: EventRow) -> bool:
    return finished(Audience(world.auth.engine, world.actors[who]).may_hear(row))


def of_run(world: World, name: str) -> EventRow:
    thing = world.things[name]
    told = RunStateChanged(run=thing.id, model="m", old="queued", new="running")
    return event_row(told, LOCAL_ADMIN, None if name == "run common" else thing.department)


@pytest.mark.parametrize("name", ["run home", "run others", "run other", "run common", "run share"])
def test_news_of_a_run_reach_those_who_may_see_it(world: World, name: str) -> None:
    for who, actor in world.actors.items():
        assert hears(world, who, of_run(world, name)) == expected(
            who, actor, "run.read", world.things[name]
        ), who


def test_news_of_a_model_reach_those_who_may_see_it(world: World) -> None:
    for name in ("model home", "model other", "model common"):
        thing = world.things[name]
        row = event_row(ModelRegistered(model=thing.id, version=1), LOCAL_ADMIN, thing.department)
        for who, actor in world.actors.items():
            assert hears(world, who, row) == expected(who, actor, "model.read", thing), who


def test_news_of_people_and_of_the_server_are_for_who_looks_after_them(world: World) -> None:
    roles = event_row(RolesChanged(account="a", old=(), new=()), LOCAL_ADMIN, HOME)
    swept = event_row(ContentsSwept(blobs=1, bytes=1), LOCAL_ADMIN)
    unknown = EventRow(name="made-up", actor="x", object_kind="thing", object_id="1", data="{}")
    for who in (f"editor of {HOME}", NOBODY, "analyst everywhere"):
        assert not any(hears(world, who, row) for row in (roles, swept, unknown))
    assert hears(world, f"auditor of {HOME}", roles)
    assert not hears(world, f"auditor of {OTHER}", roles)
    assert all(hears(world, "administrator everywhere", row) for row in (roles, swept, unknown))
    assert needed(unknown) == "system.read"


def test_a_run_that_there_is_not_is_nobodys_news(world: World) -> None:
    row = event_row(RunStateChanged(run="R0", model="m", old="", new="queued"), LOCAL_ADMIN, HOME)
    assert not hears(world, f"viewer of {HOME}", row)


def test_a_stream_ends_when_rights_change(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.feed.LOOK_SECONDS", 0.1)
    accounts = world.auth.accounts
    person, _ = accounts.create(LOCAL_ADMIN, "short", grants=[Grant("viewer", HOME)], invite=False)

    async def scene() -> None:
        stream = follow(world.auth.engine, accounts.actor_of(person.id), Wanted(), quiet_seconds=0.1)
        assert await anext(stream) is None  # a sign of life
        await asyncio.to_thread(accounts.revoke, LOCAL_ADMIN, person.id, "viewer", HOME)
        async with asyncio.timeout(10):
            async for _ in stream:
                pass

    finished(scene())


def test_whoever_has_no_account_keeps_the_stream(world: World) -> None:
    assert still_so(LOCAL_ADMIN)()
    assert still_so(Actor("nobody"))()
