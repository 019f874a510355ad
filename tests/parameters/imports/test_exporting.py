"""A set is written back into the file that it came from: only changed values change, byte for byte."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.access import LOCAL_ADMIN
from engine.engine import Engine
from engine.errors import Invalid, NotFound
from engine.parameters.imports.records import GivenFile
from engine.settings import ROOT
from tests.parameters.conftest import House
from tests.parameters.imports.files import PLAIN, take, write
from tests.parameters.sets import MODEL, SET, submit

LEGACY = {
    "legacy-reorder-points": ("params.txt", "pack_size", 24, b"pack_size         = 12", b"pack_size         = 24"),
    "legacy-price-elasticity": ("config.ini", "max_change", 12.5, b"max_change = 20", b"max_change = 12.5"),
    "legacy-markdown-plan": ("settings.R", "cost_share", 0.72, b"cost_share   <- 0.70 ", b"cost_share   <- 0.72 "),
}  # fmt: skip


def test_an_unchanged_set_gives_the_very_file(house: House) -> None:
    take(house)
    assert write(house).data == PLAIN


def test_only_the_changed_values_change(house: House) -> None:
    take(house)
    submit(house.auth, house.ada, {"floor": 2.25, "list_price": 12, "weeks": 14}, base=1)
    assert write(house).data == PLAIN.replace(b"1,5", b"2,25").replace(b"13 weeks", b"14 weeks")
    assert write(house, set=f"{SET}@1").data == PLAIN


def test_what_nothing_sets_any_more_is_written_with_the_models_default(house: House) -> None:
    take(house, "weeks = 20\nfloor = 2\n")
    submit(house.auth, house.ada, {"floor": 2}, base=1)
    assert write(house).data == b"weeks = 13\nfloor = 2\n"


def test_fields_without_a_line_are_told(house: House) -> None:
    take(house, "weeks = 20\n")
    submit(house.auth, house.ada, {"weeks": 20, "floor": 2}, base=1)
    (note,) = write(house).notes
    assert "no line for them: Margin, Price floor, List price" in note


def test_the_values_of_a_day_and_of_a_place(house: House) -> None:
    take(house, "weeks = 20\n")
    tomorrow = house.sets.today() + timedelta(days=1)
    submit(house.auth, house.ada, {"weeks": 30}, base=1, effective_from=tomorrow)
    house.sets.set_place(house.ada, MODEL, SET, "DE")
    submit(house.auth, house.ada, {"weeks": 26}, place="DE")
    assert write(house).data == b"weeks = 20\n"
    assert write(house, valid_on=tomorrow).data == b"weeks = 30\n"
    assert write(house, place="DE").data == b"weeks = 26\n"


def test_answers_hold_for_the_way_back(house: House) -> None:
    take(house, "margin = 0.2\nfloor = 1,234\n", said={"scales": {"margin": "fraction"}, "decimal": ","})
    submit(house.auth, house.ada, {"margin": 20.0, "floor": 1.5}, base=1)
    assert write(house).data == b"margin = 0.2\nfloor = 1,5\n"


def test_a_value_that_the_file_cannot_hold_is_told_and_no_file_is_given(house: House) -> None:
    take(house, "weeks = 20\n")
    house.auth.engine.parameter_files.add_layout(
        house.ada, MODEL, SET, GivenFile("w.py", b"floor = 1\nweeks = 1 + 19\n")
    )
    with pytest.raises(Invalid, match="line 2"):
        write(house, "w.py")


def test_who_may_not_see_the_set_sees_no_file(house: House) -> None:
    take(house, "weeks = 20\n")
    assert write(house, by=house.dan).data == b"weeks = 20\n"
    with pytest.raises(NotFound):
        write(house, by=house.eve)


@pytest.mark.parametrize("model", list(LEGACY))
def test_the_models_own_legacy_files_go_in_and_come_back(engine: Engine, model: str) -> None:
    name, field, value, old, new = LEGACY[model]
    engine.catalog.register(LOCAL_ADMIN, ROOT / "models" / model, promote=True)
    source = (ROOT / "models" / model / name).read_bytes()
    files = engine.parameter_files
    seen = files.preview(LOCAL_ADMIN, model, GivenFile(name, source), name="base")
    assert seen.ready
    assert not seen.unknown
    assert not seen.missing
    done = files.store(LOCAL_ADMIN, model, "base", GivenFile(name, source), reason="From the laptop.")
    assert done.version is not None
    assert files.export(LOCAL_ADMIN, model, "base", name).data == source
    values = {**done.version.values, field: value}
    engine.sets.submit(LOCAL_ADMIN, model, "base", values, reason="Because.", base=1)
    assert source.count(old) == 1
    assert files.export(LOCAL_ADMIN, model, "base", name).data == source.replace(old, new)


def test_a_script_models_own_file_takes_a_set_that_came_from_none(engine: Engine) -> None:
    model, (name, field, value, old, new) = "legacy-price-elasticity", LEGACY["legacy-price-elasticity"]
    engine.catalog.register(LOCAL_ADMIN, ROOT / "models" / model, promote=True)
    engine.sets.create(LOCAL_ADMIN, model, "typed")
    engine.sets.submit(LOCAL_ADMIN, model, "typed", {field: value}, reason="Because.")
    files = engine.parameter_files
    assert files.own_file(LOCAL_ADMIN, model, "typed") == name
    source = (ROOT / "models" / model / name).read_bytes()
    assert files.export(LOCAL_ADMIN, model, "typed", "model").data == source.replace(old, new)


def test_a_new_file_of_any_kind_is_read_back_into_a_set_without_a_difference(house: House) -> None:
    take(house, "weeks = 20\nfloor = 2.5\n")
    files = house.auth.engine.parameter_files
    for kind in ("json", "ini", "yaml", "toml", "csv", "python", "r", "julia", "fixed", "key=value"):
        made = files.export_new(house.ada, MODEL, SET, kind)
        seen = files.preview(house.ada, MODEL, GivenFile(made.name, made.data), name=SET)
        assert seen.ready, (kind, made.data)
        assert seen.effect is not None
        assert (seen.effect.differences, seen.unknown, seen.missing) == ((), (), ()), made.data
