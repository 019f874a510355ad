"""The rules of a field in words, and as the data validation of a cell: drop-downs, bounds, messages."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any, cast

from engine.parameters import field_types as f
from engine.parameters.canonical import listed
from engine.parameters.formatting import format_text, label_of
from engine.parameters.numbers import EXACT, decimal_of
from engine.parameters.spreadsheet.spelling import EXACT_DIGITS, NO, YES

MOST_LISTED = 5000
_NOUNS = {
    "integer": "whole number", "number": "number", "percent": "percentage", "money": "amount", "boolean": "yes or no",
    "text": "text", "date": "day (year-month-day), or today, today-7d …", "date-time": "day, time and offset from UTC",
    "duration": "length of time, such as 1 h 30 min", "period": "period, such as 2026-Q3, 2026-07, 2026-W33, 2026",
    "secret": "name of a stored secret",
}  # fmt: skip


def allowed(field: f.FieldBase) -> str:
    """What may be entered, in words."""
    parts = [_kind(field), *_bounds(field)]
    choices: list[f.Choice] = getattr(field, "choices", [])
    if choices:
        shown = [label_of(choices, c.value) for c in choices]
        word = (
            "for instance" if field.type == "text" else "one of" if field.type != "multi-choice" else "any of"
        )
        parts.append(f"{word}: {listed(shown, 12)}")
    said = ", ".join(part for part in parts if part)
    if not field.required:
        said += ". May stay empty"
    if field.guarded:
        said += ". A change needs a second person"
    return f"{said[:1].upper()}{said[1:]}."


def _kind(field: f.FieldBase) -> str:
    match field.type:
        case "choice":
            return "" if getattr(field, "choices", None) else "a value of the list"
        case "multi-choice":
            return "values separated by semicolons"
        case "money":
            money = cast(f.MoneyField, field)
            known = money.currencies or ([money.currency] if money.currency else [])
            return f"amount in {listed(known)}" if known else "amount with its currency"
        case "list":
            item = cast(f.ListField, field).item
            return f"list separated by semicolons, each a {_kind(item) or 'choice'}"
        case "table":
            columns = cast(f.TableField, field).columns
            return "table with the columns " + ", ".join(f"{name} ({kind})" for name, kind in columns.items())
        case _:
            return _NOUNS.get(field.type, field.type)


def _bounds(field: f.FieldBase) -> list[str]:
    low, high = getattr(field, "minimum", None), getattr(field, "maximum", None)
    said = []
    if low is not None and high is not None:
        said.append(f"{_shown(field, low)} to {_shown(field, high)}")
    elif low is not None or high is not None:
        said.append(f"at least {_shown(field, low)}" if low is not None else f"at most {_shown(field, high)}")
    if (step := getattr(field, "step", None)) is not None:
        said.append(f"in steps of {_shown(field, step)}")
    if (decimals := getattr(field, "decimals", None)) is not None:
        said.append(f"at most {decimals} decimals")
    for least, most, what in (
        ("min_length", "max_length", "characters"), ("min_items", "max_items", "values"),
        ("min_rows", "max_rows", "rows"),
    ):  # fmt: skip
        few, many = getattr(field, least, None), getattr(field, most, None)
        if few and many:
            said.append(f"{few:,} to {many:,} {what}")
        elif few or many:
            said.append(f"at least {few:,} {what}" if few else f"at most {many:,} {what}")
    if hint := getattr(field, "pattern_hint", ""):
        said.append(hint)
    if getattr(field, "unique", False):
        said.append("no value twice")
    if granularity := getattr(field, "granularity", None):
        said.append(f"a {granularity}")
    return said


def _shown(field: f.FieldBase, bound: Any) -> str:
    if field.type in ("integer", "number", "percent"):
        return format_text(field, bound)
    return str(bound)


def drop_down(field: f.FieldBase, offered: list[str] | None = None) -> list[Any]:
    """The values of the cell's drop-down list; empty where it has none. ``offered``: read from a column."""
    choices: list[f.Choice] = getattr(field, "choices", [])
    if field.type == "boolean":
        return [YES, NO]
    if field.type in ("choice", "text"):
        return [label_of(choices, c.value) for c in choices] or (offered or [])[:MOST_LISTED]
    if field.type in ("integer", "number"):
        return [float(c.value) if field.type == "number" else int(c.value) for c in choices]
    return []


def bounded(field: f.FieldBase) -> dict[str, Any] | None:
    """The validation of a cell by its bounds, as xlsxwriter takes it; None where the type has none."""
    low, high = getattr(field, "minimum", None), getattr(field, "maximum", None)
    match field.type:
        case "integer":
            return _between("integer", _whole(low, -(10**EXACT_DIGITS)), _whole(high, 10**EXACT_DIGITS))
        case "number":
            return _between("decimal", low, high)
        case "percent":
            points = cast(f.PercentField, field).scale == "points"
            return _between("decimal", _share(low, points), _share(high, points))
        case "money":
            return _between("decimal", *(float(Decimal(b)) if b is not None else None for b in (low, high)))
        case "date":
            # “today” is a value as well: the program warns, but lets it stand
            made = _between("date", _day(low) or date(1900, 3, 1), _day(high) or date(9999, 12, 31))
            return {**made, "error_type": "warning"}
        case "text":
            text = cast(f.TextField, field)
            if text.max_length and text.max_length <= 32_767:
                return {"validate": "length", "criteria": "between", "minimum": 0, "maximum": text.max_length}
            return None
        case _:
            return None


def _between(kind: str, low: Any, high: Any) -> dict[str, Any]:
    if low is not None and high is not None:
        return {"validate": kind, "criteria": "between", "minimum": low, "maximum": high}
    if low is None and high is None:
        low = -1e307
    if low is not None:
        return {"validate": kind, "criteria": ">=", "value": low}
    return {"validate": kind, "criteria": "<=", "value": high}


def _whole(bound: int | None, else_: int) -> int:
    return else_ if bound is None or abs(bound) > abs(else_) else bound


def _share(bound: float | None, points: bool) -> float | None:
    if bound is None or not points:
        return bound
    return float(EXACT.scaleb(decimal_of(bound), -2))


def _day(bound: Any) -> date | None:
    try:
        found = bound if isinstance(bound, date) else datetime.fromisoformat(str(bound)).date()
    except ValueError:
        return None  # relative to the day of the run
    return found if found >= date(1900, 3, 1) else None


def bounded_cell(kind: f.ColumnType) -> dict[str, Any] | None:
    """The validation of a column of a table field."""
    match kind:
        case "integer":
            return _between("integer", -(10**EXACT_DIGITS), 10**EXACT_DIGITS)
        case "number":
            return _between("decimal", None, None)
        case "date":
            return _between("date", date(1900, 3, 1), date(9999, 12, 31))
        case "boolean":
            return {"validate": "list", "source": [YES, NO]}
        case _:
            return None


def messages(title: str, said: str, help_: str, *, wanted: bool = True) -> dict[str, Any]:
    """What the program shows beside a cell, and what it says to a wrong entry; cut to what spreadsheets take."""
    head = title if len(title) <= 32 else title[:31] + "…"
    more = f"{said}\n{help_}".strip()
    made: dict[str, Any] = {
        "error_title": head,
        "error_message": _cut(f"This is not allowed here. {said}"),
    }
    return made | ({"input_title": head, "input_message": _cut(more)} if wanted else {})


def _cut(text: str) -> str:
    return text if len(text) <= 255 else text[:254] + "…"
