"""What changed from one value of a field to another: the difference in the field's own unit, and relative to before."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from engine.errors import Invalid
from engine.parameters.equality import same
from engine.parameters.in_force import DEFAULT
from engine.parameters.row_matching import matched
from engine.parameters.usual import Unusual, Usual, unusual

if TYPE_CHECKING:
    from engine.parameters.field_types import FieldBase

COUNTED = frozenset({"integer", "number", "percent", "money"})


@dataclass(frozen=True)
class Difference:
    """After minus before: a number in the field's unit (money: its currency, percent: points, days, seconds).

    ``relative`` is the difference over what was before (0.1: ten percent more); None where that says nothing.
    """

    amount: float
    unit: str
    relative: float | None = None


@dataclass(frozen=True)
class RowChanges:
    """What became of a table's rows, by what they hold; ``moved``: those that stayed stand in another order."""

    added: int
    removed: int
    changed: int
    moved: bool = False


@dataclass(frozen=True)
class FieldChange:
    """One line of a table of changes. ``before`` and ``after`` are canonical; an origin is a place or ``default``.

    ``unusual``: in which way the new value is outside of anything used before.
    """

    field: str
    title: str
    group: str
    before: Any
    after: Any
    before_from: str
    after_from: str
    guarded: bool = False
    source: str = ""
    difference: Difference | None = None
    rows: RowChanges | None = None
    unusual: Unusual | None = None


def difference(field: FieldBase, before: Any, after: Any) -> Difference | None:
    """How far a value moved; None for what is not counted, and where a side is empty."""
    if before is None or after is None:
        return None
    try:
        return _difference(field, before, after)
    except (ArithmeticError, TypeError, ValueError, KeyError, Invalid):
        return None  # a value of an older form of the field, or masked: nothing to count


def _difference(field: FieldBase, before: Any, after: Any) -> Difference | None:
    match field.type:
        case "integer" | "number":
            return _numbers(before, after, field.unit)
        case "percent":
            scale = 100 if getattr(field, "scale", "") == "fraction" else 1
            points = _numbers(before, after, "%", scale)
            return points and Difference(points.amount, "%")  # percent of a percentage is easily misread
        case "money":
            if before["currency"] != after["currency"]:
                return None
            return _numbers(before["amount"], after["amount"], before["currency"])
        case "date":
            days = (date.fromisoformat(after) - date.fromisoformat(before)).days
            return Difference(float(days), "days")
        case "date-time":
            moved = datetime.fromisoformat(after) - datetime.fromisoformat(before)
            return Difference(moved.total_seconds(), "seconds")
        case _:
            return None


def _numbers(before: Any, after: Any, unit: str, scale: int = 1) -> Difference | None:
    old, new = Decimal(str(before)), Decimal(str(after))
    if not (old.is_finite() and new.is_finite()):
        return None
    amount = float((new - old) * scale)
    relative = float((new - old) / abs(old)) if old else None
    return Difference(amount, unit, relative if relative is None or math.isfinite(relative) else None)


def row_changes(before: Any, after: Any) -> RowChanges | None:
    """What became of a table's rows; None where a side is no table."""
    if not (isinstance(before, dict) and isinstance(after, dict) and "rows" in before and "rows" in after):
        return None
    old, new = before["rows"], after["rows"]
    were = matched(old, new)
    stayed = [number for number in were if number is not None]
    changed = sum(
        number is not None and not same(old[number - 1], row) for number, row in zip(were, new, strict=True)
    )
    added, removed = len(new) - len(stayed), len(old) - len(stayed)
    return RowChanges(added, removed, changed, stayed != sorted(stayed))


def change(
    name: str,
    field: FieldBase | None,
    before: tuple[Any, str],
    after: tuple[Any, str],
    *,
    guarded: bool = False,
    source: str = "",
    known: Usual | None = None,
) -> FieldChange:
    """A line of the table; each side is a value with its origin, ``known`` what was used so far."""
    return FieldChange(
        name,
        field.label(name) if field is not None else name,
        field.group if field is not None else "",
        before[0],
        after[0],
        before[1],
        after[1],
        guarded,
        source,
        difference(field, before[0], after[0]) if field is not None else None,
        row_changes(before[0], after[0]),
        unusual(field, after[0], known) if field is not None and not same(before[0], after[0]) else None,
    )


def side(
    name: str, values: Mapping[str, Any], origin: Mapping[str, str], defaults: Mapping[str, Any]
) -> tuple[Any, str]:
    """A field's value at a place with its origin: where nobody sets it, the model's own default."""
    if name in values:
        return values[name], origin.get(name, "")
    return defaults.get(name), DEFAULT
