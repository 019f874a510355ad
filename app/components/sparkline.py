"""The last values of a field as a small line: one inline SVG, drawn by the browser, without a chart library."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from markupsafe import Markup

from app.components.view import tag
from engine.errors import Invalid
from engine.parameters.durations import parse_duration
from engine.parameters.field_types import FieldBase
from engine.periods import parse_period

WIDTH, HEIGHT, EDGE = 104, 26, 3.5
_UNREADABLE = (ArithmeticError, TypeError, ValueError, KeyError, AttributeError, Invalid)


def sparkline(numbers: Sequence[float], new: float | None, label: str) -> Markup:
    """A line through the values, a dot on the last one; ``new`` is a value that is about to follow.

    ``label`` says the same in words, for those who do not see it.
    """
    every = [*numbers, *([] if new is None else [new])]
    if len(every) < 2:
        return Markup("")
    low, high = min(every), max(every)
    step = (WIDTH - 2 * EDGE) / (len(every) - 1)

    def at(n: int) -> str:
        share = 0.5 if high == low else (every[n] - low) / (high - low)
        return f"{EDGE + n * step:.1f},{HEIGHT - EDGE - share * (HEIGHT - 2 * EDGE):.1f}"

    last = len(numbers) - 1
    parts = [
        tag("title", label),
        tag("polyline", "", points=" ".join(at(n) for n in range(len(numbers))), cls="qd-spark-line"),
        _dot(at(last), "qd-spark-dot"),
    ]
    if new is not None:
        parts.insert(2, tag("polyline", "", points=f"{at(last)} {at(last + 1)}", cls="qd-spark-next"))
        parts.append(_dot(at(last + 1), "qd-spark-new"))
    return tag(
        "svg", Markup("").join(parts), viewBox=f"0 0 {WIDTH} {HEIGHT}", width=WIDTH, height=HEIGHT, role="img",
        aria_label=label, cls="qd-spark",
    )  # fmt: skip


def _dot(place: str, cls: str) -> Markup:
    x, _, y = place.partition(",")
    return tag("circle", "", cx=x, cy=y, r="2.6", cls=cls)


def number_of(field: FieldBase, value: Any) -> float | None:
    """A value as a number that a line can be drawn through; None where it is none."""
    if value is None:
        return None
    try:
        found = _number(field, value)
    except _UNREADABLE:
        return None  # relative, of an older form of the field, or masked
    return found if found is not None and math.isfinite(found) else None


def _number(field: FieldBase, value: Any) -> float | None:
    match field.type:
        case "integer" | "number" | "percent":
            return float(value)
        case "money":
            return float(value["amount"])
        case "date":
            return float(date.fromisoformat(value).toordinal())
        case "date-time":
            return datetime.fromisoformat(value).timestamp()
        case "duration":
            return parse_duration(value).total_seconds()
        case "period":
            return float(parse_period(value).start.toordinal())
        case "boolean":
            return 1.0 if value else 0.0
        case _:
            return None
