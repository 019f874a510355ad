"""What time does to requests: a reminder before they expire, a notice afterwards, each once."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import update

from engine.access import LOCAL_ADMIN
from engine.parameters.set_deadlines import Deadlines, look
from engine.store.base import utc_now
from engine.store.tables_parameters import VERSION
from tests.parameters.conftest import House, titles
from tests.parameters.sets import MODEL, SET, submit
from tests.waiting import until

pytestmark = pytest.mark.both_databases


def at_end(house: House, left: timedelta) -> None:
    """Let the time of all requests end so soon (or so long ago)."""
    with house.auth.engine.database.change(LOCAL_ADMIN) as change:
        change.connection.execute(update(VERSION).values(expires_at=utc_now() + left))


def steps(house: House) -> list[str]:
    return [step.step for step in house.sets.version(house.ada, MODEL, SET, 1).steps]


def looked(house: House, now: datetime | None = None) -> int:
    return look(house.auth.engine, now or utc_now())


def test_a_request_with_time_left_is_left_alone(house: House) -> None:
    submit(house.auth, house.ada, {"margin": 25.0}, days=14)
    assert looked(house) == 0
    assert steps(house) == ["asked"]


def test_a_day_before_its_end_those_who_may_approve_are_reminded_once(house: House) -> None:
    submit(house.auth, house.ada, {"margin": 25.0}, days=14)
    last_day = utc_now() + timedelta(days=13, hours=1)
    assert looked(house, last_day) == 1
    assert looked(house, last_day) == 0
    assert steps(house) == ["asked", "reminded"]
    wanted = "Summer prices: version 1 waits for your approval, until tomorrow at most"
    assert titles(house, "cleo")[0] == wanted
    assert titles(house, "ada") == []


def test_a_request_of_one_day_is_not_reminded_of_as_soon_as_it_is_sent(house: House) -> None:
    submit(house.auth, house.ada, {"margin": 25.0}, days=1)
    assert looked(house, utc_now() + timedelta(hours=1)) == 0


def test_the_author_is_told_once_that_nobody_decided_in_time(house: House) -> None:
    submit(house.auth, house.ada, {"margin": 25.0}, days=14)
    at_end(house, timedelta(seconds=-1))
    assert looked(house) == 1
    assert looked(house) == 0
    assert steps(house) == ["asked", "expired"]
    assert titles(house, "ada") == ["Summer prices: nobody decided about version 1 in time"]


def test_what_was_decided_before_its_end_is_not_told_of(house: House) -> None:
    submit(house.auth, house.ada, {"margin": 25.0}, days=14)
    house.sets.reject(house.cleo, MODEL, SET, 1, "Too much.")
    at_end(house, timedelta(seconds=-1))
    assert looked(house) == 0


def test_a_reminder_does_not_hide_a_question(house: House) -> None:
    submit(house.auth, house.ada, {"margin": 25.0}, days=14)
    house.sets.ask(house.cleo, MODEL, SET, 1, "Why so much?")
    looked(house, utc_now() + timedelta(days=13, hours=1))
    assert [one.asked for one in house.sets.waiting(house.ada)] == [True]


def test_the_servers_clock_looks_at_once(house: House) -> None:
    submit(house.auth, house.ada, {"margin": 25.0}, days=14)
    at_end(house, timedelta(seconds=-1))
    clock = Deadlines(house.auth.engine)
    clock.start()
    try:
        until(lambda: steps(house) == ["asked", "expired"])
    finally:
        clock.stop()
