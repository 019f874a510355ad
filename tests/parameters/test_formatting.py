"""Values for reading only: with units, as a person would write them."""

from __future__ import annotations

import pytest

from engine.parameters import field_types as f
from engine.parameters.formatting import describe


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (1, "weeks", "1 week"),
        (2, "weeks", "2 weeks"),
        (0, "days", "0 days"),
        (-1, "days", "-1 day"),
        (1, "kg", "1 kg"),
        (1, "pcs", "1 pcs"),
    ],
)
def test_one_of_a_unit_of_time_is_singular_other_units_are_the_models_own(
    value: int, unit: str, shown: str
) -> None:
    assert describe(f.IntegerField(unit=unit), value) == shown
