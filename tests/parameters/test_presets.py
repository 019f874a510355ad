"""Personal presets: named by their title, renamed, removed; what ran with them stays."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auth.audit.search import Search
from engine.access import LOCAL_ADMIN
from engine.errors import Conflict, Invalid, NotFound
from engine.parameters.set_presets import preset_name
from engine.parameters.set_values import check_name
from tests.parameters.conftest import House
from tests.parameters.sets import MODEL, SET, submit

pytestmark = pytest.mark.both_databases

MINE = "~easter-rush"


def make(house: House, name: str = MINE, title: str = "Easter rush") -> None:
    house.sets.create(house.dan, MODEL, name, title)
    submit(house.auth, house.dan, {"weeks": 20}, name=name)


@given(st.text(max_size=300))
def test_any_title_gives_a_name_that_a_preset_may_have_or_a_sentence(title: str) -> None:
    try:
        name = preset_name(title)
    except Invalid:
        assert not any(letter.isalnum() for letter in title)
    else:
        check_name(name)
        assert name.startswith("~")


def test_titles_in_other_letters_get_names_of_their_own() -> None:
    assert preset_name("Ostergeschäft 2026") == "~ostergeschaft-2026"
    assert preset_name("夏季") != preset_name("冬季")
    assert preset_name("2026 plan") == "~preset-2026-plan"


def test_a_preset_is_renamed(house: House) -> None:
    make(house)
    card = house.sets.rename_preset(house.dan, MODEL, MINE, "Whitsun rush")
    assert (card.name, card.title, card.latest) == ("~whitsun-rush", "Whitsun rush", 1)
    with pytest.raises(NotFound):
        house.sets.get(house.dan, MODEL, MINE)


def test_two_presets_of_one_person_cannot_have_one_name(house: House) -> None:
    make(house)
    make(house, "~other", "Other")
    with pytest.raises(Conflict, match="already"):
        house.sets.rename_preset(house.dan, MODEL, "~other", "Easter rush")


def test_a_preset_is_removed_and_its_run_stays(house: House) -> None:
    make(house)
    runs = house.auth.engine.runs
    run = runs.submit(house.dan, MODEL, parameter_set=MINE, values={"floor": 3.0})
    house.sets.remove_preset(house.dan, MODEL, MINE)
    assert MINE not in {card.name for card in house.sets.list(house.dan, MODEL)}
    kept = runs.get(house.dan, run.id)
    assert (kept.values["weeks"], kept.parameter_set and kept.parameter_set["overrides"]) == (20, ["floor"])
    assert runs.again(house.dan, run.id).values == run.values
    make(house)  # the name is free again


def test_somebody_elses_preset_cannot_be_touched(house: House) -> None:
    make(house)
    for act in (house.sets.remove_preset, lambda *a: house.sets.rename_preset(*a, "Mine now")):
        with pytest.raises(NotFound):
            act(house.ada, MODEL, MINE)
    assert house.sets.get(house.dan, MODEL, MINE).latest == 1


def test_a_departments_set_is_neither_renamed_nor_removed(house: House) -> None:
    with pytest.raises(Conflict, match="department"):
        house.sets.remove_preset(house.ada, MODEL, SET)
    with pytest.raises(Conflict, match="department"):
        house.sets.rename_preset(house.ada, MODEL, SET, "Winter")


def test_removing_is_in_the_audit_log(house: House) -> None:
    make(house)
    house.sets.remove_preset(house.dan, MODEL, MINE)
    entry = house.auth.audit.search(LOCAL_ADMIN, Search(action="preset-changed")).entries[0]
    assert (entry.actor, entry.details["new"]) == (house.dan.id, {})
    assert entry.details["old"]["title"] == "Easter rush"
