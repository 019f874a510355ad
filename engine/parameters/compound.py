"""Tables, files and secrets as field values: their canonical JSON and the text of a table."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Collection, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from engine.parameters.bounds import Broken, counted
from engine.parameters.field_types import ColumnType, FileField, TableField
from engine.parameters.moments import parse_date, parse_instant
from engine.parameters.numbers import Unreadable, as_float, decimal_of, format_decimal, parse_decimal, signs

_HASH = re.compile(r"(?:[a-z0-9]+:)?[0-9a-f]{32,128}")
_SECRET = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}", re.ASCII)


def canonical_secret(value: Any) -> dict[str, str]:
    """``{"secret": name}``. Raises Unreadable."""
    name = value.get("secret") if isinstance(value, Mapping) and set(value) == {"secret"} else value
    if not isinstance(name, str) or not _SECRET.fullmatch(name):
        raise Broken(
            "", "is not the name of a secret", "Choose a stored secret; never type the secret itself here."
        )
    return {"secret": name}


def canonical_file(field: FileField, value: Any) -> dict[str, str]:
    """``{"blob": hash, "name": filename}``. Raises Unreadable."""
    if not isinstance(value, Mapping) or set(value) != {"blob", "name"}:
        raise Unreadable("is not an uploaded file", "Choose a file.")
    blob, name = str(value["blob"]), str(value["name"])
    if not _HASH.fullmatch(blob):
        raise Unreadable("has no stored contents", "Upload the file again.")
    if (
        not name.strip()
        or "/" in name
        or "\\" in name
        or name in {".", ".."}
        or any(ord(c) < 32 for c in name)
    ):
        raise Broken(f"“{name}”", "is not a file name", "Rename the file and upload it again.")
    endings = [e.lower() for e in field.extensions]
    if endings and not name.lower().endswith(tuple(endings)):
        from engine.parameters.canonical import listed

        raise Broken(f"“{name}”", f"must end in {listed(endings)}", "Choose such a file.")
    return {"blob": blob, "name": name}


def canonical_table(field: TableField, value: Any) -> dict[str, Any]:
    """``{"columns": [{"name", "type"}], "rows": [[…]]}`` in the declared order of columns. Raises Unreadable."""
    names, rows = _natural_rows(value)
    missing = [c for c in field.columns if c not in names]
    if missing:
        raise Broken("", f"lacks the column {missing[0]}", f"Give the columns {', '.join(field.columns)}.")
    extra = [c for c in names if c not in field.columns]
    if extra:
        raise Broken("", f"has a column too many: {extra[0]}", f"Give only {', '.join(field.columns)}.")
    if len(names) != len(set(names)):
        raise Broken("", "has a column twice", f"Give {', '.join(field.columns)} once each.")
    counted(len(rows), field.min_rows, field.max_rows, "rows", "")
    at = [names.index(c) for c in field.columns]
    clean = []
    for n, row in enumerate(rows, 1):
        if len(row) != len(names):
            raise Broken(
                f"(row {n})", f"must have {len(names)} cells; it has {len(row)}", "Fill the missing cells."
            )
        clean.append([_located(n, c, t, row[i]) for i, (c, t) in zip(at, field.columns.items(), strict=True)])
    return {"columns": [{"name": c, "type": t} for c, t in field.columns.items()], "rows": clean}


def _located(row: int, column: str, kind: ColumnType, value: Any) -> Any:
    try:
        return cell(kind, value)
    except Unreadable as error:
        shown = value if isinstance(value, str) else str(value)
        raise Broken(f"(row {row}, column {column}) “{shown[:60]}”", error.rule, error.remedy) from None


def _natural_rows(value: Any) -> tuple[list[str], list[list[Any]]]:
    """Column names and rows of canonical JSON, a list of records, or named columns."""
    if isinstance(value, Mapping) and set(value) == {"columns", "rows"}:
        columns, rows = value["columns"], value["rows"]
        if (
            isinstance(columns, list)
            and isinstance(rows, list)
            and all(isinstance(r, list | tuple) for r in rows)
        ):
            names = [str(c.get("name", "")) if isinstance(c, Mapping) else str(c) for c in columns]
            return names, [list(row) for row in rows]
    if hasattr(value, "to_dict") and hasattr(value, "columns"):  # a pandas frame
        value = {str(c): value[c].tolist() for c in value.columns}
    if isinstance(value, Mapping) and all(
        isinstance(v, Collection) and not isinstance(v, str) for v in value.values()
    ):
        held = [list(v) for v in value.values()]
        if len({len(c) for c in held}) > 1:
            raise Broken(
                "", "has columns of unequal length", "Give each column as many values as the others."
            )
        return [str(k) for k in value], [list(row) for row in zip(*held, strict=True)]
    if isinstance(value, list) and value and all(isinstance(row, Mapping) for row in value):
        names = [str(k) for k in value[0]]
        return names, [[row.get(n) for n in names] for row in value]
    raise Broken("", "is not a table", 'Give {"columns": [{"name": …}], "rows": [[…]]} or a list of records.')


def cell(kind: ColumnType, value: Any) -> Any:
    """Canonical JSON of one cell; None and NaN of a non-number are missing. Raises Unreadable."""
    if value is None or value == "" or (isinstance(value, float) and math.isnan(value) and kind != "number"):
        return None
    match kind:
        case "number":
            from engine.parameters.canonical import number_json

            if isinstance(value, bool) or not isinstance(value, int | float | Decimal | str):
                raise Unreadable("is not a number", "Enter a number.")
            if isinstance(value, str):
                return number_json(as_float(parse_decimal(value, "")))
            return number_json(value if isinstance(value, float) else as_float(Decimal(value)))
        case "integer":
            from engine.parameters.canonical import whole_number

            return whole_number(parse_decimal(value, "", 0) if isinstance(value, str) else value)
        case "boolean":
            words = {
                "true": True,
                "yes": True,
                "1": True,
                "ja": True,
                "false": False,
                "no": False,
                "0": False,
                "nein": False,
            }
            known = words.get(str(value).strip().lower())
            if known is None:
                raise Unreadable("is not yes or no", "Enter yes or no.")
            return known
        case "date":
            text = (
                value.date().isoformat()
                if isinstance(value, datetime)
                else value.isoformat()
                if isinstance(value, date)
                else str(value)
            )
            day = parse_date(text, "")
            if day.startswith("today"):
                raise Unreadable("is not a day", "Enter year-month-day.")
            return day
        case "date-time":
            return parse_instant(value.isoformat() if isinstance(value, datetime) else str(value), "", "UTC")
        case _:
            from engine.parameters.canonical import clean_text

            text = value if isinstance(value, str) else str(value)
            clean_text(text)
            return text


def parse_table(field: TableField, text: str, locale: str) -> dict[str, Any]:
    """A table pasted from a spreadsheet (tabs) or written as CSV, with its header line. Raises Unreadable."""
    rows = _rows(field, text.strip("\n"))
    if not rows:
        raise Broken("", "is empty", f"Paste the columns {', '.join(field.columns)} with a header line.")
    header = [h.strip() for h in rows[0]]
    kinds = [field.columns.get(h) for h in header]
    clean = []
    for n, row in enumerate(rows[1:], 1):
        if len(row) > len(header):
            raise Broken(f"(row {n})", f"must have {len(header)} cells; it has {len(row)}", "Take some out.")
        cells = [_typed_cell(n, h, k, c, locale) for h, k, c in zip(header, kinds, row, strict=False)]
        clean.append(cells + [None] * (len(header) - len(row)))
    return canonical_table(field, {"columns": header, "rows": clean})


def _rows(field: TableField, text: str) -> list[list[str]]:
    """The cells; the sign between them is the one that gives the declared columns, or the first that occurs."""
    for mark in "\t;,":
        rows = _split(text, mark)
        if rows and {h.strip() for h in rows[0]} == set(field.columns):
            return rows
    first = text.split("\n", 1)[0]
    return _split(text, next((m for m in "\t;," if m in first), ","))


def _split(text: str, mark: str) -> list[list[str]]:
    try:
        return [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=mark) if row]
    except csv.Error as error:
        raise Broken(
            "", f"cannot be read as a table ({error})", "Paste it again, with a header line."
        ) from None


def _typed_cell(row: int, column: str, kind: ColumnType | None, text: str, locale: str) -> Any:
    if text == "" or kind not in {"number", "integer"}:
        return text
    try:
        number = parse_decimal(text, locale, 0 if kind == "integer" else None)
    except Unreadable as error:
        raise Broken(f"(row {row}, column {column}) “{text[:60]}”", error.rule, error.remedy) from None
    return number if kind == "integer" else as_float(number)


def format_table(field: TableField, value: Mapping[str, Any], locale: str) -> str:
    """The table as CSV with a header line; ``;`` between cells where the comma is the decimal sign."""
    known = signs(locale)
    mark = ";" if known and known.decimal == "," else ","
    kinds = [c["type"] for c in value["columns"]]
    lines = [[c["name"] for c in value["columns"]]]
    lines += [[_shown_cell(k, v, locale) for k, v in zip(kinds, row, strict=True)] for row in value["rows"]]
    return "".join(mark.join(_quoted(cell, alone=len(kinds) == 1) for cell in line) + "\n" for line in lines)


def _quoted(cell: str, *, alone: bool) -> str:
    """A cell in quotes where it would not read back without them."""
    if re.search(r'[;,"\t\r\n]', cell) or (alone and not cell):
        return '"' + cell.replace('"', '""') + '"'
    return cell


def _shown_cell(kind: str, value: Any, locale: str) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if kind == "integer":
        return format_decimal(Decimal(value), locale, group=False)
    if kind == "number":
        return format_decimal(decimal_of(float(value)), locale, group=False)
    return str(value)
