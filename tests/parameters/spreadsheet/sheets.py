"""Workbooks for the tests: written from values, read back, edited as a person would edit them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from engine.parameters.field_types import FieldBase
from engine.parameters.spreadsheet.content import Content
from engine.parameters.spreadsheet.layout import Meta, sheets_of
from engine.parameters.spreadsheet.reading import Context, Reading, read_values
from engine.parameters.spreadsheet.reading_tables import read_table
from engine.parameters.spreadsheet.workbook import read_workbook
from engine.parameters.spreadsheet.writing import write

MOMENT = datetime(2026, 11, 22, 9, tzinfo=UTC)


def content(fields: Mapping[str, FieldBase], values: Mapping[str, Any], **more: Any) -> Content:
    """What a workbook of these values, all set at the company, is made of."""
    meta = Meta("pricing", "summer", "", 3, date(2026, 11, 22), MOMENT, 1)
    own = frozenset(values)
    return Content(meta, fields, "Pricing", "Summer", "Version 3.", dict(values), own, {}, {}, **more)


def empty(fields: Mapping[str, FieldBase]) -> Content:
    """The same without a value: what is read then is what the cells alone say."""
    return content(fields, {})


def read(path: Path, made: Content, zone: str = "UTC") -> Reading:
    """What a workbook says beside what it was made of."""
    book, reading = read_workbook(path, path.name), Reading()
    sheets = sheets_of(book)
    context = Context(zone, book.from_1904)
    own = [found for found in sheets if found.kind != "values"]
    for found in own:
        read_table(found, made, context, reading)
    values = next(found for found in sheets if found.kind == "values")
    read_values(values, made, context, reading, {found.field for found in own})
    return reading


def through(path: Path, fields: Mapping[str, FieldBase], values: Mapping[str, Any]) -> Reading:
    """Write values and read the file as if nothing were known of them but their fields."""
    write(content(fields, values), path)
    return read(path, empty(fields))
