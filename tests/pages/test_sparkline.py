"""Small lines of a field's last values."""

from __future__ import annotations

import re
from typing import Any

import pytest

from app.components.sparkline import HEIGHT, WIDTH, number_of, sparkline
from engine.parameters import fields as f


def points(svg: Any) -> list[tuple[float, float]]:
    found = re.findall(r'cx="([\d.]+)" cy="([\d.]+)"|points="([^"]*)"', str(svg))
    return [tuple(map(float, pair.split(","))) for _, _, line in found for pair in line.split()]  # type: ignore[misc]


def test_a_single_value_makes_no_line() -> None:
    assert sparkline([1.0], None, "Last values: 1") == ""


def test_the_line_stays_within_its_box_and_rises_with_the_values() -> None:
    found = points(sparkline([-1e300, 0.0, 1e300], 5.0, "words"))
    assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in found)
    assert found[0][1] > found[2][1]  # down is large in SVG


def test_equal_values_make_a_level_line() -> None:
    assert len({y for _, y in points(sparkline([3.0, 3.0, 3.0], None, "words"))}) == 1


def test_what_the_line_says_is_said_in_words_and_escaped() -> None:
    svg = str(sparkline([1.0, 2.0], None, 'Last values: <b>"1"</b>'))
    assert 'aria-label="Last values: &lt;b&gt;&#34;1&#34;&lt;/b&gt;"' in svg
    assert "<b>" not in svg


@pytest.mark.parametrize(
    ("field", "value", "number"),
    [
        (f.IntegerField(), 12, 12.0),
        (f.MoneyField(), {"amount": "9.50", "currency": "EUR"}, 9.5),
        (f.DurationField(), "PT1H", 3600.0),
        (f.BooleanField(), True, 1.0),
        (f.DateField(), "today", None),
        (f.NumberField(), float("inf"), None),
        (f.NumberField(), "•••", None),
        (f.TextField(), "12", None),
        (f.NumberField(), None, None),
    ],
)
def test_only_what_can_be_measured_becomes_a_number(field: Any, value: Any, number: float | None) -> None:
    assert number_of(field, value) == number
