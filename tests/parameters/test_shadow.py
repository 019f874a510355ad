"""Shadow runs: what a version would do to results is seen before anybody approves it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from engine.access import LOCAL_ADMIN
from engine.errors import Invalid, Refused
from engine.parameters.effects import Effect, verdict
from tests.parameters.conftest import House
from tests.parameters.sets import MANIFEST, MODEL, SET, SOURCE, submit

NAN = float("nan")


@pytest.fixture
def running(house: House) -> House:
    """The company, with runs being executed."""
    house.auth.engine.start()
    return house


def finished(house: House, number: int) -> Effect:
    """The effect of a version once its runs have ended."""
    found = house.sets.effect(house.cleo, MODEL, SET, number)
    assert found is not None
    for run in (found.before, found.after):
        house.auth.engine.runs.wait(run.id, 60)
    found = house.sets.effect(house.cleo, MODEL, SET, number)
    assert found is not None
    return found


def change_model(house: House, folder: Path, manifest: str, source: str = SOURCE) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "model.toml").write_text(manifest, "utf-8")
    (folder / "model.py").write_text(source, "utf-8")
    house.auth.engine.catalog.register(LOCAL_ADMIN, folder, promote=True)


@pytest.mark.slow
def test_an_approver_sees_the_metrics_without_and_with_a_version(running: House) -> None:
    submit(running.auth, running.ada, {"weeks": 20})
    submit(running.auth, running.ada, {"weeks": 20, "margin": 25.0}, base=1)
    running.sets.try_out(running.cleo, MODEL, SET, 2)
    effect = finished(running, 2)
    assert effect.succeeded
    (total,) = effect.metrics
    assert (total.before, total.after, total.difference, total.verdict) == (51.0, 56.0, 5.0, "changed")
    assert total.relative == pytest.approx(5 / 51)
    assert effect.before.parameter_set is not None
    assert effect.after.parameter_set is not None
    assert effect.before.parameter_set["versions"] == {"": 1}
    assert effect.after.parameter_set["versions"] == {"": 2}
    assert (effect.by, effect.outdated) == (running.cleo.id, "")
    (trial,) = running.sets.trials(running.dan, MODEL, SET, 2)
    assert (trial.by, trial.after_run) == (running.cleo.id, effect.after.id)


@pytest.mark.slow
def test_shadow_runs_stand_in_no_list_and_not_among_a_versions_runs(running: House) -> None:
    submit(running.auth, running.ada, {"margin": 25.0})
    running.sets.try_out(running.ada, MODEL, SET, 1)
    effect = finished(running, 1)
    runs = running.auth.engine.runs
    assert runs.list(running.dan)[1] == 0
    assert {run.id for run in runs.list(running.dan, shadow=True)[0]} == {effect.before.id, effect.after.id}
    assert running.sets.used_by(running.dan, MODEL, SET, 1) == []
    assert effect.before.provenance["shadow"] == {"set": SET, "version": 1, "without": True}
    again = runs.again(running.ada, effect.after.id)
    assert (again.kind, "shadow" in again.provenance) == ("queued", False)


@pytest.mark.slow
def test_without_anything_in_force_the_models_defaults_are_what_it_is_compared_with(running: House) -> None:
    later = running.sets.today() + timedelta(days=3)
    submit(running.auth, running.ada, {"margin": 25.0}, effective_from=later)
    running.sets.try_out(running.cleo, MODEL, SET, 1)
    (total,) = finished(running, 1).metrics
    assert (total.before, total.after) == (44.0, 49.0)


@pytest.mark.slow
def test_a_field_without_a_default_is_as_in_the_last_run(running: House, tmp_path: Path) -> None:
    needy = MANIFEST.replace('unit = "weeks"\ndefault = 13\n', 'unit = "weeks"\n')
    change_model(running, tmp_path / "needy", needy)
    submit(running.auth, running.ada, {"margin": 25.0})
    with pytest.raises(Invalid, match="Weeks ahead"):
        running.sets.try_out(running.cleo, MODEL, SET, 1)
    first = running.auth.engine.runs.submit(running.ada, MODEL, values={"weeks": 7})
    running.auth.engine.runs.wait(first.id, 60)
    running.sets.try_out(running.cleo, MODEL, SET, 1)
    (total,) = finished(running, 1).metrics
    assert (total.before, total.after) == (38.0, 43.0)


@pytest.mark.slow
def test_chance_is_the_same_in_both_runs(running: House, tmp_path: Path) -> None:
    chance = SOURCE.replace("def price", "import random\n\n\ndef price").replace(
        "weeks}", "weeks + random.random()}"
    )
    change_model(running, tmp_path / "chance", MANIFEST.replace("deterministic = true\n", ""), chance)
    submit(running.auth, running.ada, {"margin": 25.0})
    running.sets.try_out(running.cleo, MODEL, SET, 1)
    effect = finished(running, 1)
    assert effect.before.seed == effect.after.seed is not None
    assert effect.metrics[0].difference == pytest.approx(5.0)


@pytest.mark.slow
def test_a_comparison_says_when_it_is_no_longer_up_to_date(running: House, tmp_path: Path) -> None:
    submit(running.auth, running.ada, {"weeks": 20})
    submit(running.auth, running.ada, {"weeks": 20, "margin": 25.0}, base=1)
    running.sets.try_out(running.cleo, MODEL, SET, 2)
    assert finished(running, 2).outdated == ""
    running.sets.set_place(running.ada, MODEL, SET, "DE")
    change_model(running, tmp_path / "newer", MANIFEST.replace("Adds up.", "Adds it up."))
    assert finished(running, 2).outdated == "model"
    submit(running.auth, running.ada, {"weeks": 20, "margin": 25.0, "floor": 2.0}, base=2)
    running.sets.reject(running.cleo, MODEL, SET, 3, "One after the other.")
    running.sets.try_out(running.cleo, MODEL, SET, 2)
    assert finished(running, 2).outdated == ""


@pytest.mark.slow
def test_a_run_that_fails_is_told_and_nothing_is_compared(running: House, tmp_path: Path) -> None:
    picky = SOURCE.replace(
        "    return", "    if margin > 20:\n        raise ValueError('too much')\n    return"
    )
    change_model(running, tmp_path / "picky", MANIFEST, picky)
    submit(running.auth, running.ada, {"margin": 25.0})
    running.sets.try_out(running.cleo, MODEL, SET, 1)
    effect = finished(running, 1)
    assert (effect.before.state, effect.after.state, effect.succeeded) == ("succeeded", "failed", False)
    assert effect.metrics == []


def test_an_approver_may_try_a_version_and_yet_not_run_the_model(house: House) -> None:
    submit(house.auth, house.ada, {"margin": 25.0})
    assert house.sets.try_out(house.cleo, MODEL, SET, 1).after.kind == "shadow"
    with pytest.raises(Refused):
        house.auth.engine.runs.submit(house.cleo, MODEL)
    house.auth.engine.runs.cancel(house.cleo, house.sets.effect(house.cleo, MODEL, SET, 1).after.id)  # type: ignore[union-attr]


def test_who_only_looks_may_not_try_but_sees_what_came_of_it(house: House) -> None:
    submit(house.auth, house.ada, {"margin": 25.0})
    with pytest.raises(Refused):
        house.sets.try_out(house.dan, MODEL, SET, 1)
    made = house.sets.try_out(house.cleo, MODEL, SET, 1)
    seen = house.sets.effect(house.dan, MODEL, SET, 1)
    assert seen is not None
    assert seen.after.id == made.after.id


def test_nobody_is_told_of_an_effect_before_there_is_one(house: House) -> None:
    submit(house.auth, house.ada, {"margin": 25.0})
    assert house.sets.effect(house.cleo, MODEL, SET, 1) is None


@pytest.mark.parametrize(
    ("before", "after", "better", "expected"),
    [
        (1.0, 2.0, "higher", "better"), (1.0, 2.0, "lower", "worse"), (2.0, 1.0, "lower", "better"),
        (1.0, 1.0, "lower", "same"), (1.0, 2.0, None, "changed"), (NAN, NAN, "lower", "same"),
        (1.0, NAN, "lower", "changed"), (None, 1.0, "lower", "changed"), (None, None, "lower", "same"),
    ],
)  # fmt: skip
def test_better_is_what_the_model_says(
    before: float | None, after: float | None, better: str | None, expected: str
) -> None:
    assert verdict(before, after, better) == expected


def test_a_preset_that_was_tried_out_can_be_removed(house: House) -> None:
    house.sets.create(house.ada, MODEL, "~mine")
    submit(house.auth, house.ada, {"weeks": 20}, name="~mine")
    made = house.sets.try_out(house.ada, MODEL, "~mine", 1)
    house.sets.remove_preset(house.ada, MODEL, "~mine")
    assert house.auth.engine.runs.get(house.ada, made.after.id).provenance["shadow"]["set"] == "~mine"


def test_data_that_nobody_proposes_is_asked_for_and_nothing_is_run(house: House, tmp_path: Path) -> None:
    needy = MANIFEST + '\n[inputs.sales]\ntitle = "Weekly sales"\ncolumns = { units = "number" }\n'
    change_model(house, tmp_path / "needy", needy, SOURCE.replace("def price(", "def price(sales, ", 1))
    submit(house.auth, house.ada, {"weeks": 20})
    with pytest.raises(Invalid, match="“Weekly sales” needs data to compare on: choose a stored dataset"):
        house.sets.try_out(house.cleo, MODEL, SET, 1)
    assert house.sets.trials(house.dan, MODEL, SET, 1) == []
