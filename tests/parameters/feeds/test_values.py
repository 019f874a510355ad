"""From what a source gives to the canonical value of a field."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import Invalid
from engine.parameters import field_types as f
from engine.parameters.feeds.values import value_for

EUR = f.MoneyField(currency="EUR")
POINTS, FRACTION = f.PercentField(scale="points"), f.PercentField(scale="fraction")


@pytest.mark.parametrize(
    ("field", "raw", "value"),
    [
        (f.NumberField(), Decimal("1.08"), 1.08),
        (f.NumberField(), "1.08", 1.08),
        (f.NumberField(), 7, 7.0),
        (f.IntegerField(), "12345678901234567890", 12345678901234567890),
        (f.IntegerField(), 12.0, 12),
        (POINTS, 19, 19.0),
        (POINTS, "19 %", 19.0),
        (FRACTION, 0.19, 0.19),
        (FRACTION, "0.19", 0.19),
        (FRACTION, "19 %", 0.19),
        (EUR, "12.50", {"amount": "12.50", "currency": "EUR"}),
        (EUR, Decimal("12.5"), {"amount": "12.50", "currency": "EUR"}),
        (EUR, {"amount": 12.5, "currency": "EUR"}, {"amount": "12.50", "currency": "EUR"}),
        (EUR, "€ 12.50", {"amount": "12.50", "currency": "EUR"}),
        (f.DateField(), date(2026, 10, 6), "2026-10-06"),
        (f.DateField(), datetime(2026, 10, 6), "2026-10-06"),
        (f.DateField(), "2026-10-06", "2026-10-06"),
        (f.BooleanField(), True, True),
        (f.BooleanField(), "yes", True),
        (f.BooleanField(), 0, False),
        (f.TextField(), 12, "12"),
        (f.TextField(), "007", "007"),
        (f.ChoiceField(choices=["12", "13"]), 12, "12"),
        (f.PeriodField(), "2026-Q3", "2026-Q3"),
        (f.ListField(item=f.NumberField()), ["1.5", 2], [1.5, 2.0]),
        (f.MultiChoiceField(choices=["a", "b"]), ["b"], ["b"]),
    ],
)  # fmt: skip
def test_what_sources_give_becomes_the_fields_own_value(field: f.FieldBase, raw: Any, value: Any) -> None:
    assert value_for("x", field, raw) == value


def test_a_table_is_taken_row_by_row() -> None:
    field = f.TableField(columns={"product": "text", "price": "number"})
    made = value_for("x", field, [{"price": "1.5", "product": "a"}, {"price": 2, "product": "b"}])
    assert made["rows"] == [["a", 1.5], ["b", 2.0]]


def test_a_moment_keeps_its_offset() -> None:
    moment = datetime(2026, 10, 6, 12, tzinfo=UTC)
    assert value_for("x", f.DateTimeField(), moment).startswith("2026-10-06T12:00:00")


@pytest.mark.parametrize(
    ("field", "raw", "sentence"),
    [
        (f.NumberField(), None, "gave no value"),
        (f.NumberField(), "", "gave no value"),
        (f.NumberField(), "n/a", "“n/a” is not a number"),
        (f.NumberField(), "1,234", "1,234|could mean"),
        (f.NumberField(), float("nan"), "not a number that can be used"),
        (f.NumberField(), "Infinity", "not a number that can be used"),
        (f.NumberField(), True, "is not a number"),
        (f.NumberField(), [1.0], "not a single value"),
        (f.NumberField(maximum=5), 6, "at most 5"),
        (f.IntegerField(), 1.5, "whole number"),
        (f.DateField(), datetime(2026, 10, 6, 23), "a moment, not a day"),
        (f.DateField(), "06/10/2026", "06/10/2026"),
        (f.MoneyField(), 12, "no currency"),
        (EUR, "12.50 USD", "must be in EUR"),
        (f.ChoiceField(choices=["a"]), "b", "not one of the choices"),
        (f.TextField(), {"a": 1}, "not a single value"),
    ],
)
def test_what_does_not_fit_is_a_sentence(field: f.FieldBase, raw: Any, sentence: str) -> None:
    with pytest.raises(Invalid, match=sentence):
        value_for("x", field, raw)


def test_the_decimal_sign_settles_what_is_unclear() -> None:
    assert value_for("x", f.NumberField(), "1,234", decimal=",") == 1.234
    assert value_for("x", f.NumberField(), "1,234", decimal=".") == 1234.0


def test_a_factor_is_exact() -> None:
    assert value_for("x", f.NumberField(), Decimal("110.3"), factor="0.01") == 1.103
    assert value_for("x", EUR, "1250", factor="0.01") == {"amount": "12.50", "currency": "EUR"}
    assert value_for("x", FRACTION, 19, factor="0.01") == 0.19


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_floats_come_through_to_the_bit_as_number_and_as_text(value: float) -> None:
    assert value_for("x", f.NumberField(), value) == value
    assert value_for("x", f.NumberField(), repr(value), decimal=".") == value


@given(st.integers(min_value=-(10**30), max_value=10**30))
def test_whole_numbers_of_any_size_come_through(value: int) -> None:
    assert value_for("x", f.IntegerField(), value) == value
    assert value_for("x", f.IntegerField(), str(value)) == value


@given(st.text(min_size=1).filter(lambda text: text.strip() and "\0" not in text))
def test_every_character_comes_through(text: str) -> None:
    assert value_for("x", f.TextField(), text) == text
