"""How far values moved: in the field's own unit, and relative to before."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from engine.parameters.changes import RowChanges, change, difference, row_changes
from engine.parameters.fields import Field

FIELD: TypeAdapter[Any] = TypeAdapter(Field)


def field(**spec: Any) -> Any:
    return FIELD.validate_python(spec)


@pytest.mark.parametrize(
    ("spec", "before", "after", "amount", "unit", "relative"),
    [
        ({"type": "integer", "unit": "weeks"}, 20, 26, 6, "weeks", 0.3),
        ({"type": "number"}, -4.0, -5.0, -1, "", -0.25),
        ({"type": "number"}, 0.0, 5.0, 5, "", None),
        ({"type": "percent"}, 97.5, 98.5, 1, "%", None),
        ({"type": "percent", "scale": "fraction"}, 0.12, 0.1, -2, "%", None),
        ({"type": "date"}, "2026-02-28", "2026-03-01", 1, "days", None),
        ({"type": "date-time"}, "2026-01-01T00:00:00+00:00", "2026-01-01T02:00:00+01:00", 3600, "seconds", None),
    ],
)  # fmt: skip
def test_a_difference_is_in_the_fields_own_unit(
    spec: dict[str, Any], before: Any, after: Any, amount: float, unit: str, relative: float | None
) -> None:
    found = difference(field(**spec), before, after)
    assert found is not None
    assert (found.amount, found.unit) == (pytest.approx(amount), unit)
    assert found.relative == (None if relative is None else pytest.approx(relative))


def test_money_is_counted_within_one_currency_only() -> None:
    money = field(type="money", currency="EUR")
    found = difference(money, {"amount": "38.50", "currency": "EUR"}, {"amount": "42.00", "currency": "EUR"})
    assert found is not None
    assert (found.amount, found.unit) == (3.5, "EUR")
    dollars = {"amount": "42.00", "currency": "USD"}
    assert difference(money, {"amount": "38.50", "currency": "EUR"}, dollars) is None


@pytest.mark.parametrize("wrong", [None, "•••", "today", {}, [1], "Infinity"])
def test_what_cannot_be_counted_has_no_difference(wrong: Any) -> None:
    assert difference(field(type="number"), 1.0, wrong) is None
    assert difference(field(type="date"), "2026-01-01", wrong) is None
    assert difference(field(type="money"), {"amount": "1", "currency": "EUR"}, wrong) is None


@given(st.decimals(-(10**9), 10**9, places=3), st.decimals(-(10**9), 10**9, places=3))
def test_a_difference_added_to_before_is_after(before: Decimal, after: Decimal) -> None:
    found = difference(field(type="number"), float(before), float(after))
    assert found is not None
    assert float(before) + found.amount == pytest.approx(float(after), abs=1e-5)
    if found.relative is not None:
        assert (found.relative > 0) == (after > before) or after == before


ROWS = st.lists(st.lists(st.integers(0, 3), min_size=2, max_size=2), max_size=8)


@given(ROWS, ROWS)
def test_rows_add_up(old: list[list[int]], new: list[list[int]]) -> None:
    found = row_changes({"rows": old}, {"rows": new})
    assert found is not None
    assert len(old) + found.added - found.removed == len(new)
    assert (found == RowChanges(0, 0, 0)) == (old == new)


def test_rows_in_another_order_are_neither_new_nor_gone() -> None:
    old = [[n] for n in range(100)]
    assert row_changes({"rows": old}, {"rows": old[::-1]}) == RowChanges(0, 0, 0, moved=True)


def test_changed_rows_beside_removed_ones_are_still_told_apart() -> None:
    old: list[list[Any]] = [[f"{n}", 1.5] for n in range(1000)]
    new = [[name, price * 2 if n % 10 == 0 else price] for n, (name, price) in enumerate(old)]
    found = row_changes({"rows": old}, {"rows": [*new[:501], *new[503:], ["new", 1.0]]})
    assert found == RowChanges(1, 2, 100)


def test_one_row_put_in_between_is_one_added() -> None:
    old = [[n] for n in range(1000)]
    assert row_changes({"rows": old}, {"rows": [*old[:500], [5000], *old[500:]]}) == RowChanges(1, 0, 0)


def test_a_field_that_the_model_no_longer_has_is_told_by_its_name() -> None:
    line = change("old_name", None, (1, ""), (2, ""))
    assert (line.title, line.difference) == ("old_name", None)
