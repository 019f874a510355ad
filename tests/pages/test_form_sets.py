"""What a run's form takes from a parameter set, and what it hands over to the run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from app import state
from app.components import form_sets
from app.components.form_state import FormModel
from engine.errors import Conflict, NotFound
from tests.parameters.conftest import House
from tests.parameters.conftest import house as house
from tests.parameters.sets import MODEL, SET, submit


@pytest.fixture
def form(house: House) -> Iterator[FormModel]:
    """The form of the pricing model, for an analyst; the set is in force."""
    submit(house.auth, house.ada, {"weeks": 20, "list_price": 12.5})
    state.attach(house.auth)
    loaded = house.auth.engine.catalog.version(house.dan, MODEL)
    with state.acting(house.dan):
        yield FormModel(loaded.id, MODEL, loaded.number, loaded.manifest)
    state.detach(house.auth)


def values(form: FormModel, **typed: Any) -> dict[str, Any]:
    taken = form_sets.take(form, SET)
    found, problems = form.values({**form.defaults, **taken.raws, **typed})
    assert problems == []
    return found


def test_only_what_differs_from_the_set_is_set_otherwise(form: FormModel) -> None:
    taken = form_sets.take(form, SET)
    assert taken.raws == {"weeks": "20", "list_price": "12.5"}
    assert form_sets.set_otherwise(form, taken, values(form)) == {}
    assert form_sets.set_otherwise(form, taken, values(form, weeks="20.0", floor="2")) == {"floor": 2.0}
    handed = form_sets.submitted(form, taken, values(form, weeks="21"))
    assert (handed["values"], handed["parameter_set"], handed["place"]) == ({"weeks": 21}, SET, "")


def test_without_a_set_all_values_are_handed_over(form: FormModel) -> None:
    assert form_sets.submitted(form, None, {"weeks": 3}) == {"values": {"weeks": 3}}


def test_the_run_gets_what_was_shown(form: FormModel, house: House) -> None:
    taken, shown = form_sets.take(form, SET), values(form, floor="2")
    submit(house.auth, house.ada, {"weeks": 40}, base=1)
    run = house.auth.engine.runs.submit(house.dan, MODEL, **form_sets.submitted(form, taken, shown))
    assert run.values == shown
    run = house.auth.engine.runs.submit(house.dan, MODEL, **form_sets.submitted(form, taken, {}))
    assert (run.values["weeks"], run.parameter_set and run.parameter_set["versions"]) == (20, {"": 1})


def test_what_came_into_force_meanwhile_is_told(form: FormModel, house: House) -> None:
    taken, fixed = form_sets.take(form, SET), form_sets.take(form, f"{SET}@1")
    assert form_sets.newer(form, taken) is None
    submit(house.auth, house.ada, {"weeks": 40}, base=1)
    later = form_sets.newer(form, taken)
    assert later is not None
    assert (later.version, later.raws["weeks"]) == (2, "40")
    assert form_sets.newer(form, fixed) is None


def test_a_draft_brings_back_the_set_as_it_was_then(form: FormModel, house: House) -> None:
    taken = form_sets.take(form, SET)
    submit(house.auth, house.ada, {"weeks": 40}, base=1)
    assert form_sets.from_draft(form, taken.kept()) == taken
    assert form_sets.from_draft(form, {**taken.kept(), "reference": "gone"}) is None
    assert form_sets.from_draft(form, None) is None
    assert form_sets.is_from(taken, SET, "")
    assert not form_sets.is_from(taken, f"{SET}@1", "")


def test_a_run_brings_back_its_set(form: FormModel, house: House) -> None:
    run = house.auth.engine.runs.submit(house.dan, MODEL, parameter_set=SET, values={"floor": 2.0})
    taken = form_sets.from_run(form, run)
    assert taken is not None
    assert (taken.versions, taken.reference) == ({"": 1}, SET)
    assert form_sets.from_run(form, house.auth.engine.runs.submit(house.dan, MODEL)) is None


def test_a_run_finds_its_preset_under_the_name_that_it_has_today(form: FormModel, house: House) -> None:
    house.sets.create(house.dan, MODEL, "~mine", "Mine")
    house.sets.submit(house.dan, MODEL, "~mine", {"weeks": 21})
    run = house.auth.engine.runs.submit(house.dan, MODEL, parameter_set="~mine@1")
    house.sets.rename_preset(house.dan, MODEL, "~mine", "Whitsun rush")
    taken = form_sets.from_run(form, run)
    assert taken is not None
    assert taken.reference == "~whitsun-rush@1"


def test_a_field_that_the_form_does_not_have_is_left_out(form: FormModel) -> None:
    short = replace(
        form, manifest=form.manifest.model_copy(update={"fields": {"floor": form.fields["floor"]}})
    )
    taken = form_sets.take(short, SET)
    assert (taken.raws, taken.left_out) == ({}, ("list_price", "weeks"))


def test_a_value_that_does_not_fit_this_version_is_not_taken_and_counts_as_set_otherwise(
    form: FormModel, house: House
) -> None:
    narrow = form.fields["weeks"].model_copy(update={"maximum": 10})
    fields = {**form.fields, "weeks": narrow}
    other = replace(form, manifest=form.manifest.model_copy(update={"fields": fields}))
    taken = form_sets.take(other, SET)
    assert (taken.unfit, "weeks" in taken.raws) == (("weeks",), False)
    shown, _ = other.values({**other.defaults, **taken.raws, "weeks": "7"})
    assert form_sets.set_otherwise(other, taken, shown) == {"weeks": 7}


def test_nothing_in_force_and_nothing_there_are_told(form: FormModel, house: House) -> None:
    house.sets.create(house.ada, MODEL, "later", "Later")
    day = house.sets.today() + timedelta(days=3)
    submit(house.auth, house.ada, {"weeks": 9}, name="later", effective_from=day)
    with pytest.raises(Conflict, match="No version of Later is in force"):
        form_sets.take(form, "later")
    assert form_sets.take(form, "later@1").raws == {"weeks": "9"}
    with pytest.raises(NotFound):
        form_sets.take(form, "nothing")


def test_raws_that_mean_the_same_are_the_same(form: FormModel) -> None:
    assert form_sets.same_raw(form, "weeks", None, "")
    assert not form_sets.same_raw(form, "weeks", "20", "21")
