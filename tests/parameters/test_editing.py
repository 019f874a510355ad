"""What an edit page knows of a set when it is opened."""

from __future__ import annotations

from datetime import timedelta

from tests.parameters.conftest import House
from tests.parameters.sets import MODEL, SET, submit


def test_before_the_first_version_everything_is_the_models_default(house: House) -> None:
    found = house.sets.editing(house.ada, MODEL, SET)
    assert found.newest is None
    assert found.held.values == {}
    assert found.above["weeks"] == 13
    assert set(found.above_from.values()) == {"default"}
    assert found.past == {}
    assert found.usual == {}


def test_a_store_inherits_from_its_region_and_that_from_the_company(house: House) -> None:
    for place in ("DE", "DE/S001"):
        house.sets.set_place(house.ada, MODEL, SET, place)
    submit(house.auth, house.ada, {"weeks": 20, "list_price": 12.0})
    submit(house.auth, house.ada, {"list_price": 13.0}, place="DE")
    found = house.sets.editing(house.ada, MODEL, SET, "DE/S001")
    assert (found.above["weeks"], found.above_from["weeks"]) == (20, "")
    assert (found.above["list_price"], found.above_from["list_price"]) == (13.0, "DE")
    assert found.above_from["floor"] == "default"


def test_the_past_of_a_field_is_that_of_the_nearest_place_that_set_it(house: House) -> None:
    house.sets.set_place(house.ada, MODEL, SET, "DE")
    submit(house.auth, house.ada, {"weeks": 20, "list_price": 12.0})
    submit(house.auth, house.ada, {"list_price": 13.0}, place="DE")
    found = house.sets.editing(house.ada, MODEL, SET, "DE")
    assert [one.value for one in found.past["list_price"]] == [13.0]
    assert [one.value for one in found.past["weeks"]] == [20]


def test_what_is_usual_comes_from_approved_versions_and_the_default(house: House) -> None:
    submit(house.auth, house.ada, {"weeks": 20})
    submit(house.auth, house.ada, {"weeks": 16}, base=1)
    submit(house.auth, house.ada, {"weeks": 99}, base=2, review=True)
    known = house.sets.editing(house.ada, MODEL, SET).usual["weeks"]
    assert (known.low[""], known.high[""]) == (13, 20)


def test_a_change_goes_on_from_the_version_that_waits(house: House) -> None:
    submit(house.auth, house.ada, {"weeks": 20})
    submit(house.auth, house.ada, {"weeks": 20, "margin": 25.0}, base=1)
    found = house.sets.editing(house.ben, MODEL, SET)
    assert found.newest is not None
    assert (found.newest.number, found.newest.state) == (2, "in-review")
    assert found.held.values == {"weeks": 20}


def test_what_was_turned_down_is_not_gone_on_from(house: House) -> None:
    submit(house.auth, house.ada, {"weeks": 20})
    submit(house.auth, house.ada, {"weeks": 20, "margin": 25.0}, base=1)
    house.sets.reject(house.ben, MODEL, SET, 2, "No.")
    assert house.sets.newest_number(house.ada, MODEL, SET) == 1
    found = house.sets.newest(house.ada, MODEL, SET)
    assert found is not None
    assert found.number == 1


def test_a_planned_change_is_in_force_on_its_day_only(house: House) -> None:
    submit(house.auth, house.ada, {"weeks": 20})
    later = house.sets.today() + timedelta(days=30)
    submit(house.auth, house.ada, {"weeks": 30}, base=1, effective_from=later)
    assert house.sets.editing(house.ada, MODEL, SET).held.values == {"weeks": 20}
    assert house.sets.editing(house.ada, MODEL, SET, "", later).held.values == {"weeks": 30}


def test_a_draft_keeps_its_sources_and_notes(house: House) -> None:
    sources, notes = {"weeks": "xlsx:a.xlsx"}, {"day": "2027-01-01", "reason": "Because."}
    house.sets.save_draft(house.ada, MODEL, SET, {"weeks": "x"}, sources=sources, notes=notes)
    kept = house.sets.draft(house.ada, MODEL, SET)
    assert (kept["sources"], kept["notes"]) == (sources, notes)


def test_one_finds_ones_own_drafts_by_set_and_place(house: House) -> None:
    house.sets.set_place(house.ada, MODEL, SET, "DE")
    house.sets.save_draft(house.ada, MODEL, SET, {"weeks": "x"})
    house.sets.save_draft(house.ada, MODEL, SET, {"weeks": "y"}, place="DE")
    assert house.sets.drafts(house.ada) == {(MODEL, SET): ["", "DE"]}
    assert house.sets.drafts(house.ben) == {}
    house.sets.clear_draft(house.ada, MODEL, SET)
    assert house.sets.drafts(house.ada) == {(MODEL, SET): ["DE"]}
