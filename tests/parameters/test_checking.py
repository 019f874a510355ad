"""All values of a form together: defaults, hidden fields, rules across fields, relative dates."""

from __future__ import annotations

from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from engine.errors import Invalid
from engine.parameters.fields import check_values, hidden_fields
from tests.parameters.making import field

TODAY, NOW = date(2026, 11, 22), datetime(2026, 11, 22, 23, 30, tzinfo=UTC)


def form(rules: list[tuple[str, str]] | None = None, **fields: dict[str, Any]) -> Any:
    made = {name: field(**keys) for name, keys in fields.items()}
    return SimpleNamespace(fields=made, rules=[SimpleNamespace(check=c, message=m) for c, m in rules or []])


PRICES = form(
    [("price_floor <= list_price", "The price floor must not be above the list price.")],
    price_floor={"type": "money", "currency": "EUR", "default": "1"},
    list_price={"type": "money", "currency": "EUR", "default": "2", "required": False},
)


def problems(manifest: Any, values: dict[str, Any]) -> list[str]:
    with pytest.raises(Invalid) as raised:
        check_values(manifest, values, today=TODAY, now=NOW)
    return [p.sentence for p in raised.value.problems]


def test_defaults_fill_what_is_not_given() -> None:
    assert check_values(PRICES, {})["price_floor"] == {"amount": "1.00", "currency": "EUR"}


def test_a_broken_rule_gives_its_message() -> None:
    assert problems(PRICES, {"price_floor": 3}) == ["The price floor must not be above the list price."]


def test_a_rule_over_a_missing_value_stays_open() -> None:
    assert check_values(PRICES, {"list_price": None, "price_floor": 9})["list_price"] is None


def test_all_problems_are_told_at_once_and_rules_wait_for_their_fields() -> None:
    said = problems(PRICES, {"price_floor": "x", "list_price": "12 USD", "prise": 1})
    assert len(said) == 3
    assert "The model has no field “prise”." in said[0]


SHOWN = form(
    mode={"type": "choice", "choices": ["simple", "full"], "default": "simple"},
    depth={"type": "integer", "show_when": "mode == 'full'", "minimum": 1},
    detail={"type": "text", "show_when": "depth > 3", "default": "none"},
)


def test_a_hidden_field_is_neither_needed_nor_sent() -> None:
    assert check_values(SHOWN, {"depth": 5}) == {"mode": "simple", "depth": None, "detail": "none"}
    assert hidden_fields(SHOWN, {}) == {"depth", "detail"}


def test_a_shown_field_is_checked() -> None:
    assert problems(SHOWN, {"mode": "full"}) == ["Depth is needed. Enter a value."]
    assert check_values(SHOWN, {"mode": "full", "depth": 4, "detail": "a"})["detail"] == "a"
    assert hidden_fields(SHOWN, {"mode": "full", "depth": 2}) == {"detail"}


def test_relative_dates_are_resolved_once_and_stay() -> None:
    manifest = form(
        day={"type": "date", "default": "today-1m"},
        quarter={"type": "period", "granularity": "quarter", "default": "last"},
        moment={"type": "date-time", "default": "now"},
        days={"type": "list", "item": "date", "default": ["today"]},
    )
    first = check_values(manifest, {}, today=TODAY, now=NOW)
    assert first == {
        "day": "2026-10-22", "quarter": "2026-Q3", "moment": "2026-11-22T23:30:00+00:00", "days": ["2026-11-22"],
    }  # fmt: skip
    later = check_values(manifest, first, today=date(2030, 1, 1))
    assert later == first  # run again brings back exactly what ran


def test_choices_from_a_column_are_held_to_when_known() -> None:
    manifest = form(brand={"type": "choice", "choices_from": {"dataset": "sales", "column": "brand"}})
    assert check_values(manifest, {"brand": "X"}) == {"brand": "X"}
    with pytest.raises(Invalid, match="Did you mean Tropicana"):
        check_values(manifest, {"brand": "Tropicanna"}, choices={"brand": {"Tropicana", "Dominicks"}})
