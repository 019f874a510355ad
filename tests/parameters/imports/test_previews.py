"""What a parameter file says beside a model's fields, and what importing it would change."""

from __future__ import annotations

import pytest

from engine.errors import Invalid, NotFound, Refused
from tests.parameters.conftest import House
from tests.parameters.imports.files import look, take, versions
from tests.parameters.sets import MODEL, SET, submit


def test_a_preview_shows_what_matches_and_stores_nothing(house: House) -> None:
    seen = look(house)
    assert seen.found == {"margin": 20.0, "floor": 1.5, "list_price": 12.0, "weeks": 13}
    assert (seen.kind, seen.newline, seen.ready) == ("key=value", "\r\n", True)
    assert versions(house) == 0
    assert house.auth.engine.parameter_files.layouts(house.ada, MODEL, SET) == []


def test_the_differences_are_against_what_holds_on_the_day(house: House) -> None:
    submit(house.auth, house.ada, {"weeks": 13, "floor": 1.0})
    effect = look(house, "weeks = 13\nfloor = 2\n", set=SET).effect
    assert effect is not None
    assert [(d.field, d.old, d.new, d.origin) for d in effect.differences] == [("floor", 1.0, 2.0, "")]
    assert (effect.base, effect.same, effect.new_set) == (1, ("weeks",), False)
    assert effect.values == {"weeks": 13, "floor": 2.0}


def test_a_name_that_no_set_has_means_a_new_one(house: House) -> None:
    effect = look(house, "weeks = 20\n", set="winter").effect
    assert effect is not None
    assert (effect.new_set, effect.base, [d.origin for d in effect.differences]) == (True, None, [None])


def test_what_a_place_inherits_anyhow_stays_inherited(house: House) -> None:
    submit(house.auth, house.ada, {"weeks": 20, "floor": 2})
    house.sets.set_place(house.ada, MODEL, SET, "DE")
    effect = look(house, "weeks = 26\nfloor = 2\n", set=SET, place="DE").effect
    assert effect is not None
    assert (effect.values, effect.inherited) == ({"weeks": 26}, ("floor",))


def test_rules_across_fields_are_told_before_storing(house: House) -> None:
    effect = look(house, "floor = 50\n", set=SET).effect
    assert effect is not None
    assert effect.broken == ("The price floor must not be above the list price.",)
    with pytest.raises(Invalid, match="must not be above"):
        take(house, "floor = 50\n")
    assert versions(house) == 0


def test_a_value_that_cannot_be_taken_blocks_until_it_is_left_out(house: House) -> None:
    text = "weeks = 0\nfloor = 2\n"
    seen = look(house, text)
    assert [line.name for line in seen.blocking] == ["weeks"]
    with pytest.raises(Invalid, match="line 1"):
        take(house, text)
    done = take(house, text, said={"paths": {"weeks": None}})
    assert done.version is not None
    assert done.version.values == {"floor": 2.0}


def test_a_file_without_any_field_is_refused_with_the_fields_it_should_have(house: House) -> None:
    with pytest.raises(Invalid, match="margin, floor, list_price, weeks"):
        take(house, "horizon = 13\n")


def test_who_may_only_read_sees_previews_and_stores_nothing(house: House) -> None:
    assert look(house, "weeks = 20\n", by=house.dan).ready
    with pytest.raises(Refused):
        take(house, "weeks = 20\n", by=house.cleo)
    with pytest.raises(NotFound):
        take(house, "weeks = 20\n", by=house.eve)
