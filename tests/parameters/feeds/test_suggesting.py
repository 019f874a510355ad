"""A feed suggests: it is defined, fetches, and what it found waits for a person."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from engine.errors import Conflict, Invalid
from tests.parameters.conftest import House
from tests.parameters.feeds.conftest import RATES, USD
from tests.parameters.sets import MODEL, SET


def test_what_a_query_finds_is_suggested_and_becomes_a_version_when_accepted(
    house: House, feeds: Any
) -> None:
    made = feeds.add(house.ada, MODEL, SET, "floor", USD, title="EUR to USD")
    found = feeds.fetch(house.ben, MODEL, SET, made.id)
    assert (found.outcome, found.value, found.old) == ("suggested", 1.08, 1.05)
    assert found.observed_on == date(2026, 10, 6)
    assert found.origin == {"datasets": ["rates@1"]}
    assert house.sets.in_force(house.ada, MODEL, SET).values["floor"] == 1.05
    taken = feeds.accept(house.ben, MODEL, SET, made.id, found.id)
    assert (taken.outcome, taken.number) == ("accepted", 2)
    version = house.sets.version(house.ada, MODEL, SET, 2)
    assert version.values == {"floor": 1.08, "list_price": 10.0}
    assert version.sources == {"floor": f"feed:{made.id}"}
    assert version.author == house.ben.id
    assert version.reason == "Feed “EUR to USD”: from rates@1, observed on 2026-10-06."


def test_a_value_that_is_in_force_already_changes_nothing(house: House, feeds: Any) -> None:
    made = feeds.add(house.ada, MODEL, SET, "floor", USD, mode="apply")
    assert feeds.fetch(house.ada, MODEL, SET, made.id).outcome == "applied"
    assert feeds.fetch(house.ada, MODEL, SET, made.id).outcome == "same"
    assert house.sets.get(house.ada, MODEL, SET).latest == 2


def test_a_newer_value_takes_the_place_of_a_suggestion(house: House, feeds: Any, rates: Any) -> None:
    made = feeds.add(house.ada, MODEL, SET, "floor", USD)
    first = feeds.fetch(house.ada, MODEL, SET, made.id)
    rates(RATES + "2026-10-07,USD,1.09\n")
    second = feeds.fetch(house.ada, MODEL, SET, made.id)
    assert feeds.get(house.ada, MODEL, SET, made.id).waiting.id == second.id
    with pytest.raises(Conflict, match="it is replaced"):
        feeds.accept(house.ada, MODEL, SET, made.id, first.id)


def test_declining_needs_a_reason_and_leaves_what_is_in_force(house: House, feeds: Any) -> None:
    made = feeds.add(house.ada, MODEL, SET, "floor", USD)
    found = feeds.fetch(house.ada, MODEL, SET, made.id)
    with pytest.raises(Invalid, match="why the value is not taken"):
        feeds.decline(house.ada, MODEL, SET, made.id, found.id)
    done = feeds.decline(house.ada, MODEL, SET, made.id, found.id, "A holiday.")
    assert (done.outcome, done.reason, done.decided_by) == ("declined", "A holiday.", house.ada.id)
    assert house.sets.get(house.ada, MODEL, SET).latest == 1


def test_a_suggestion_is_not_accepted_over_what_somebody_typed_meanwhile(house: House, feeds: Any) -> None:
    made = feeds.add(house.ada, MODEL, SET, "floor", USD)
    found = feeds.fetch(house.ada, MODEL, SET, made.id)
    house.sets.submit(house.ben, MODEL, SET, {"floor": 2.0, "list_price": 10.0}, reason="By hand.", base=1)
    with pytest.raises(Conflict, match="somebody changed “floor”"):
        feeds.accept(house.ada, MODEL, SET, made.id, found.id)


def test_a_value_that_waits_already_is_not_suggested_a_second_time(
    house: House, feeds: Any, rates: Any
) -> None:
    made = feeds.add(house.ada, MODEL, SET, "floor", USD)
    first = feeds.fetch(house.ada, MODEL, SET, made.id)
    rates(RATES + "2026-10-20,USD,1.08\n")
    again = feeds.fetch(house.ben, MODEL, SET, made.id)
    assert (again.id, again.observed_on, again.origin) == (
        first.id,
        date(2026, 10, 20),
        {"datasets": ["rates@2"]},
    )
    assert feeds.tries(house.ada, MODEL, SET, made.id)[1] == 1


def test_a_declined_value_is_not_suggested_again_unless_somebody_asks_for_it(
    house: House, feeds: Any, rates: Any
) -> None:
    made = feeds.add(house.ada, MODEL, SET, "floor", USD, trigger="new-data")
    found = feeds.fetch(house.ada, MODEL, SET, made.id)
    feeds.decline(house.ada, MODEL, SET, made.id, found.id, "A holiday.")
    rates(RATES + "2026-10-20,USD,1.08\n")
    feeds.fetch_new(made.id)
    assert feeds.get(house.ada, MODEL, SET, made.id).waiting is None
    assert feeds.get(house.ada, MODEL, SET, made.id).last.outcome == "declined"
    rates(RATES + "2026-10-21,USD,1.09\n")
    feeds.fetch_new(made.id)
    assert feeds.get(house.ada, MODEL, SET, made.id).waiting.value == 1.09
    rates(RATES)
    assert feeds.fetch(house.ada, MODEL, SET, made.id).outcome == "suggested"
