"""A feed applies: versions like anybody's, within guard rails, never over planned versions or open reviews."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from engine.errors import Conflict, Invalid
from engine.parameters.feeds.following import due
from tests.parameters.conftest import House
from tests.parameters.feeds.conftest import RATES, USD
from tests.parameters.sets import MODEL, SET, submit

pytestmark = pytest.mark.both_databases

MARGIN = {
    "kind": "dataset",
    "dataset": "rates",
    "column": "rate",
    "where": "currency",
    "equals": "GBP",
    "factor": "20",
}


def values(house: House, place: str = "") -> dict[str, Any]:
    found: dict[str, Any] = house.sets.in_force(house.ada, MODEL, SET, place=place).values
    return found


def test_what_breaks_a_guard_rail_is_held_until_somebody_says_why_it_is_right(
    house: House, feeds: Any
) -> None:
    made = feeds.add(
        house.ada, MODEL, SET, "floor", USD, mode="apply", guard={"change": "1", "relative": True}
    )
    found = feeds.fetch(house.ada, MODEL, SET, made.id)
    assert found.outcome == "held"
    assert "at most 1 % at a time" in found.sentence
    assert values(house)["floor"] == 1.05
    with pytest.raises(Invalid, match="why it is right"):
        feeds.accept(house.ada, MODEL, SET, made.id, found.id)
    assert feeds.accept(house.ada, MODEL, SET, made.id, found.id, "The central bank says so.").number == 2
    assert house.sets.version(house.ada, MODEL, SET, 2).reason.startswith("The central bank says so. Feed")


def test_a_guarded_field_waits_for_an_approver_and_a_newer_value_takes_its_place(
    house: House, feeds: Any, rates: Any
) -> None:
    made = feeds.add(house.ada, MODEL, SET, "margin", MARGIN, mode="apply")
    first = feeds.fetch(house.ada, MODEL, SET, made.id)
    assert (first.outcome, first.value, first.number) == ("in-review", 17.0, 2)
    assert "margin" not in values(house)
    rates(RATES.replace("0.85", "0.86"))
    second = feeds.fetch(house.ada, MODEL, SET, made.id)
    assert (second.outcome, second.number) == ("in-review", 3)
    assert house.sets.version(house.ada, MODEL, SET, 2).state == "rejected"
    house.sets.approve(house.cleo, MODEL, SET, 3)
    assert values(house)["margin"] == 17.2


@pytest.mark.parametrize("trigger", ["hand", "new-data"])
def test_a_feed_does_not_overtake_a_review_and_comes_back_when_it_is_decided(
    house: House, feeds: Any, trigger: str
) -> None:
    submit(house.auth, house.ben, {"floor": 1.05, "margin": 25.0}, base=1)
    made = feeds.add(house.ada, MODEL, SET, "floor", USD, mode="apply", trigger=trigger)
    found = feeds.fetch(house.ada, MODEL, SET, made.id)
    assert (found.outcome, found.number) == ("postponed", None)
    assert due(house.auth.engine) == []
    house.sets.approve(house.cleo, MODEL, SET, 2)
    assert due(house.auth.engine) == [made.id]
    feeds.fetch_new(made.id)
    assert values(house) == {"floor": 1.08, "margin": 25.0}
    assert due(house.auth.engine) == []


def test_a_suggestion_is_not_accepted_over_a_review_that_is_open(house: House, feeds: Any) -> None:
    made = feeds.add(house.ada, MODEL, SET, "floor", USD)
    found = feeds.fetch(house.ada, MODEL, SET, made.id)
    submit(house.auth, house.ben, {"floor": 1.05, "margin": 25.0}, base=1)
    with pytest.raises(Conflict, match="Version 2 of summer waits for a review"):
        feeds.accept(house.ada, MODEL, SET, made.id, found.id)


def test_a_planned_version_is_neither_brought_forward_nor_undone(house: House, feeds: Any) -> None:
    later = house.sets.today() + timedelta(days=30)
    submit(house.auth, house.ben, {"floor": 1.05, "list_price": 12.0}, base=1, effective_from=later)
    made = feeds.add(house.ada, MODEL, SET, "floor", USD, mode="apply", trigger="new-data")
    assert feeds.fetch(house.ada, MODEL, SET, made.id).number == 3
    assert values(house) == {"floor": 1.08, "list_price": 10.0}
    assert house.sets.in_force(house.ada, MODEL, SET, later).values["list_price"] == 12.0


def test_a_feed_fills_a_place_and_leaves_the_company_alone(house: House, feeds: Any) -> None:
    house.sets.set_place(house.ada, MODEL, SET, "DE")
    made = feeds.add(house.ada, MODEL, SET, "floor", USD, place="DE", mode="apply")
    assert feeds.fetch(house.ada, MODEL, SET, made.id).outcome == "applied"
    assert values(house)["floor"] == 1.05
    assert values(house, "DE") == {"floor": 1.08, "list_price": 10.0}
    assert house.sets.version(house.ada, MODEL, SET, 2).values == {"floor": 1.08}


def test_a_value_that_breaks_a_rule_of_the_model_is_not_taken(house: House, feeds: Any) -> None:
    source = {"kind": "sql", "sql": "SELECT 50.0 AS rate FROM rates LIMIT 1", "datasets": ["rates"]}
    made = feeds.add(house.ada, MODEL, SET, "floor", source, mode="apply")
    found = feeds.fetch(house.ada, MODEL, SET, made.id)
    assert found.outcome == "failed"
    assert "must not be above the list price" in found.sentence
    assert values(house)["floor"] == 1.05


def test_an_open_draft_of_the_feeds_owner_stays(house: House, feeds: Any) -> None:
    house.sets.save_draft(house.ada, MODEL, SET, {"weeks": "20"}, 1)
    made = feeds.add(house.ada, MODEL, SET, "floor", USD, mode="apply")
    feeds.fetch(house.ada, MODEL, SET, made.id)
    assert house.sets.draft(house.ada, MODEL, SET)["values"] == {"weeks": "20"}


def test_nobody_approves_what_they_fetched_themselves(house: House, feeds: Any) -> None:
    from engine.errors import Refused

    made = feeds.add(house.ada, MODEL, SET, "margin", MARGIN, mode="apply")
    found = feeds.fetch(house.ben, MODEL, SET, made.id)  # an editor who is an approver as well
    with pytest.raises(Refused):
        house.sets.approve(house.ben, MODEL, SET, found.number)
