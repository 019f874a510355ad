"""Four eyes: guarded changes wait for a second person, whatever way somebody tries around it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update

from engine.access import LOCAL_ADMIN
from engine.errors import Conflict, Invalid, Refused
from engine.parameters.merging import ChangedMeanwhile
from engine.store.base import utc_now
from engine.store.tables_parameters import VERSION
from tests.parameters.conftest import House, titles
from tests.parameters.sets import MODEL, SET, submit

pytestmark = pytest.mark.both_databases


def test_a_guarded_change_waits_and_approvers_are_told(house: House) -> None:
    version = submit(house.auth, house.ada, {"margin": 25.0})
    assert (version.state, version.guarded, version.approved_at) == ("in-review", ["margin"], None)
    assert house.sets.in_force(house.ada, MODEL, SET).values == {}
    expected = ["Summer prices: version 1 waits for your approval"]
    assert titles(house, "cleo") == titles(house, "ben") == expected
    assert titles(house, "ada") == titles(house, "eve") == []


def test_an_approver_lets_it_hold_and_the_author_is_told(house: House) -> None:
    submit(house.auth, house.ada, {"margin": 25.0})
    version = house.sets.approve(house.cleo, MODEL, SET, 1, "Fine.")
    assert (version.state, version.approved_by) == ("approved", house.cleo.id)
    assert [(step.step, step.by, step.comment) for step in version.steps] == [
        ("asked", house.ada.id, "Because."),
        ("approved", house.cleo.id, "Fine."),
    ]
    assert house.sets.in_force(house.dan, MODEL, SET).values == {"margin": 25.0}
    assert titles(house, "ada") == ["Summer prices: version 1 was approved"]


def test_nobody_approves_their_own_guarded_change(house: House) -> None:
    submit(house.auth, house.ben, {"margin": 25.0})
    with pytest.raises(Refused, match="your own"):
        house.sets.approve(house.ben, MODEL, SET, 1)


def test_nor_by_a_token_or_on_behalf_of_oneself(house: House) -> None:
    submit(house.auth, house.ben, {"margin": 25.0})
    _, text = house.auth.tokens.create(house.ben, "mine", roles=["approver"], departments=[])
    token = house.auth.tokens.actor(text)
    assert token.id == house.ben.id
    behalf = replace(house.cleo, on_behalf_of=house.ben.id)
    for actor in (token, behalf):
        with pytest.raises(Refused, match="your own"):
            house.sets.approve(actor, MODEL, SET, 1)


def test_nor_hidden_in_a_later_version_of_somebody_else(house: House) -> None:
    submit(house.auth, house.ben, {"margin": 25.0})
    submit(house.auth, house.ada, {"margin": 25.0, "weeks": 20}, base=1)
    with pytest.raises(Refused, match="your own"):
        house.sets.approve(house.ben, MODEL, SET, 2)
    house.sets.approve(house.cleo, MODEL, SET, 2)
    assert house.sets.version(house.cleo, MODEL, SET, 1).state == "superseded"


def test_bringing_an_approved_change_forward_is_a_guarded_change(house: House) -> None:
    later = house.sets.today() + timedelta(days=60)
    submit(house.auth, house.ada, {"margin": 25.0}, effective_from=later)
    house.sets.approve(house.cleo, MODEL, SET, 1)
    version = submit(house.auth, house.ada, {"margin": 25.0, "weeks": 20}, base=1)
    assert (version.state, version.guarded) == ("in-review", ["margin"])


def test_taking_a_guarded_value_away_is_a_guarded_change(house: House) -> None:
    submit(house.auth, house.ada, {"margin": 25.0})
    house.sets.approve(house.cleo, MODEL, SET, 1)
    assert submit(house.auth, house.ada, {"weeks": 20}, base=1).state == "in-review"


def test_the_default_written_down_is_no_change(house: House) -> None:
    assert submit(house.auth, house.ada, {"margin": 20.0, "weeks": 20}).state == "approved"


def test_every_change_of_a_guarded_set_waits(house: House) -> None:
    house.sets.create(house.ada, MODEL, "strict", guarded=True)
    version = submit(house.auth, house.ada, {"weeks": 20}, name="strict")
    assert (version.state, version.guarded) == ("in-review", ["weeks"])


def test_an_unguarded_change_may_be_reviewed_all_the_same(house: House) -> None:
    assert submit(house.auth, house.ben, {"weeks": 20}, review=True).state == "in-review"
    assert house.sets.approve(house.ben, MODEL, SET, 1).state == "approved"


def test_an_approver_may_choose_the_day(house: House) -> None:
    later = house.sets.today() + timedelta(days=7)
    submit(house.auth, house.ada, {"margin": 25.0})
    assert house.sets.approve(house.cleo, MODEL, SET, 1, effective_from=later).effective_from == later
    assert house.sets.in_force(house.ada, MODEL, SET).values == {}
    assert house.sets.in_force(house.ada, MODEL, SET, later).values == {"margin": 25.0}


def test_a_rejection_needs_a_reason_and_what_was_rejected_is_no_base(house: House) -> None:
    submit(house.auth, house.ada, {"margin": 25.0})
    with pytest.raises(Invalid, match="reason"):
        house.sets.reject(house.cleo, MODEL, SET, 1, " ")
    assert house.sets.reject(house.cleo, MODEL, SET, 1, "Too high.").state == "rejected"
    assert submit(house.auth, house.ada, {"margin": 22.0}).base is None
    with pytest.raises(Conflict, match="rejected"):
        house.sets.approve(house.cleo, MODEL, SET, 1)


def test_a_waiting_version_is_the_base_of_the_next(house: House) -> None:
    submit(house.auth, house.ada, {"margin": 25.0})
    with pytest.raises(ChangedMeanwhile):
        submit(house.auth, house.ben, {"weeks": 20})


def test_questions_and_answers_go_back_and_forth(house: House) -> None:
    submit(house.auth, house.ada, {"margin": 25.0})
    house.sets.ask(house.cleo, MODEL, SET, 1, "Why so much?")
    version = house.sets.answer(house.ada, MODEL, SET, 1, "Freight.")
    assert [step.step for step in version.steps] == ["asked", "question", "answer"]
    assert version.state == "in-review"
    assert titles(house, "ada") == ["Summer prices: a question about version 1"]
    assert titles(house, "cleo")[0] == "Summer prices: an answer about version 1"


def test_only_the_author_withdraws(house: House) -> None:
    submit(house.auth, house.ada, {"margin": 25.0})
    with pytest.raises(Refused):
        house.sets.withdraw(house.ben, MODEL, SET, 1)
    assert house.sets.withdraw(house.ada, MODEL, SET, 1).state == "rejected"


def test_a_request_expires(house: House) -> None:
    submit(house.auth, house.ada, {"margin": 25.0}, days=1)
    with house.auth.engine.database.change(LOCAL_ADMIN) as change:
        change.connection.execute(update(VERSION).values(expires_at=utc_now() - timedelta(seconds=1)))
    assert house.sets.version(house.ada, MODEL, SET, 1).state == "expired"
    with pytest.raises(Conflict, match="expired"):
        house.sets.approve(house.cleo, MODEL, SET, 1)
    assert submit(house.auth, house.ada, {"margin": 25.0}).number == 2


def test_an_older_request_cannot_undo_what_was_approved_after_it(house: House) -> None:
    submit(house.auth, house.ada, {"margin": 25.0})
    submit(house.auth, house.ada, {"margin": 26.0}, base=1)
    house.sets.approve(house.cleo, MODEL, SET, 2)
    with pytest.raises(Conflict):
        house.sets.approve(house.cleo, MODEL, SET, 1)
