"""What a field's values have been so far, and whether a new one is outside of that."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

from engine.errors import Invalid
from engine.parameters import field_types as f
from engine.parameters.durations import parse_duration
from engine.parameters.moments import is_relative
from engine.periods import parse_period

Kind = Literal["below", "above", "new"]
_NOTHING = object()
_UNREADABLE = (ArithmeticError, TypeError, ValueError, KeyError, AttributeError, Invalid)


@dataclass(frozen=True)
class Usual:
    """The canonical values ``low`` and ``high`` of those that can be ordered; ``seen`` of those chosen from a list.

    Money is ordered within its currency: ``low`` and ``high`` are by currency (empty for all else).
    """

    low: dict[str, Any]
    high: dict[str, Any]
    seen: frozenset[str]


@dataclass(frozen=True)
class Unusual:
    """In which way a value is outside of anything used before; ``bound`` is the canonical value nearest to it.

    ``what`` are the choices or the currency that were never used.
    """

    kind: Kind
    bound: Any = None
    what: tuple[str, ...] = ()


def usual(field: f.FieldBase, values: Iterable[Any]) -> Usual | None:
    """What these canonical values have in common; None where nothing can be said of this type, or of none."""
    low: dict[str, tuple[Any, Any]] = {}
    high: dict[str, tuple[Any, Any]] = {}
    seen: set[str] = set()
    before: Any = _NOTHING
    for value in values:
        if type(value) is type(before) and value == before:
            continue  # versions repeat what they did not change
        before = value
        seen.update(_chosen(field, value))
        ordered = _ordered(field, value)
        if ordered is None:
            continue
        within, place = ordered
        if within not in low or place < low[within][0]:
            low[within] = (place, value)
        if within not in high or place > high[within][0]:
            high[within] = (place, value)
    if not low and not seen:
        return None
    return Usual({k: v for k, (_, v) in low.items()}, {k: v for k, (_, v) in high.items()}, frozenset(seen))


def unusual(field: f.FieldBase, value: Any, known: Usual | None) -> Unusual | None:
    """How a canonical value is outside of what was used before; None when it is not, or nothing is known."""
    if known is None or value is None:
        return None
    never = tuple(one for one in _chosen(field, value) if one not in known.seen)
    if never:
        return Unusual("new", None, never)
    ordered = _ordered(field, value)
    if ordered is None or not known.low:
        return None
    within, place = ordered
    if within not in known.low:
        return Unusual("new", None, (within,)) if within else None
    for kind, bound in (("below", known.low[within]), ("above", known.high[within])):
        other = _ordered(field, bound)
        if other is not None and (place < other[1] if kind == "below" else place > other[1]):
            return Unusual("below" if kind == "below" else "above", bound)
    return None


def _chosen(field: f.FieldBase, value: Any) -> list[str]:
    """The choices that a value holds; none where it was typed freely."""
    if isinstance(field, f.MultiChoiceField) and isinstance(value, list):
        return [str(one) for one in value]
    if isinstance(field, f.ChoiceField | f.SecretField) and isinstance(value, str):
        return [value]
    return []


def _ordered(field: f.FieldBase, value: Any) -> tuple[str, Any] | None:
    """Within what a value is compared (a currency), and its place there; None where it has none."""
    if value is None or isinstance(value, bool):
        return None
    try:
        return _place(field, value)
    except _UNREADABLE:
        return None  # of an older form of the field, or masked


def _place(field: f.FieldBase, value: Any) -> tuple[str, Any] | None:
    match field.type:
        case "integer" | "number" | "percent":
            number = Decimal(str(value))
            return None if number.is_nan() else ("", number)
        case "money":
            return str(value["currency"]), Decimal(str(value["amount"]))
        case "date":
            return None if is_relative(value) else ("", date.fromisoformat(value))
        case "date-time":
            return None if is_relative(value) else ("", datetime.fromisoformat(value))
        case "duration":
            return "", parse_duration(value)
        case "period":
            return None if is_relative(value) else ("", parse_period(value).start)
        case _:
            return None
