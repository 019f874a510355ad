"""What a reviewer looks at: changes beside what holds, what waits for whom, who may approve."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.access import LOCAL_ADMIN, Grant
from engine.errors import NotFound
from engine.parameters.in_force import DEFAULT
from tests.parameters.conftest import House
from tests.parameters.sets import MODEL, OTHER, SET, person, submit


def lines(house: House, number: int) -> dict[str, tuple[object, object]]:
    found = house.sets.differences(house.dan, MODEL, SET, number)
    return {one.field: (one.before, one.after) for one in found.fields}


def test_a_waiting_version_is_compared_with_what_holds_now(house: House) -> None:
    submit(house.auth, house.ada, {"weeks": 20, "floor": 2.0})
    submit(house.auth, house.ada, {"weeks": 26, "margin": 25.0}, base=1)
    found = house.sets.differences(house.cleo, MODEL, SET, 2)
    assert found.held == {"": 1}
    margin, floor, weeks = found.fields  # in the order of the form
    assert (margin.before, margin.before_from, margin.after, margin.guarded) == (20.0, DEFAULT, 25.0, True)
    assert (floor.before, floor.after, floor.after_from) == (2.0, 1.0, DEFAULT)
    assert weeks.difference is not None
    assert (weeks.difference.amount, weeks.difference.relative) == (6, pytest.approx(0.3))


def test_an_approved_version_keeps_telling_what_it_changed(house: House) -> None:
    submit(house.auth, house.ada, {"weeks": 20})
    submit(house.auth, house.ada, {"weeks": 26}, base=1)
    submit(house.auth, house.ada, {"weeks": 30}, base=2)
    assert lines(house, 2) == {"weeks": (20, 26)}
    assert lines(house, 1) == {"weeks": (13, 20)}


def test_a_rejected_version_is_compared_with_what_held_when_it_was_made(house: House) -> None:
    submit(house.auth, house.ada, {"weeks": 20})
    submit(house.auth, house.ada, {"weeks": 20, "margin": 25.0}, base=1)
    house.sets.reject(house.cleo, MODEL, SET, 2, "No.")
    submit(house.auth, house.ada, {"weeks": 40}, base=1)
    assert lines(house, 2) == {"margin": (20.0, 25.0)}


def test_a_place_is_compared_with_what_it_inherits(house: House) -> None:
    house.sets.set_place(house.ada, MODEL, SET, "DE")
    submit(house.auth, house.ada, {"weeks": 20})
    submit(house.auth, house.ada, {"weeks": 22, "floor": 1.0}, place="DE")
    floor, weeks = house.sets.differences(house.dan, MODEL, SET, 2).fields
    assert (weeks.before, weeks.before_from, weeks.after, weeks.after_from) == (20, "", 22, "DE")
    # the same value as the default, but set here from now on
    assert (floor.before, floor.before_from, floor.after, floor.after_from) == (1.0, DEFAULT, 1.0, "DE")


def test_a_planned_version_is_compared_with_its_own_day(house: House) -> None:
    later = house.sets.today() + timedelta(days=30)
    submit(house.auth, house.ada, {"weeks": 20}, effective_from=later)
    submit(house.auth, house.ada, {"weeks": 26}, base=1, effective_from=later + timedelta(days=1))
    assert lines(house, 2) == {"weeks": (20, 26)}
    planned = house.sets.planned(house.dan, MODEL, SET)
    assert [(one.number, one.effective_from) for one in planned] == [
        (1, later),
        (2, later + timedelta(days=1)),
    ]


def test_what_waits_is_for_those_who_decide_and_for_its_author(house: House) -> None:
    submit(house.auth, house.ada, {"margin": 25.0})
    seen = {name: house.sets.waiting(getattr(house, name)) for name in ("ada", "ben", "cleo", "dan", "eve")}
    assert {name: [one.decides for one in found] for name, found in seen.items()} == {
        "ada": [False], "ben": [True], "cleo": [True], "dan": [], "eve": []
    }  # fmt: skip
    assert seen["ada"][0].own
    house.sets.ask(house.cleo, MODEL, SET, 1, "Why?")
    assert house.sets.waiting(house.ada)[0].asked
    house.sets.answer(house.ada, MODEL, SET, 1, "Freight.")
    assert not house.sets.waiting(house.ada)[0].asked
    house.sets.approve(house.cleo, MODEL, SET, 1)
    assert house.sets.waiting(house.cleo) == []


def test_ones_own_guarded_change_waits_for_somebody_else(house: House) -> None:
    submit(house.auth, house.ben, {"margin": 25.0})
    (own,) = house.sets.waiting(house.ben)
    assert (own.own, own.decides) == (True, False)


def test_a_request_past_its_time_waits_for_nobody(house: House) -> None:
    from sqlalchemy import update

    from engine.store.base import utc_now
    from engine.store.tables_parameters import VERSION

    submit(house.auth, house.ada, {"margin": 25.0})
    with house.auth.engine.database.change(LOCAL_ADMIN) as change:
        change.connection.execute(update(VERSION).values(expires_at=utc_now() - timedelta(seconds=1)))
    assert house.sets.waiting(house.cleo) == []
    assert house.sets.get(house.cleo, MODEL, SET).in_review == 0


def test_somebody_without_a_role_any_more_sees_nothing_that_waits(house: House) -> None:
    submit(house.auth, house.ada, {"margin": 25.0})
    house.auth.accounts.set_grants(LOCAL_ADMIN, house.ada.id, [Grant("editor", OTHER)], "moved")
    assert house.sets.waiting(house.auth.accounts.actor_of(house.ada.id)) == []


def test_who_may_approve_is_known_and_its_authors_are_not_among_them(house: House) -> None:
    boss = person(house.auth, "fay", "approver", department=OTHER)
    submit(house.auth, house.ben, {"margin": 25.0})
    submit(house.auth, house.ada, {"margin": 25.0, "weeks": 20}, base=1)
    seen = house.sets.approvers(house.ada, MODEL, SET, 2)
    assert house.cleo.id in seen.others
    assert not {house.ada.id, house.ben.id, house.dan.id, boss.id} & set(seen.others)
    assert house.sets.approvers(house.ben, MODEL, SET, 2).barred
    assert not house.sets.approvers(house.cleo, MODEL, SET, 2).barred


def test_places_tell_what_they_set_by_themselves(house: House) -> None:
    house.sets.set_place(house.ada, MODEL, SET, "DE", "Germany", "EUR")
    house.sets.set_place(house.ada, MODEL, SET, "DE/S001")
    submit(house.auth, house.ada, {"weeks": 20, "floor": 2.0})
    submit(house.auth, house.ada, {"weeks": 22}, place="DE")
    found = [(one.place.place, one.number, one.fields) for one in house.sets.at_places(house.dan, MODEL, SET)]
    assert found == [("", 1, ["floor", "weeks"]), ("DE", 2, ["weeks"]), ("DE/S001", None, [])]


def test_another_departments_people_reach_none_of_it(house: House) -> None:
    submit(house.auth, house.ada, {"margin": 25.0})
    for reach in (house.sets.differences, house.sets.approvers, house.sets.effect, house.sets.try_out):
        with pytest.raises(NotFound):
            reach(house.eve, MODEL, SET, 1)


def test_a_value_outside_of_anything_used_before_is_marked(house: House) -> None:
    submit(house.auth, house.ada, {"weeks": 20})
    submit(house.auth, house.ada, {"weeks": 26}, base=1)
    submit(house.auth, house.ada, {"weeks": 22, "margin": 60.0}, base=2)
    (first,) = house.sets.differences(house.dan, MODEL, SET, 2).fields
    assert first.unusual is not None
    assert (first.unusual.kind, first.unusual.bound) == ("above", 20)
    marked = {one.field: one.unusual for one in house.sets.differences(house.dan, MODEL, SET, 3).fields}
    assert marked["weeks"] is None
    assert marked["margin"] is None  # never set before: nothing is known to compare with
