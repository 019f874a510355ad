"""One value out of a CSV or JSON text, and the day that it is of."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from engine.errors import Invalid, Problem
from engine.parameters.feeds.sources import Picked
from engine.parameters.field_types import FieldBase, ListField, MultiChoiceField, TableField

_STEP = re.compile(r"([^.\[\]]+)|\[(-?\d{1,9})\]")


def pick(source: Picked, text: str, field: FieldBase, what: str) -> tuple[Any, date | None]:
    """The raw value and its day, where the text says one. ``what`` names the text in sentences. Raises Invalid."""
    reading = _from_json if source.format == "json" else _from_csv
    return reading(source, text, field, what)


def day_of(raw: Any, what: str) -> date | None:
    """The day that a cell names: ISO 8601, also with a time (then the day as written). Raises Invalid."""
    if raw is None or raw == "":
        return None
    if isinstance(raw, datetime):
        return raw.date()
    if isinstance(raw, date):
        return raw
    text = str(raw).strip()
    try:
        return date.fromisoformat(text[:10] if re.match(r"\d{4}-\d\d-\d\d([T ]|$)", text) else text)
    except ValueError:
        raise _unfit(
            f"{what}: “{text[:60]}” is no day that could be read as the day of the value. Write it as "
            "year-month-day, for instance 2026-11-22."
        ) from None


def decoded(body: bytes, what: str) -> str:
    """The text of a file or answer: UTF-8, also with a byte order mark. Raises Invalid."""
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        raise _unfit(f"{what} is not UTF-8 text (line {line}). Save it as UTF-8.") from None
    if "\0" in text:
        raise _unfit(f"{what} holds NUL characters: it is no text file.")
    return text


# ---- JSON


def _from_json(source: Picked, text: str, field: FieldBase, what: str) -> tuple[Any, date | None]:
    try:
        whole = json.loads(text, parse_float=Decimal, parse_constant=_no_constant, object_pairs_hook=_once)
    except RecursionError:
        raise _unfit(f"{what} is nested too deeply to be read.") from None
    except ValueError as error:
        place = (
            f" (line {error.lineno}, column {error.colno})" if isinstance(error, json.JSONDecodeError) else ""
        )
        said = str(error) if not isinstance(error, json.JSONDecodeError) else error.msg
        raise _unfit(f"{what} is no JSON{place}: {said}.") from None
    found = follow(whole, source.value, what)
    observed = day_of(follow(whole, source.observed, what), what) if source.observed else None
    return found, observed


def follow(whole: Any, way: str, what: str) -> Any:
    """The value at ``rates.USD``, ``data[-1].value`` or ``/rates/USD`` (RFC 6901). Raises Invalid."""
    steps = _pointer(way) if way.startswith("/") else _path(way, what)
    found, gone = whole, ""
    for step in steps:
        if isinstance(found, dict) and str(step) in found:
            found = found[str(step)]
        elif (
            isinstance(found, list)
            and re.fullmatch(r"-?\d{1,9}", str(step))
            and -len(found) <= int(step) < len(found)
        ):
            found = found[int(step)]
        else:
            raise _unfit(f"{what} has nothing at “{way}”: {_there(found, gone)}")
        gone = f"{gone}.{step}".lstrip(".")
    return found


def _path(way: str, what: str) -> list[str]:
    steps, at = [], 0
    while at < len(way):
        match = _STEP.match(way, at)
        if match is None:
            raise _unfit(
                f"“{way}” is no way to a value. Write it like rates.USD or data[0].value, or /rates/USD."
            )
        steps.append(match[1] if match[1] is not None else match[2])
        at = match.end()
        if at < len(way) and way[at] == ".":
            at += 1
    return steps


def _pointer(way: str) -> list[str]:
    return [step.replace("~1", "/").replace("~0", "~") for step in way[1:].split("/")]


def _there(found: Any, gone: str) -> str:
    place = f"“{gone}”" if gone else "its top"
    if isinstance(found, dict):
        return f"at {place} there are: {', '.join(list(found)[:12]) or 'no names'}."
    if isinstance(found, list):
        return f"at {place} there is a list of {len(found)}."
    return f"at {place} there is a single value."


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number of JSON")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the name “{twice[:60]}” stands twice in one object")
    return made


# ---- CSV


def _from_csv(source: Picked, text: str, field: FieldBase, what: str) -> tuple[Any, date | None]:
    names, rows = _table(text, what)
    if source.where:
        at = _column(names, source.where, what)
        rows = [row for row in rows if row[at].strip() == source.equals.strip()]
    if not rows:
        told = f" with {source.where} = {source.equals}" if source.where else ""
        raise _unfit(f"{what} has no row{told}.")
    chosen = rows[-1] if source.row == "last" else rows[0]
    observed = day_of(chosen[_column(names, source.observed, what)], what) if source.observed else None
    if isinstance(field, TableField):
        places = [_column(names, name, what) for name in field.columns]
        return [
            {name: row[i] for name, i in zip(field.columns, places, strict=True)} for row in rows
        ], observed
    if not source.value:
        raise _unfit(f"Say which column of {what} has the value: {', '.join(names[:20])}.")
    column = _column(names, source.value, what)
    if isinstance(field, ListField | MultiChoiceField):
        return [row[column].strip() for row in rows], observed
    return chosen[column].strip(), observed


def _table(text: str, what: str) -> tuple[list[str], list[list[str]]]:
    first = text.split("\n", 1)[0]
    sign = max(",;\t|", key=first.count)
    try:
        lines = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=sign, strict=True) if row]
    except csv.Error as error:
        raise _unfit(f"{what} is no CSV: {error}.") from None
    if not lines:
        raise _unfit(f"{what} is empty.")
    names = [name.strip() for name in lines[0]]
    for number, row in enumerate(lines[1:], 2):
        if len(row) != len(names):
            raise _unfit(
                f"{what}: row {number} has {len(row)} cells, the first row {len(names)}. Mend the file."
            )
    return names, lines[1:]


def _column(names: list[str], wanted: str, what: str) -> int:
    if names.count(wanted) > 1:
        raise _unfit(f"{what} has the column “{wanted}” twice.")
    if wanted in names:
        return names.index(wanted)
    raise _unfit(f"{what} has no column “{wanted}”. Its columns are: {', '.join(names[:20])}.")


def _unfit(sentence: str) -> Invalid:
    return Invalid("the feed", [Problem("source", sentence)])
