"""Runs take their values from a parameter set, with changes on top; both stay on record."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from engine.access import LOCAL_ADMIN
from engine.errors import Conflict, Invalid, NotFound
from tests.parameters.conftest import House
from tests.parameters.sets import MANIFEST, MODEL, SET, SOURCE, submit

pytestmark = pytest.mark.both_databases


def test_a_run_takes_what_is_in_force_and_what_is_set_otherwise(house: House) -> None:
    submit(house.auth, house.ada, {"weeks": 20, "list_price": 12.0})
    runs = house.auth.engine.runs
    run = runs.submit(house.dan, MODEL, values={"floor": 3.0, "weeks": 20}, parameter_set=SET)
    assert run.values == {"margin": 20.0, "floor": 3.0, "list_price": 12.0, "weeks": 20}
    told = run.parameter_set
    assert told is not None
    assert (told["name"], told["versions"], told["overrides"]) == (SET, {"": 1}, ["floor"])
    assert runs.provenance(house.dan, run.id)["parameter_set"] == told
    assert runs.get(house.dan, run.id).as_json()["parameter_set"] == told


def test_a_named_version_is_taken_whatever_is_in_force(house: House) -> None:
    submit(house.auth, house.ada, {"weeks": 20})
    submit(house.auth, house.ada, {"weeks": 30}, base=1)
    run = house.auth.engine.runs.submit(house.dan, MODEL, parameter_set=f"{SET}@1")
    assert (run.values["weeks"], run.parameter_set and run.parameter_set["versions"]) == (20, {"": 1})


def test_a_run_at_a_place_records_the_version_of_each_level(house: House) -> None:
    house.sets.set_place(house.ada, MODEL, SET, "DE")
    submit(house.auth, house.ada, {"weeks": 20, "floor": 2.0})
    submit(house.auth, house.ada, {"weeks": 26}, place="DE")
    run = house.auth.engine.runs.submit(house.dan, MODEL, parameter_set=SET, place="DE")
    assert (run.values["weeks"], run.values["floor"]) == (26, 2.0)
    assert run.parameter_set is not None
    assert run.parameter_set["versions"] == {"": 1, "DE": 2}
    for number in (1, 2):
        assert [r.id for r in house.sets.used_by(house.dan, MODEL, SET, number)] == [run.id]


def test_run_again_keeps_values_and_set_although_another_version_is_in_force(house: House) -> None:
    submit(house.auth, house.ada, {"weeks": 20})
    runs = house.auth.engine.runs
    first = runs.submit(house.dan, MODEL, values={"floor": 3.0}, parameter_set=SET)
    submit(house.auth, house.ada, {"weeks": 30}, base=1)
    again = runs.again(house.dan, first.id)
    assert (again.values, again.parameter_set) == (first.values, first.parameter_set)
    assert {r.id for r in house.sets.used_by(house.dan, MODEL, SET, 1)} == {first.id, again.id}


def test_runs_of_others_are_not_told_to_those_who_may_not_see_them(house: House) -> None:
    submit(house.auth, house.ada, {"weeks": 20})
    house.auth.engine.runs.submit(house.dan, MODEL, parameter_set=SET)
    house.auth.sharing.share(LOCAL_ADMIN, "model", MODEL, f"person:{house.eve.id}", "editor")
    eve = house.auth.accounts.actor_of(house.eve.id)
    assert house.sets.used_by(eve, MODEL, SET, 1) == []


def test_a_set_without_anything_in_force_is_told(house: House) -> None:
    runs = house.auth.engine.runs
    later = house.sets.today() + timedelta(days=2)
    submit(house.auth, house.ada, {"weeks": 20}, effective_from=later)
    with pytest.raises(Conflict, match="in force"):
        runs.submit(house.dan, MODEL, parameter_set=SET)
    with pytest.raises(NotFound, match="parameter set"):
        runs.submit(house.dan, MODEL, parameter_set="nothing")
    with pytest.raises(NotFound, match="place"):
        runs.submit(house.dan, MODEL, parameter_set=SET, place="DE")


def test_values_on_top_keep_the_rules_of_the_model(house: House) -> None:
    submit(house.auth, house.ada, {"list_price": 5.0})
    with pytest.raises(Invalid, match="must not be above"):
        house.auth.engine.runs.submit(house.dan, MODEL, values={"floor": 6.0}, parameter_set=SET)


def test_a_run_without_a_set_says_so(house: House) -> None:
    assert house.auth.engine.runs.submit(house.dan, MODEL).parameter_set is None


def test_what_was_shown_is_what_runs_although_a_version_came_into_force_meanwhile(house: House) -> None:
    submit(house.auth, house.ada, {"weeks": 20})
    shown = house.sets.in_force(house.dan, MODEL, SET)
    submit(house.auth, house.ada, {"weeks": 30}, base=1)
    run = house.auth.engine.runs.submit(
        house.dan, MODEL, parameter_set=SET, valid_on=shown.valid_on, known_at=shown.known_at
    )
    assert (run.values["weeks"], run.parameter_set and run.parameter_set["versions"]) == (20, {"": 1})


def test_a_field_that_the_models_version_does_not_have_is_left_out_and_told(
    house: House, tmp_path: Path
) -> None:
    submit(house.auth, house.ada, {"weeks": 20, "floor": 2.0})
    folder = tmp_path / "without-floor"
    folder.mkdir()
    shorter = MANIFEST.replace(
        MANIFEST[MANIFEST.index("[fields.floor]") : MANIFEST.index("[fields.list")], ""
    )
    (folder / "model.toml").write_text(
        shorter.partition("[[rules]]")[0] + '[outputs.total]\nkind = "metric"\n'
    )
    (folder / "model.py").write_text(SOURCE.replace("floor, ", "").replace("floor + ", ""), "utf-8")
    house.auth.engine.catalog.register(LOCAL_ADMIN, folder, promote=True)
    run = house.auth.engine.runs.submit(house.dan, MODEL, parameter_set=SET)
    assert run.parameter_set is not None
    assert ("floor" not in run.values, run.parameter_set["left_out"]) == (True, ["floor"])
    assert run.parameter_set["overrides"] == []


def test_what_belongs_to_a_set_is_not_passed_over_where_none_is_named(house: House) -> None:
    with pytest.raises(Invalid, match="belongs to a parameter set") as failure:
        house.auth.engine.runs.submit(house.dan, MODEL, place="DE", valid_on=house.sets.today())
    assert [problem.where for problem in failure.value.problems] == ["place", "valid_on"]
