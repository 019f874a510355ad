"""What was used before, and whether a new value is outside of it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.parameters import fields as f
from engine.parameters.usual import Unusual, unusual, usual

NUMBER, MONEY = f.NumberField(), f.MoneyField()


def euros(amount: str, currency: str = "EUR") -> dict[str, str]:
    return {"amount": amount, "currency": currency}


@pytest.mark.parametrize(
    ("field", "before", "new", "kind", "bound"),
    [
        (NUMBER, [1.0, 3.0], 3.5, "above", 3.0),
        (NUMBER, [1.0, 3.0], 0.5, "below", 1.0),
        (f.IntegerField(), [10**20, 10**20 + 2], 10**20 + 3, "above", 10**20 + 2),
        (f.PercentField(), [12.5, 20.0], 21.0, "above", 20.0),
        (f.DateField(), ["2026-01-31", "2026-10-01"], "2027-01-01", "above", "2026-10-01"),
        (f.DurationField(), ["PT90M", "PT2H"], "PT1H", "below", "PT90M"),
        (f.PeriodField(), ["2026-Q1", "2026-Q3"], "2026-Q4", "above", "2026-Q3"),
        (MONEY, [euros("9.99"), euros("12.50")], euros("100.00"), "above", euros("12.50")),
    ],
)
def test_a_value_beyond_both_ends_is_told_with_the_nearest_one(
    field: Any, before: list[Any], new: Any, kind: str, bound: Any
) -> None:
    assert unusual(field, new, usual(field, before)) == Unusual(kind, bound)  # type: ignore[arg-type]


def test_a_choice_that_was_never_used_is_told() -> None:
    field = f.MultiChoiceField(choices=["a", "b", "c"])
    known = usual(field, [["a"], ["b", "a"]])
    assert unusual(field, ["b", "c"], known) == Unusual("new", None, ("c",))
    assert unusual(field, ["b"], known) is None


def test_a_currency_that_was_never_used_is_told() -> None:
    assert unusual(MONEY, euros("1", "USD"), usual(MONEY, [euros("9.99")])) == Unusual("new", None, ("USD",))


def test_days_that_follow_today_are_not_compared() -> None:
    field = f.DateField()
    assert unusual(field, "today-7d", usual(field, ["2026-01-01"])) is None
    assert usual(field, ["today"]) is None


@pytest.mark.parametrize("value", [None, "•••", "not a number"])
def test_what_cannot_be_compared_says_nothing(value: Any) -> None:
    assert unusual(NUMBER, value, usual(NUMBER, [1.0, value])) is None


def test_free_text_and_tables_have_no_usual_values() -> None:
    assert usual(f.TextField(), ["a", "b"]) is None
    assert usual(f.TableField(columns={"a": "number"}), [{"columns": [], "rows": []}]) is None


@given(st.lists(st.floats(allow_nan=False), min_size=1), st.floats(allow_nan=False))
def test_nothing_that_was_used_is_ever_outside(before: list[float], new: float) -> None:
    known = usual(NUMBER, before)
    assert all(unusual(NUMBER, one, known) is None for one in before)
    found = unusual(NUMBER, new, known)
    assert (found is None) == (min(before) <= new <= max(before))
