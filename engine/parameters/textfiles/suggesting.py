"""What may be meant where a value is out of range: the other scale of a percentage, another unit."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from typing import Any

from engine.errors import Invalid
from engine.parameters.field_types import FieldBase, IntegerField, NumberField, PercentField
from engine.parameters.formatting import format_text
from engine.parameters.numbers import EXACT, trimmed
from engine.parameters.textfiles.document import Entry, Item
from engine.parameters.textfiles.values import Reading, value_of

# units → how many of the smallest of their family
_FAMILIES: tuple[dict[str, int], ...] = (
    {"second": 1, "s": 1, "sec": 1, "minute": 60, "min": 60, "hour": 3600, "h": 3600, "day": 86400, "d": 86400,
     "week": 604800, "wk": 604800},
    {"month": 1, "quarter": 3, "year": 12},
    {"g": 1, "kg": 1000, "t": 1_000_000},
    {"mm": 1, "cm": 10, "m": 1000, "km": 1_000_000},
    {"ml": 1, "l": 1000},
)  # fmt: skip


def suggestions(name: str, field: FieldBase, entry: Entry, reading: Reading, state: str) -> tuple[str, ...]:
    """Sentences about what else the file may mean; empty where the value is plain."""
    found = []
    if isinstance(field, PercentField):
        found += _scale(name, field, entry.item, reading, state)
    if isinstance(field, NumberField | IntegerField) and field.unit:
        found += _unit(name, field, entry, reading)
    return tuple(found)


def doubtful_scale(name: str, field: PercentField, item: Item, reading: Reading) -> bool:
    """May the file write this percentage in the other scale: is that allowed, and this one doubtful?"""
    if "%" in item.text or reading.scale:
        return False
    here, other = _read(name, field, item, reading), _other(name, field, item, reading)
    if other is None:
        return False
    if here is None:
        return True
    return field.scale == "points" and 0 < abs(float(here)) <= 1


def _other(name: str, field: PercentField, item: Item, reading: Reading) -> Any:
    other = "fraction" if field.scale == "points" else "points"
    return _read(name, field, item, replace(reading, scale=other))


def _scale(name: str, field: PercentField, item: Item, reading: Reading, state: str) -> list[str]:
    """The reading in the other scale, where it would be allowed and this one is doubtful."""
    if state == "unreadable" or not doubtful_scale(name, field, item, reading):
        return []
    how = "fractions (0.125 for 12.5 %)" if field.scale == "points" else "percent (12.5 for 12.5 %)"
    return [f"If the file writes {how}, this is {format_text(field, _other(name, field, item, reading))}."]


def _read(name: str, field: FieldBase, item: Item, reading: Reading) -> Any:
    try:
        return value_of(name, field, item, reading)
    except Invalid:
        return None


def _unit(name: str, field: FieldBase, entry: Entry, reading: Reading) -> list[str]:
    """90 days for a field in weeks: what it comes to, where that is exact."""
    written = re.fullmatch(r"\s*([-+]?[\d.,]+)\s*([A-Za-z]+)\s*", str(entry.item.content))
    digits, unit = (written[1], written[2]) if written else (str(entry.item.content), entry.unit)
    sizes = _sizes(unit, field.unit)
    if sizes is None or sizes[0] == sizes[1]:
        return []
    number = _read(name, NumberField(required=False), Item(entry.item.kind, digits, digits), reading)
    if not isinstance(number, float):
        return []
    total = EXACT.multiply(Decimal(repr(number)), Decimal(sizes[0]))
    held = trimmed(EXACT.divide(total, Decimal(sizes[1])))
    if EXACT.multiply(held, Decimal(sizes[1])) != total:
        return [f"The file says {digits} {unit}, which is no whole part of {field.unit}."]
    return [f"{digits} {unit} would be {format(held, 'f')} {field.unit}: enter that if it is meant."]


def _sizes(unit: str, other: str) -> tuple[int, int] | None:
    """Both units in the smallest of their family; None where they are of none or of two."""
    one, two = (word.casefold().strip(". ") for word in (unit, other))
    for family in _FAMILIES:
        sizes = [
            next((family[w] for w in (word, word.removesuffix("s")) if w in family), 0) for word in (one, two)
        ]
        if all(sizes):
            return sizes[0], sizes[1]
    return None
