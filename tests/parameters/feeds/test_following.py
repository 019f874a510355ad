"""Feeds that follow new data in a running server: datasets, runs of other models, files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from auth.service import Auth
from engine.parameters.feeds.following import due
from tests.parameters.conftest import House
from tests.parameters.feeds.conftest import RATES, USD
from tests.parameters.sets import MODEL, SET, submit
from tests.waiting import until

TOTAL = {"kind": "metric", "model": MODEL, "output": "total"}


@pytest.fixture
def running(auth: Auth) -> Iterator[Auth]:
    """The same company with its server started."""
    auth.engine.start()
    yield auth
    auth.engine.stop()


def number(house: House) -> int | None:
    return house.sets.get(house.ada, MODEL, SET).in_force


def test_a_new_version_of_the_dataset_is_followed(
    running: Auth, house: House, feeds: Any, rates: Any
) -> None:
    made = feeds.add(house.ada, MODEL, SET, "floor", USD, mode="apply", trigger="new-data")
    until(lambda: number(house) == 2)
    rates(RATES + "2026-10-07,USD,1.09\n")
    until(lambda: number(house) == 3)
    version = house.sets.version(house.ada, MODEL, SET, 3)
    assert (version.values["floor"], version.author) == (1.09, house.ada.id)
    until(lambda: feeds.get(house.ada, MODEL, SET, made.id).last.origin == {"datasets": ["rates@2"]})
    assert feeds.get(house.ada, MODEL, SET, made.id).last.cause == "new-data"


def test_a_run_of_another_model_is_followed(running: Auth, house: House, feeds: Any) -> None:
    made = feeds.add(house.ada, MODEL, SET, "list_price", {**TOTAL, "factor": "0.5"}, trigger="new-data")
    run = running.engine.runs.submit(house.dan, MODEL, values={"weeks": 20})
    waiting = until(lambda: feeds.get(house.ada, MODEL, SET, made.id).waiting)
    assert waiting.value == (20 + 1 + 10 + 20) / 2
    assert waiting.origin == {"run": run.id, "model": MODEL, "version": 1}


def test_with_a_set_only_runs_that_changed_nothing_count(running: Auth, house: House, feeds: Any) -> None:
    made = feeds.add(house.ada, MODEL, SET, "list_price", {**TOTAL, "set": SET})
    runs = running.engine.runs
    assert (
        "no succeeded run with what summer has in force"
        in feeds.fetch(house.ada, MODEL, SET, made.id).sentence
    )
    whole = runs.submit(house.dan, MODEL, parameter_set=SET)
    assert runs.wait(whole.id, 30).state == "succeeded"
    for values, wanted in (({"weeks": 50}, SET), ({}, f"{SET}@1")):
        other = runs.submit(house.dan, MODEL, values=values, parameter_set=wanted, reuse=False)
        assert runs.wait(other.id, 30).state == "succeeded"
    found = feeds.fetch(house.ada, MODEL, SET, made.id)
    assert (found.outcome, found.origin.get("run")) == ("suggested", whole.id), found.sentence


def test_a_metric_of_a_run_that_the_owner_may_not_see_is_not_taken(
    running: Auth, house: House, feeds: Any
) -> None:
    from engine.errors import NotFound

    run = running.engine.runs.submit(house.dan, MODEL)
    assert running.engine.runs.wait(run.id, 30).state == "succeeded"
    with pytest.raises(NotFound):
        feeds.look(house.eve, MODEL, SET, "list_price", TOTAL)


def test_what_came_while_no_server_ran_is_found_at_the_start(house: House, feeds: Any, rates: Any) -> None:
    feeds.add(house.ada, MODEL, SET, "floor", USD, mode="apply", trigger="new-data")
    house.auth.engine.start()
    try:
        until(lambda: number(house) == 2)
    finally:
        house.auth.engine.feeds.stop()
    rates(RATES + "2026-10-07,USD,1.09\n")
    house.auth.engine.feeds.start()
    until(lambda: number(house) == 3)


def test_a_feed_by_hand_is_left_alone(running: Auth, house: House, feeds: Any, rates: Any) -> None:
    made = feeds.add(house.ada, MODEL, SET, "floor", USD, mode="apply", trigger="hand")
    rates(RATES + "2026-10-07,USD,1.09\n")
    assert due(running.engine) == []
    assert feeds.get(house.ada, MODEL, SET, made.id).last is None


def test_a_failure_on_new_data_is_not_repeated_without_newer_data(
    house: House, feeds: Any, rates: Any
) -> None:
    made = feeds.add(house.ada, MODEL, SET, "floor", USD, mode="apply", trigger="new-data")
    rates(RATES.replace("USD", "CHF"))
    feeds.fetch_new(made.id)
    assert due(house.auth.engine) == []
    rates(RATES)
    assert due(house.auth.engine) == [made.id]


def test_what_may_pass_by_itself_is_tried_again_after_a_while(
    house: House, feeds: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from datetime import timedelta

    from engine.parameters.feeds import following
    from engine.store.base import utc_now

    settings = house.auth.engine.settings
    settings.feed_folder = tmp_path / "files"
    settings.feed_folder.mkdir()
    source = {"kind": "file", "path": "fx.json", "format": "json", "value": "USD"}
    made = feeds.add(house.ada, MODEL, SET, "floor", source, mode="apply", trigger="new-data")
    assert "no file" in feeds.fetch(house.ada, MODEL, SET, made.id).sentence
    assert due(house.auth.engine) == []
    soon = utc_now() + timedelta(minutes=2)
    monkeypatch.setattr(following, "utc_now", lambda: soon)
    assert due(house.auth.engine) == [made.id]
    (settings.feed_folder / "fx.json").write_text('{"USD": 1.08}')
    assert feeds.fetch(house.ada, MODEL, SET, made.id).outcome == "applied"


def test_a_planned_version_that_comes_into_force_does_not_bring_an_old_rate_back(
    house: House, feeds: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from datetime import timedelta

    later = house.sets.today() + timedelta(days=30)
    submit(house.auth, house.ben, {"floor": 1.05, "list_price": 12.0}, base=1, effective_from=later)
    made = feeds.add(house.ada, MODEL, SET, "floor", USD, mode="apply", trigger="new-data")
    feeds.fetch_new(made.id)
    assert due(house.auth.engine) == []
    monkeypatch.setattr(type(house.sets), "today", lambda _: later)
    assert due(house.auth.engine) == [made.id]
    feeds.fetch_new(made.id)
    assert house.sets.in_force(house.ada, MODEL, SET).values == {"floor": 1.08, "list_price": 12.0}
    assert due(house.auth.engine) == []
