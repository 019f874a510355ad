"""How old fed values are: from the day they were observed."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from tests.parameters.conftest import House
from tests.parameters.feeds.conftest import RATES, USD
from tests.parameters.sets import MODEL, SET, submit


def test_a_rate_that_is_47_days_old_is_stale(house: House, feeds: Any, rates: Any) -> None:
    observed = house.sets.today() - timedelta(days=47)
    rates(f"day,currency,rate\n{observed},USD,1.08\n")
    made = feeds.add(house.ada, MODEL, SET, "floor", USD, mode="apply", guard={"stale_days": 46})
    feeds.fetch(house.ada, MODEL, SET, made.id)
    found = feeds.freshness(house.dan, MODEL, SET)["floor"]
    assert (found.age_days, found.stale, found.stale_days) == (47, True, 46)
    assert (found.since, found.fed) == (observed, True)
    feeds.change(house.ada, MODEL, SET, made.id, guard={"stale_days": 47})
    assert not feeds.freshness(house.dan, MODEL, SET)["floor"].stale


def test_a_value_that_is_found_again_is_as_young_as_it_was_found(
    house: House, feeds: Any, rates: Any
) -> None:
    made = feeds.add(house.ada, MODEL, SET, "floor", USD, mode="apply")
    feeds.fetch(house.ada, MODEL, SET, made.id)
    rates(RATES + "2026-10-20,USD,1.08\n")
    assert feeds.fetch(house.ada, MODEL, SET, made.id).outcome == "same"
    assert feeds.freshness(house.ada, MODEL, SET)["floor"].since == date(2026, 10, 20)


def test_a_suggestion_that_waits_does_not_make_the_value_younger(house: House, feeds: Any) -> None:
    made = feeds.add(house.ada, MODEL, SET, "floor", USD)
    found = feeds.fetch(house.ada, MODEL, SET, made.id)
    age = feeds.freshness(house.ada, MODEL, SET)["floor"]
    assert (age.fed, age.waiting, age.since) == (False, found.id, house.sets.today())


def test_a_value_that_somebody_typed_over_it_is_not_the_feeds(house: House, feeds: Any) -> None:
    made = feeds.add(house.ada, MODEL, SET, "floor", USD, mode="apply")
    feeds.fetch(house.ada, MODEL, SET, made.id)
    submit(house.auth, house.ben, {"floor": 2.0, "list_price": 10.0}, base=2)
    age = feeds.freshness(house.ada, MODEL, SET)["floor"]
    assert (age.fed, age.age_days) == (False, 0)


def test_places_show_the_feed_that_sets_their_value(house: House, feeds: Any) -> None:
    for place in ("DE", "DE/S001", "FR"):
        house.sets.set_place(house.ada, MODEL, SET, place)
    company = feeds.add(house.ada, MODEL, SET, "floor", USD, mode="apply")
    germany = feeds.add(house.ada, MODEL, SET, "floor", {**USD, "factor": "2"}, place="DE", mode="apply")
    for one in (company, germany):
        feeds.fetch(house.ada, MODEL, SET, one.id)
    found = {
        place: feeds.freshness(house.ada, MODEL, SET, place)["floor"].feed
        for place in ("", "DE", "DE/S001", "FR")
    }
    assert found == {"": company.id, "DE": germany.id, "DE/S001": germany.id, "FR": company.id}


def test_a_value_typed_below_a_fed_place_has_no_feed(house: House, feeds: Any) -> None:
    house.sets.set_place(house.ada, MODEL, SET, "DE")
    feeds.add(house.ada, MODEL, SET, "floor", USD)
    submit(house.auth, house.ben, {"floor": 3.0}, place="DE")
    assert feeds.freshness(house.ada, MODEL, SET, "DE") == {}


def test_a_field_without_a_value_has_no_age_and_a_failing_feed_says_why(house: House, feeds: Any) -> None:
    source = {"kind": "sql", "sql": "SELECT rate FROM rates", "datasets": ["rates"]}
    made = feeds.add(house.ada, MODEL, SET, "weeks", source, guard={"stale_days": 1})
    feeds.fetch(house.ada, MODEL, SET, made.id)
    age = feeds.freshness(house.ada, MODEL, SET)["weeks"]
    assert (age.age_days, age.stale) == (None, False)
    assert "found 3 rows; a feed needs one" in age.failing
