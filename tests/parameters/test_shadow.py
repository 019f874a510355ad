"""Shadow runs: what a version would do to results is seen before anybody approves it."""

from __future__ import annotations

import pytest

from engine.access import LOCAL_ADMIN
from engine.errors import NotFound, Refused
from tests.parameters.conftest import House
from tests.parameters.sets import MODEL, SET, submit


@pytest.fixture
def running(house: House) -> House:
    """The company, with runs being executed."""
    house.auth.engine.start()
    return house


def finished(house: House, number: int):
    """The effect of a version once its runs have ended."""
    found = house.sets.effect(house.cleo, MODEL, SET, number)
    for run in (found.before.id, found.after.id):
        house.auth.engine.runs.wait(run, 60)
    return house.sets.effect(house.cleo, MODEL, SET, number)


@pytest.mark.slow
def test_an_approver_sees_the_metrics_without_and_with_a_version(running: House) -> None:
    submit(running.auth, running.ada, {"weeks": 20})
    submit(running.auth, running.ada, {"weeks": 20, "margin": 25.0}, base=1)
    running.sets.try_out(running.cleo, MODEL, SET, 2)
    effect = finished(running, 2)
    assert effect.succeeded
    (total,) = effect.metrics
    assert (total.before, total.after, total.difference) == (51.0, 56.0, 5.0)
    assert total.relative == pytest.approx(5 / 51)
    assert (effect.before.parameter_set["versions"], effect.after.parameter_set["versions"]) == ({"": 1}, {"": 2})
    assert (effect.by, effect.outdated) == (running.cleo.id, "")
