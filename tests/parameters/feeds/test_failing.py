"""A feed that fails keeps the last value and is told once; one whose owner lost the right is paused."""

from __future__ import annotations

from typing import Any

import pytest
from sqlmodel import select

from engine.access import LOCAL_ADMIN
from engine.errors import Conflict
from engine.parameters.feeds.following import due
from engine.store.tables_notify import NoticeRow
from tests.parameters.conftest import House
from tests.parameters.feeds.conftest import RATES, USD
from tests.parameters.sets import HOME, MODEL, OTHER, SET


def told(house: House, who: Any, kind: str) -> list[NoticeRow]:
    with house.auth.engine.database.read() as session:
        query = select(NoticeRow).where(NoticeRow.account == who.id, NoticeRow.kind == kind)
        return list(session.exec(query))


def test_a_failing_feed_keeps_the_value_and_is_told_once(house: House, feeds: Any, rates: Any) -> None:
    made = feeds.add(house.ada, MODEL, SET, "floor", USD, title="EUR to USD")
    rates(RATES.replace("USD", "CHF"))
    for _ in range(3):
        found = feeds.fetch(house.ada, MODEL, SET, made.id)
        assert (found.outcome, found.sentence) == (
            "failed", "The query found no row. Check its conditions and the newest data.",
        )  # fmt: skip
    assert house.sets.in_force(house.ada, MODEL, SET).values["floor"] == 1.05
    notices = told(house, house.ada, "feed-failed")
    assert [notice.title for notice in notices] == ["Summer prices: the feed “EUR to USD” fails"]
    assert "found no row" in notices[0].body
    assert feeds.get(house.ada, MODEL, SET, made.id).failures == 3


def test_after_it_worked_in_between_a_failure_is_told_again(house: House, feeds: Any, rates: Any) -> None:
    made = feeds.add(house.ada, MODEL, SET, "floor", USD)
    for text in (RATES.replace("USD", "CHF"), RATES, RATES.replace("USD", "SEK")):
        rates(text)
        feeds.fetch(house.ada, MODEL, SET, made.id)
        house.auth.engine.notify.read(house.ada)
    assert feeds.get(house.ada, MODEL, SET, made.id).failures == 1
    assert len(told(house, house.ada, "feed-failed")) == 2


def test_a_suggestion_is_one_notice_that_is_brought_up_to_date(house: House, feeds: Any, rates: Any) -> None:
    made = feeds.add(house.ada, MODEL, SET, "floor", USD, title="EUR to USD")
    feeds.fetch(house.ada, MODEL, SET, made.id)
    rates(RATES + "2026-10-07,USD,1.09\n")
    feeds.fetch(house.ada, MODEL, SET, made.id)
    (notice,) = told(house, house.ada, "feed-waits")
    assert notice.title == "Summer prices: the feed “EUR to USD” suggests a value"
    assert notice.body == "Now 1.05, suggested 1.09."
    assert notice.link.startswith(f"/params-set?model={MODEL}&set={SET}&tab=Feeds")


def test_the_owner_who_may_not_read_any_more_pauses_the_feed(house: House, feeds: Any) -> None:
    made = feeds.add(house.ada, MODEL, SET, "floor", USD, mode="apply", trigger="new-data")
    house.auth.accounts.revoke(LOCAL_ADMIN, house.ada.id, "editor", HOME)
    feeds.fetch_new(made.id)
    found = feeds.get(house.ben, MODEL, SET, made.id)
    assert found.state == "paused"
    assert found.last.outcome == "failed"
    assert house.sets.in_force(house.ben, MODEL, SET).values["floor"] == 1.05
    assert len(told(house, house.ada, "feed-paused")) == 1
    with pytest.raises(Conflict, match="is paused"):
        feeds.fetch(house.ben, MODEL, SET, made.id)
    assert due(house.auth.engine) == []


def test_a_disabled_owner_pauses_it_too_and_whoever_resumes_it_answers_for_it(
    house: House, feeds: Any
) -> None:
    made = feeds.add(house.ada, MODEL, SET, "floor", USD, trigger="new-data")
    house.auth.accounts.disable(LOCAL_ADMIN, house.ada.id, "Left.")
    feeds.fetch_new(made.id)
    assert feeds.get(house.ben, MODEL, SET, made.id).state == "paused"
    assert feeds.resume(house.ben, MODEL, SET, made.id).owner == house.ben.id
    assert feeds.fetch(house.ben, MODEL, SET, made.id).outcome == "suggested"


def test_a_dataset_that_moved_to_another_department_pauses_it(house: House, feeds: Any, rates: Any) -> None:
    from sqlalchemy import update

    from engine.access import SYSTEM
    from engine.store.tables_data import DATASET

    made = feeds.add(house.ada, MODEL, SET, "floor", USD)
    with house.auth.engine.database.change(SYSTEM) as change:
        change.connection.execute(update(DATASET).where(DATASET.c.name == "rates").values(department=OTHER))
    found = feeds.fetch(house.ben, MODEL, SET, made.id)
    assert found.outcome == "failed"
    assert "There is no dataset “rates”" in found.sentence
    assert feeds.get(house.ben, MODEL, SET, made.id).state == "paused"


def test_who_asks_while_it_is_fetched_gets_what_comes_of_that(
    house: House, feeds: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from concurrent.futures import ThreadPoolExecutor

    from engine.parameters.feeds import fetching

    made = feeds.add(house.ada, MODEL, SET, "floor", USD, mode="apply")
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: feeds.fetch(house.ada, MODEL, SET, made.id), range(4)))
    assert feeds.tries(house.ada, MODEL, SET, made.id)[1] <= 4
    assert [one.outcome for one in found].count("failed") == 0
    assert house.sets.get(house.ada, MODEL, SET).latest == 2
    monkeypatch.setattr(fetching, "WAIT_SECONDS", 0.3)
    assert feeds._claim(made.id)
    with pytest.raises(Conflict, match="being fetched"):
        feeds.fetch(house.ada, MODEL, SET, made.id)


def test_what_a_crashed_server_was_fetching_is_free_at_the_next_start(house: House, feeds: Any) -> None:
    made = feeds.add(house.ada, MODEL, SET, "floor", USD)
    assert feeds._claim(made.id)
    feeds.start()
    feeds.stop()
    assert feeds._claim(made.id)


def test_what_nobody_foresaw_is_a_failed_try_and_frees_the_feed(
    house: House, feeds: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from engine.parameters.feeds import reading

    made = feeds.add(house.ada, MODEL, SET, "floor", USD)
    monkeypatch.setitem(reading._READ, "sql", lambda *_: 1 / 0)
    found = feeds.fetch(house.ada, MODEL, SET, made.id)
    assert (found.outcome, "server's log" in found.sentence) == ("failed", True)
    monkeypatch.undo()
    assert feeds.fetch(house.ada, MODEL, SET, made.id).outcome == "suggested"


def test_history_is_cut_to_what_became_something_and_the_last_others(
    house: House, feeds: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from engine.parameters.feeds import writing

    monkeypatch.setattr(writing, "KEPT", 3)
    made = feeds.add(house.ada, MODEL, SET, "floor", USD, mode="apply")
    for _ in range(7):
        feeds.fetch(house.ada, MODEL, SET, made.id)
    outcomes = [one.outcome for one in feeds.tries(house.ada, MODEL, SET, made.id)[0]]
    assert outcomes == ["same", "same", "same", "applied"]
