"""What administrators choose for the company is in force at once; the environment wins, and set-up can be resumed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from auth.company import STEPS, zones
from auth.service import Auth, opened
from engine.access import LOCAL_ADMIN, Actor, Grant
from engine.calendar import BusinessCalendar
from engine.errors import Invalid, Refused
from engine.settings import Settings

CHOSEN = {
    "name": "Kronkers",
    "business_timezone": "Europe/Warsaw",
    "fiscal_year_start_month": 10,
    "retail_pattern": "4-4-5",
}


@pytest.fixture
def auth(tmp_path: Path) -> Iterator[Auth]:
    made = opened(Settings(data_folder=tmp_path / "data", home=tmp_path))
    yield made
    made.engine.stop()


def reopened(tmp_path: Path, **more: str) -> Auth:
    return opened(Settings(data_folder=tmp_path / "data", home=tmp_path, **more))


def test_what_is_chosen_is_in_force_at_once(auth: Auth) -> None:
    auth.company.save(LOCAL_ADMIN, **CHOSEN)
    settings = auth.engine.settings
    assert settings.business_timezone == "Europe/Warsaw"
    assert BusinessCalendar.from_settings(settings).retail_pattern == "4-4-5"
    assert auth.company.name() == "Kronkers"


def test_it_is_in_force_after_the_next_start(auth: Auth, tmp_path: Path) -> None:
    auth.company.save(LOCAL_ADMIN, **CHOSEN)
    auth.engine.stop()
    again = reopened(tmp_path)
    try:
        assert again.engine.settings.fiscal_year_start_month == 10
        assert again.company.get(LOCAL_ADMIN).fixed == frozenset()
    finally:
        again.engine.stop()


def test_the_environment_wins_and_is_named(
    auth: Auth, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    auth.company.save(LOCAL_ADMIN, **CHOSEN)
    auth.engine.stop()
    monkeypatch.setenv("QUARTERDECK_BUSINESS_TIMEZONE", "America/New_York")
    again = reopened(tmp_path)
    try:
        now = again.company.get(LOCAL_ADMIN)
        assert (now.business_timezone, now.fixed) == ("America/New_York", frozenset({"business_timezone"}))
        again.company.save(LOCAL_ADMIN, **{**CHOSEN, "name": "Kronkers SA"})
        assert again.engine.settings.business_timezone == "America/New_York"
    finally:
        again.engine.stop()


def test_all_that_is_wrong_is_said_at_once(auth: Auth) -> None:
    with pytest.raises(Invalid) as raised:
        auth.company.save(
            LOCAL_ADMIN,
            name=" ",
            business_timezone="Mars/Olympus",
            fiscal_year_start_month=13,
            retail_pattern="5-5-5",
        )
    assert {problem.where for problem in raised.value.problems} == {
        "name",
        "business_timezone",
        "fiscal_year_start_month",
        "retail_pattern",
    }
    assert auth.engine.settings.business_timezone == "UTC"


@pytest.mark.parametrize("zone", ["", "../../etc/passwd", "/etc/localtime", "Europe"])
def test_what_is_no_time_zone_is_refused(auth: Auth, zone: str) -> None:
    with pytest.raises(Invalid):
        auth.company.save(LOCAL_ADMIN, **{**CHOSEN, "business_timezone": zone})


def test_only_administrators_of_the_company_change_it(auth: Auth) -> None:
    for grants in ([Grant("modeller")], [Grant("administrator", "Marketing")], []):
        with pytest.raises(Refused):
            auth.company.save(Actor("somebody", grants=frozenset(grants)), **CHOSEN)


def test_set_up_is_taken_up_where_it_was_left(auth: Auth) -> None:
    assert not auth.company.setup(LOCAL_ADMIN).begun
    auth.company.note_setup(LOCAL_ADMIN)
    auth.company.note_setup(LOCAL_ADMIN, done="people")
    auth.company.note_setup(LOCAL_ADMIN, done="company")
    state = auth.company.setup(LOCAL_ADMIN)
    assert (state.begun, state.done, state.finished) == (True, ("company", "people"), False)
    for step in STEPS:
        auth.company.note_setup(LOCAL_ADMIN, done=step)
    assert auth.company.note_setup(LOCAL_ADMIN, finished=True).finished


def test_the_zones_to_choose_from_all_exist() -> None:
    from zoneinfo import ZoneInfo

    listed = zones()
    assert listed[0] == "UTC"
    assert {"Europe/Warsaw", "America/New_York", "Asia/Kolkata"} <= set(listed)
    assert all(ZoneInfo(name) for name in listed)
