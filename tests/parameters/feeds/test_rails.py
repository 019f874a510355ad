"""Guard rails: bounds, the largest step, and how they are described."""

from __future__ import annotations

from typing import Any

import pytest

from engine.errors import Invalid
from engine.parameters import field_types as f
from engine.parameters.feeds.rails import Rails, broken, rails_of

NUMBER = f.NumberField(title="Rate")


def held(guard: dict[str, Any], old: Any, new: Any, field: f.FieldBase = NUMBER) -> str:
    return broken(rails_of(guard, "rate", field), "rate", field, old, new)


def test_a_value_within_the_rails_is_not_held() -> None:
    guard = {"minimum": "1", "maximum": "1.2", "change": "5", "relative": True}
    assert held(guard, 1.1, 1.15) == ""
    assert held(guard, None, 1.15) == ""


def test_bounds_are_told() -> None:
    assert "below 1, the smallest" in held({"minimum": "1"}, 1.1, 0.9)
    assert "above 1.2, the largest" in held({"maximum": "1.2"}, 1.1, 1.3)


def test_a_step_is_measured_in_percent_of_what_is_in_force() -> None:
    guard = {"change": "5", "relative": True}
    assert held(guard, 1.0, 1.05) == ""
    assert "(6 %): this feed may change it by at most 5 %" in held(guard, 1.0, 1.06)
    assert held(guard, -100.0, -105.0) == ""
    assert "from nothing" in held(guard, 0.0, 0.1)


def test_a_step_is_exact_where_floats_are_not() -> None:
    assert held({"change": "0.1"}, 0.2, 0.3) == ""
    assert held({"change": "10", "relative": True}, 1.1, 1.21) == ""


def test_an_absolute_step_is_in_the_fields_own_scale() -> None:
    assert "at most 2 % at a time" in held({"change": "0.02"}, 0.19, 0.22, f.PercentField(scale="fraction"))
    assert held({"change": "0.02"}, 0.19, 0.21, f.PercentField(scale="fraction")) == ""


def test_money_is_compared_by_its_amount_and_never_across_currencies() -> None:
    field = f.MoneyField(title="Price", currencies=["EUR", "USD"])
    ten, twelve = ({"amount": one, "currency": "EUR"} for one in ("10.00", "12.00"))
    assert "(20 %)" in held({"change": "5", "relative": True}, ten, twelve, field)
    assert "currency from EUR to USD" in held(
        {"change": "500"}, ten, {"amount": "10.00", "currency": "USD"}, field
    )


@pytest.mark.parametrize(
    ("guard", "sentence"),
    [
        ({"minimum": "2", "maximum": "1"}, "Swap them"),
        ({"minimum": "much"}, "is no number"),
        ({"minimum": "1,5"}, "is no number"),
        ({"maximum": "NaN"}, "is no number"),
        ({"change": "-1"}, "must not be below 0"),
        ({"stale_days": "0"}, "whole number of days"),
        ({"stale_days": "x"}, "whole number of days"),
        ({"speed": "1"}, "no guard rail “speed”"),
    ],
)
def test_a_rail_that_makes_no_sense_is_a_sentence(guard: dict[str, Any], sentence: str) -> None:
    with pytest.raises(Invalid, match=sentence):
        rails_of(guard, "rate", NUMBER)


def test_only_numbers_have_bounds_and_everything_has_an_age() -> None:
    with pytest.raises(Invalid, match="only its age can be watched"):
        rails_of({"minimum": "1"}, "name", f.TextField())
    assert rails_of({"stale_days": "30"}, "name", f.TextField()) == Rails(stale_days=30)
