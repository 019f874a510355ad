"""Parameter sets: versions, places, dates, drafts, history and comparison."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlmodel import select

from engine.access import LOCAL_ADMIN
from engine.errors import Conflict, Invalid, NotFound, Refused
from engine.parameters.merging import ChangedMeanwhile
from engine.store.base import utc_now
from engine.store.database import EventRow
from tests.parameters.conftest import House
from tests.parameters.sets import HOME, MODEL, OTHER, SET, submit

pytestmark = pytest.mark.both_databases


def test_an_unguarded_change_is_in_force_at_once(house: House) -> None:
    version = submit(house.auth, house.ada, {"weeks": 20})
    assert (version.number, version.state, version.approved_by) == (1, "approved", house.ada.id)
    found = house.sets.in_force(house.dan, MODEL, SET)
    assert (found.values, found.origin, found.versions) == ({"weeks": 20}, {"weeks": ""}, {"": 1})


def test_a_version_holds_from_its_day_on(house: House) -> None:
    today = house.sets.today()
    submit(house.auth, house.ada, {"weeks": 20})
    later = today + timedelta(days=30)
    submit(house.auth, house.ada, {"weeks": 30}, base=1, effective_from=later)
    assert house.sets.in_force(house.ada, MODEL, SET).values == {"weeks": 20}
    assert house.sets.in_force(house.ada, MODEL, SET, later).values == {"weeks": 30}
    states = {v.number: v.state for v in house.sets.versions(house.ada, MODEL, SET)[0]}
    assert states == {1: "approved", 2: "approved"}


def test_a_correction_of_the_past_does_not_change_what_was_known(house: House) -> None:
    today = house.sets.today()
    submit(house.auth, house.ada, {"weeks": 20}, effective_from=today - timedelta(days=10))
    moment = utc_now()
    submit(house.auth, house.ada, {"weeks": 25}, base=1, effective_from=today - timedelta(days=5))
    assert house.sets.in_force(house.ada, MODEL, SET).values == {"weeks": 25}
    assert house.sets.in_force(house.ada, MODEL, SET, known_at=moment).values == {"weeks": 20}
    states = {v.number: v.state for v in house.sets.versions(house.ada, MODEL, SET)[0]}
    assert states == {1: "superseded", 2: "approved"}


def test_stores_inherit_from_their_region_and_the_company(house: House) -> None:
    for place, currency in (("DE", "EUR"), ("DE/S001", ""), ("CH", "CHF")):
        house.sets.set_place(house.ada, MODEL, SET, place, currency=currency)
    submit(house.auth, house.ada, {"weeks": 20, "list_price": 12.0})
    submit(house.auth, house.ada, {"weeks": 26}, place="DE")
    submit(house.auth, house.ada, {"floor": 2.0}, place="DE/S001")
    found = house.sets.in_force(house.dan, MODEL, SET, place="DE/S001")
    assert found.values == {"weeks": 26, "list_price": 12.0, "floor": 2.0}
    assert found.origin == {"weeks": "DE", "list_price": "", "floor": "DE/S001"}
    assert (found.versions, found.currency) == ({"": 1, "DE": 2, "DE/S001": 3}, "EUR")
    assert house.sets.in_force(house.dan, MODEL, SET, place="CH").values == {"weeks": 20, "list_price": 12.0}


def test_a_place_needs_the_one_above_it_and_a_currency_of_three_letters(house: House) -> None:
    with pytest.raises(NotFound, match="Add DE first"):
        house.sets.set_place(house.ada, MODEL, SET, "DE/S001")
    with pytest.raises(Invalid, match="EUR"):
        house.sets.set_place(house.ada, MODEL, SET, "DE", currency="€")
    with pytest.raises(NotFound, match="place “FR”"):
        submit(house.auth, house.ada, {"weeks": 20}, place="FR")


def test_values_of_a_place_keep_the_rules_together_with_what_they_inherit(house: House) -> None:
    house.sets.set_place(house.ada, MODEL, SET, "DE")
    submit(house.auth, house.ada, {"list_price": 12.0})
    with pytest.raises(Invalid, match="must not be above"):
        submit(house.auth, house.ada, {"floor": 50.0}, place="DE")


def test_bad_values_are_all_told_and_nothing_is_stored(house: House) -> None:
    with pytest.raises(Invalid) as failure:
        submit(house.auth, house.ada, {"weeks": 0, "floor": 1000, "wekks": 3})
    assert {p.where for p in failure.value.problems} == {"weeks", "floor", "wekks"}
    assert house.sets.versions(house.ada, MODEL, SET) == ([], 0)


def test_a_change_needs_a_reason_and_a_difference(house: House) -> None:
    with pytest.raises(Invalid, match="reason"):
        submit(house.auth, house.ada, {"weeks": 20}, reason="  ")
    submit(house.auth, house.ada, {"weeks": 20})
    with pytest.raises(Invalid, match="Nothing differs"):
        submit(house.auth, house.ada, {"weeks": 20}, base=1)


def test_the_second_of_two_editors_is_told_who_changed_what(house: House) -> None:
    submit(house.auth, house.ada, {"weeks": 20, "floor": 1.0})
    submit(house.auth, house.ada, {"weeks": 21, "floor": 2.0}, base=1)
    with pytest.raises(ChangedMeanwhile) as failure:
        submit(house.auth, house.ben, {"weeks": 22, "floor": 1.0, "list_price": 15.0}, base=1)
    merge = failure.value.merge
    assert merge.conflicts == ("weeks",)
    assert merge.merged == {"weeks": 21, "floor": 2.0, "list_price": 15.0}
    assert "Ada stored version 2 meanwhile and changed floor, weeks" in failure.value.sentence
    assert failure.value.as_json()["merge"]["version"] == 2
    chosen = {**merge.merged, "weeks": 22}
    assert submit(house.auth, house.ben, chosen, base=2).values == chosen


def test_a_version_of_one_place_is_no_conflict_for_another(house: House) -> None:
    house.sets.set_place(house.ada, MODEL, SET, "DE")
    submit(house.auth, house.ada, {"weeks": 20})
    assert submit(house.auth, house.ben, {"weeks": 30}, place="DE").base is None


def test_presets_are_there_for_their_owner_only(house: House) -> None:
    house.sets.create(house.dan, MODEL, "~quick")
    version = submit(house.auth, house.dan, {"margin": 3.0}, name="~quick", reason="")
    assert version.state == "approved"
    assert [c.name for c in house.sets.list(house.dan)] == [SET, "~quick"]
    assert [c.name for c in house.sets.list(house.ada)] == [SET]
    for other in (house.ada, LOCAL_ADMIN):
        with pytest.raises(NotFound):
            house.sets.get(other, MODEL, "~quick")
    house.sets.create(house.ada, MODEL, "~quick")  # everybody's names are their own
    assert house.sets.versions(house.ada, MODEL, "~quick") == ([], 0)


def test_analysts_change_no_set_of_the_department(house: House) -> None:
    with pytest.raises(Refused):
        submit(house.auth, house.dan, {"weeks": 20})
    with pytest.raises(Refused):
        house.sets.create(house.dan, MODEL, "autumn")


def test_another_departments_sets_are_not_there(house: House) -> None:
    assert house.sets.list(house.eve) == []
    with pytest.raises(NotFound) as hidden:
        house.sets.get(house.eve, MODEL, SET)
    with pytest.raises(NotFound) as missing:
        house.sets.get(house.eve, MODEL, "nothing")
    assert hidden.value.sentence.replace(SET, "nothing") == missing.value.sentence


def test_whoever_edits_a_shared_model_edits_its_sets(house: House) -> None:
    house.auth.sharing.share(LOCAL_ADMIN, "model", MODEL, f"person:{house.eve.id}", "editor")
    eve = house.auth.accounts.actor_of(house.eve.id)
    assert [c.name for c in house.sets.list(eve)] == [SET]
    assert submit(house.auth, eve, {"weeks": 20}).state == "approved"


def test_a_set_belongs_to_the_renamed_department(house: House) -> None:
    house.auth.accounts.rename_department(LOCAL_ADMIN, HOME, "Buying")
    assert house.sets.get(LOCAL_ADMIN, MODEL, SET).department == "Buying"


def test_a_draft_survives_and_is_gone_after_it_was_submitted(house: House) -> None:
    house.sets.save_draft(house.ada, MODEL, SET, {"weeks": "twenty"}, base=None)
    kept = house.sets.draft(house.ada, MODEL, SET)
    assert (kept["values"], kept["base"], kept["sources"]) == ({"weeks": "twenty"}, None, {})
    assert kept["at"]
    assert house.sets.draft(house.ben, MODEL, SET) == {}
    submit(house.auth, house.ada, {"weeks": 20})
    assert house.sets.draft(house.ada, MODEL, SET) == {}


def test_the_history_of_a_field_is_its_last_eight_values(house: House) -> None:
    for n in range(12):
        submit(
            house.auth, house.ada, {"weeks": 10 + n, "floor": 5.0}, base=n or None, sources={"weeks": "xlsx"}
        )
    found = house.sets.history(house.dan, MODEL, SET)
    assert [past.value for past in found["weeks"]] == list(range(14, 22))
    assert [(past.value, past.number, past.source) for past in found["floor"]] == [(5.0, 1, "typed")]
    assert found["weeks"][-1].source == "xlsx"


def test_a_comparison_shows_first_what_differs_by_group(house: House) -> None:
    submit(house.auth, house.ada, {"list_price": 12.0})
    submit(house.auth, house.ada, {"list_price": 14.0}, base=1)
    found = house.sets.compare(house.dan, MODEL, [f"{SET}@1", SET])
    assert [(c.number, c.state) for c in found.columns] == [(1, "superseded"), (2, "approved")]
    assert [group.title for group in found.groups] == ["Prices", ""]
    assert [row.field for row in found.groups[0].fields] == ["list_price", "margin", "floor"]
    assert (found.groups[0].fields[0].values, found.groups[0].fields[1].differs) == ([12.0, 14.0], False)
    assert found.groups[0].fields[1].origins == ["default", "default"]
    with pytest.raises(Invalid, match="two to five"):
        house.sets.compare(house.dan, MODEL, [SET])


def test_each_change_is_an_event_with_old_new_and_reason(house: House) -> None:
    submit(house.auth, house.ada, {"weeks": 20})
    submit(house.auth, house.ada, {"weeks": 21}, base=1, reason="Longer season.")
    with house.auth.engine.database.read() as session:
        row = session.exec(select(EventRow).where(EventRow.name == "parameters-submitted")).all()[-1]
    assert (row.object_kind, row.object_id, row.department) == ("params", f"{MODEL}/{SET}", HOME)
    assert '"old": {"weeks": 20}' in row.data
    assert '"new": {"weeks": 21}' in row.data
    assert '"reason": "Longer season."' in row.data


def test_a_reference_that_cannot_be_read_is_told(house: House) -> None:
    submit(house.auth, house.ada, {"weeks": 20})
    with pytest.raises(Invalid, match="version number"):
        house.sets.in_force(house.ada, MODEL, f"{SET}@new")
    with pytest.raises(NotFound, match="summer@9"):
        house.sets.in_force(house.ada, MODEL, f"{SET}@9")


def test_a_name_is_taken_once(house: House) -> None:
    with pytest.raises(Conflict, match="already"):
        house.sets.create(house.ben, MODEL, SET)
    for bad in ("Summer", "a b", "", "~", "x" * 81):
        with pytest.raises(Invalid):
            house.sets.create(house.ben, MODEL, bad)


def test_a_set_of_another_department_needs_rights_there(house: House) -> None:
    with pytest.raises((Refused, NotFound)):
        house.sets.create(house.ada, MODEL, "theirs", department=OTHER)


def test_nothing_is_in_force_before_the_first_day(house: House) -> None:
    submit(house.auth, house.ada, {"weeks": 20})
    assert house.sets.in_force(house.ada, MODEL, SET, date(2001, 1, 1)).versions == {}
