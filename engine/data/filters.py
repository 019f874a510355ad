"""Filters of a table page: a column, an operator, a value → parameterised SQL.

Nothing that a person wrote becomes part of the SQL text: columns must exist, values are parameters.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from engine.data.classes import refuse_masked
from engine.data.coltypes import PLURAL, ColumnInfo
from engine.data.fitting import nearest
from engine.errors import Invalid, Problem

COMPARE = {"=": "=", "≠": "<>", "<": "<", "≤": "<=", ">": ">", "≥": ">="}
SPELLINGS = {"==": "=", "!=": "≠", "<>": "≠", "<=": "≤", ">=": "≥", "equals": "=", "not": "≠"}
OPERATORS = (*COMPARE, "contains", "starts with", "between", "in", "is missing", "is present")
ORDERED = frozenset({"number", "integer", "date", "date-time"})


@dataclass(frozen=True)
class Filter:
    """One condition. ``value`` is text or a typed value; a pair for between, a list for in."""

    column: str
    op: str
    value: Any = None


FilterLike = Filter | Mapping[str, Any]


def where(filters: Sequence[FilterLike], columns: Sequence[ColumnInfo]) -> tuple[str, list[Any]]:
    """``WHERE …`` (or nothing) with its parameters. Raises Invalid with each filter that makes no sense."""
    known = {c.name: c for c in columns}
    parts, values, problems = [], [], []
    for given in filters:
        wanted = given if isinstance(given, Filter) else _filter(given)
        try:
            column = column_of(wanted.column, known)
            refuse_masked(column, "filter")
            sql, parameters = _condition(wanted, column)
        except Invalid as error:
            problems += error.problems
            continue
        parts.append(sql)
        values += parameters
    if problems:
        raise Invalid("the filters", problems)
    return (f"WHERE {' AND '.join(parts)}" if parts else ""), values


def column_of(name: str, known: Mapping[str, ColumnInfo]) -> ColumnInfo:
    """The column of that name. Raises Invalid with the nearest name."""
    if name not in known:
        near = nearest(name, list(known))
        hint = f"Did you mean “{near}”?" if near else f"Columns: {', '.join(list(known)[:20])}."
        raise Invalid("the column", [Problem(name, f"There is no column “{name}”. {hint}", name, "a column")])
    return known[name]


def quoted(name: str) -> str:
    """A column name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def _filter(given: Mapping[str, Any]) -> Filter:
    return Filter(
        str(given.get("column", "")), str(given.get("op", given.get("operator", "="))), given.get("value")
    )


def _condition(wanted: Filter, column: ColumnInfo) -> tuple[str, list[Any]]:
    op = SPELLINGS.get(wanted.op.strip().lower(), wanted.op.strip().lower())
    name = quoted(column.name)
    if op in ("is missing", "is present"):
        return f"{name} IS {'' if op == 'is missing' else 'NOT '}NULL", []
    if op in ("contains", "starts with"):
        function = "contains" if op == "contains" else "starts_with"
        text = f"lower(CAST({name} AS VARCHAR))"
        return f"{function}({text}, lower(?))", [str(wanted.value)]
    if op == "between":
        low, high = _pair(wanted)
        return f"{name} BETWEEN ? AND ?", [_value(low, column), _value(high, column)]
    if op == "in":
        listed = wanted.value if isinstance(wanted.value, (list, tuple)) else [wanted.value]
        return f"{name} IN ({', '.join('?' * len(listed)) or 'NULL'})", [_value(v, column) for v in listed]
    if op not in COMPARE:
        raise Invalid(
            "the filters",
            [
                Problem(
                    column.name, f"“{wanted.op}” is no filter. Use one of: {', '.join(OPERATORS)}.", wanted.op
                )
            ],
        )
    if op == "≠":  # a missing value differs from any value
        return f"{name} IS DISTINCT FROM ?", [_value(wanted.value, column)]
    return f"{name} {COMPARE[op]} ?", [_value(wanted.value, column)]


def _pair(wanted: Filter) -> tuple[Any, Any]:
    value = wanted.value
    if isinstance(value, str):
        value = [part.strip() for part in value.split("..")]
    if not isinstance(value, (list, tuple)) or len(value) != 2:
        sentence = f"“between” on {wanted.column} needs two values, for instance 1..10."
        raise Invalid("the filters", [Problem(wanted.column, sentence, str(wanted.value), "two values")])
    return value[0], value[1]


def _value(value: Any, column: ColumnInfo) -> Any:
    """The value in the column's own type."""
    if not isinstance(value, str) or column.type in ("text", "category"):
        return str(value) if column.type in ("text", "category") else value
    text = value.strip()
    try:
        if column.type == "integer":
            return int(text) if text.lstrip("-").isdigit() else float(text)
        if column.type == "number":
            return float(text)
        if column.type == "boolean":
            return {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}[
                text.lower()
            ]
        if column.type == "date":
            return date.fromisoformat(text)
        moment = datetime.fromisoformat(text)
        if column.zone:
            return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return moment.replace(tzinfo=None)
    except (ValueError, KeyError):
        example = {"date": "2026-12-31", "date-time": "2026-12-31 18:00", "boolean": "true"}.get(
            column.type, "1234.5"
        )
        sentence = (
            f"“{value}” does not fit column “{column.name}”, which holds {PLURAL.get(column.type, column.type)}. "
            f"Write it like {example}."
        )
        raise Invalid("the filters", [Problem(column.name, sentence, value, column.type)]) from None
