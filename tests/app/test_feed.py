"""Events reach followers: at once, after a reconnect, also from other processes, and only those wanted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, suppress

import pytest

from app import feed
from app.feed import Wanted, follow
from engine.access import LOCAL_ADMIN, Actor
from engine.engine import Engine
from engine.errors import Refused
from engine.events import ModelRegistered, RunStateChanged
from engine.store.database import Database, EventRow
from tests.asynchronous import finished

ME = LOCAL_ADMIN


def _happen(database: Database, run: str, new: str = "running") -> str:
    with database.change(ME) as change:
        row = change.emit(RunStateChanged(run=run, model="m", old="queued", new=new))
    return row.id


async def _next(stream: AsyncIterator[EventRow | None]) -> EventRow:
    while True:
        row = await asyncio.wait_for(anext(stream), 10)
        if row is not None:
            return row


async def _following(
    engine: Engine, wanted: Wanted, last_id: str = ""
) -> tuple[object, asyncio.Task[EventRow]]:
    stream = follow(engine, ME, wanted, last_id)
    task = asyncio.create_task(_next(stream))
    await asyncio.sleep(0.2)
    return stream, task


def test_a_commit_arrives_at_once(engine: Engine) -> None:
    async def scene() -> None:
        stream, task = await _following(engine, Wanted())
        told = await asyncio.to_thread(_happen, engine.database, "R1")
        started = asyncio.get_running_loop().time()
        assert (await task).id == told
        assert asyncio.get_running_loop().time() - started < 0.5
        await stream.aclose()  # type: ignore[attr-defined]

    finished(scene())


def test_another_process_is_heard(engine: Engine) -> None:
    async def scene() -> None:
        stream, task = await _following(engine, Wanted())
        other = Database(engine.settings.database_address)
        told = await asyncio.to_thread(_happen, other, "R1")
        assert (await task).id == told
        other.close()
        await stream.aclose()  # type: ignore[attr-defined]

    finished(scene())


def test_what_was_missed_is_sent_first(engine: Engine) -> None:
    first = _happen(engine.database, "R1")
    second = _happen(engine.database, "R2")

    async def scene() -> None:
        async with aclosing(follow(engine, ME, Wanted(), last_id=first)) as stream:
            assert (await _next(stream)).id == second

    finished(scene())


def test_only_what_is_wanted(engine: Engine) -> None:
    async def scene() -> None:
        wanted = Wanted(frozenset({"run-state-changed"}), "run", "R2")
        stream, task = await _following(engine, wanted)

        def happen() -> None:
            with engine.database.change(ME) as change:
                change.emit(ModelRegistered(model="m", version=1))
            _happen(engine.database, "R1")
            _happen(engine.database, "R2", "succeeded")

        await asyncio.to_thread(happen)
        assert (await task).object_id == "R2"
        await stream.aclose()  # type: ignore[attr-defined]

    finished(scene())


def test_a_heartbeat_while_nothing_happens(engine: Engine) -> None:
    async def scene() -> None:
        async with aclosing(follow(engine, ME, Wanted(), quiet_seconds=0.5)) as stream:
            assert await asyncio.wait_for(anext(stream), 5) is None

    finished(scene())


def test_streams_end_when_the_server_stops(engine: Engine) -> None:
    async def scene() -> None:
        _stream, task = await _following(engine, Wanted())
        await asyncio.to_thread(feed.end_streams)
        with suppress(StopAsyncIteration):
            await asyncio.wait_for(task, 1)
        assert task.done()

    with suppress(RuntimeError):  # what asyncio makes of an end inside a task
        finished(scene())
    assert not feed._followers


def test_strangers_are_refused(engine: Engine) -> None:
    async def scene() -> None:
        await anext(follow(engine, Actor(id="nobody"), Wanted()))

    with pytest.raises(Refused):
        finished(scene())
