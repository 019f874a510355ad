"""What is in force on a day, as known at a moment: invariants of the pure functions."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from engine.parameters.in_force import Approved, as_of, chosen, inherited, lineage
from engine.parameters.merging import three_way

DAYS = st.integers(0, 40).map(lambda n: date(2026, 1, 1) + timedelta(days=n))
MOMENTS = st.integers(0, 2000).map(lambda n: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=n))
PLACES = st.sampled_from(["", "DE", "DE/S001", "FR"])


@st.composite
def approvals(draw: st.DrawFn) -> list[Approved]:
    number = draw(st.integers(0, 12))
    return [Approved(n + 1, draw(PLACES), draw(DAYS), draw(MOMENTS)) for n in range(number)]


@given(approvals(), approvals(), DAYS, MOMENTS)
def test_a_late_approval_never_changes_what_was_known_earlier(
    there: list[Approved], late: list[Approved], day: date, moment: datetime
) -> None:
    later = [
        Approved(100 + v.number, v.place, v.effective_from, moment + timedelta(microseconds=1 + v.number))
        for v in late
    ]
    assert as_of([*there, *later], day, moment) == as_of(there, day, moment)
    for place in ("", "DE/S001"):
        assert chosen([*there, *later], place, day, moment) == chosen(there, place, day, moment)


@given(approvals(), DAYS, MOMENTS)
def test_what_is_in_force_was_known_and_has_begun_and_nothing_newer_was(
    there: list[Approved], day: date, moment: datetime
) -> None:
    found = as_of(there, day, moment)
    could = [v for v in there if v.effective_from <= day and v.approved_at <= moment]
    assert (found is None) == (not could)
    if found is not None:
        assert found in could
        assert all(v.effective_from <= found.effective_from for v in could)
        same_day = [v for v in could if v.effective_from == found.effective_from]
        assert all(v.approved_at <= found.approved_at for v in same_day)


@given(st.data(), DAYS, MOMENTS)
def test_the_order_of_the_rows_does_not_matter(data: st.DataObject, day: date, moment: datetime) -> None:
    there = data.draw(approvals())
    assert as_of(data.draw(st.permutations(there)), day, moment) == as_of(there, day, moment)


def test_a_place_is_reached_by_the_company_and_by_those_above_it() -> None:
    assert lineage("") == [""]
    assert lineage("DE/S001") == ["", "DE", "DE/S001"]


VALUES = st.dictionaries(st.sampled_from("abcdef"), st.one_of(st.none(), st.integers(0, 3), st.booleans()))


@given(st.lists(VALUES, min_size=1, max_size=4))
def test_each_field_comes_from_the_nearest_place_that_sets_it(levels: list[dict[str, object]]) -> None:
    named = [(str(n), level) for n, level in enumerate(levels)]
    values, origin = inherited(named)
    assert values.keys() == origin.keys() == {name for level in levels for name in level}
    for name, place in origin.items():
        assert values[name] is levels[int(place)][name]
        assert all(name not in level for level in levels[int(place) + 1 :])


@given(VALUES, VALUES, VALUES)
def test_a_merge_loses_no_change_of_either_side(
    base: dict[str, object], theirs: dict[str, object], yours: dict[str, object]
) -> None:
    found = three_way(base, theirs, yours)
    for name in found.changed_by_them:
        assert repr(found.merged.get(name, "-")) == repr(theirs.get(name, "-"))
    for name in found.changed_by_you:
        assert name in found.conflicts or repr(found.merged.get(name, "-")) == repr(yours.get(name, "-"))
    untouched = base.keys() - set(found.changed_by_them) - set(found.changed_by_you)
    assert all(found.merged[name] is base[name] for name in untouched)


@given(VALUES, VALUES)
def test_a_merge_of_one_change_is_that_change(base: dict[str, object], changed: dict[str, object]) -> None:
    for found in (three_way(base, changed, base), three_way(base, base, changed)):
        assert repr(sorted(found.merged.items())) == repr(sorted(changed.items()))
        assert found.conflicts == ()
