"""Parquet → XLSX, streamed: typed cells, frozen header, an “About” sheet, more sheets where Excel ends."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from engine.data.coltypes import ColumnInfo, schema_of

SHEET_ROWS = 1_048_575  # Excel's rows less the header
LONGEST_TEXT = 32_767
EXACT = 10**15  # Excel keeps 15 digits: longer whole numbers are written as text
FIRST_DAY = date(1900, 3, 1)  # before this Excel's calendar is wrong
Report = Callable[[float, str], None]


def write_xlsx(
    source: Path, target: Path, about: Mapping[str, str], report: Report = lambda f, t: None
) -> None:
    """Write the whole table. Text stays text (also when it begins with =)."""
    import pyarrow.parquet as pq
    import xlsxwriter

    file = pq.ParquetFile(source)
    columns = schema_of(file.schema_arrow)
    book = xlsxwriter.Workbook(
        str(target),
        {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        },
    )
    try:
        writer = _Sheets(book, columns)
        for row in _rows(file, columns):
            writer.write(row)
            if writer.total % 50_000 == 0:
                report(0.95 * writer.total / max(1, file.metadata.num_rows), "Writing the workbook")
        if about:
            _about(book, about)
    finally:
        book.close()


class _Sheets:
    """Writes rows, beginning a new sheet where one is full."""

    def __init__(self, book: Any, columns: list[ColumnInfo]) -> None:
        self.book, self.columns = book, columns
        self.bold = book.add_format({"bold": True, "bottom": 1})
        self.formats = {
            "date": book.add_format({"num_format": "yyyy-mm-dd"}),
            "date-time": book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}),
        }
        self.total = self.sheets = 0
        self.row = SHEET_ROWS
        self.sheet: Any = None
        self._begin()

    def _begin(self) -> None:
        self.sheets += 1
        self.sheet = self.book.add_worksheet("Table" if self.sheets == 1 else f"Table {self.sheets}")
        for n, column in enumerate(self.columns):
            width = {"date": 12, "date-time": 20, "number": 14}.get(column.type, 18)
            self.sheet.set_column(n, n, max(width, min(len(column.name) + 2, 40)))
        self.sheet.freeze_panes(1, 0)
        for n, column in enumerate(self.columns):
            self.sheet.write_string(0, n, column.name, self.bold)
        self.row = 0

    def write(self, row: tuple[Any, ...]) -> None:
        if self.row >= SHEET_ROWS:
            self._begin()
        self.row += 1
        self.total += 1
        for n, value in enumerate(row):
            if value is not None:
                self._cell(n, value, self.columns[n].type)

    def _cell(self, n: int, value: Any, kind: str) -> None:
        if kind == "boolean":
            self.sheet.write_boolean(self.row, n, value)
        elif (kind == "number" and math.isfinite(value)) or (kind == "integer" and abs(value) < EXACT):
            self.sheet.write_number(self.row, n, value)
        elif kind in ("date", "date-time") and (value.date() if kind == "date-time" else value) >= FIRST_DAY:
            self.sheet.write_datetime(self.row, n, value, self.formats[kind])
        else:
            self.sheet.write_string(self.row, n, _text(value)[:LONGEST_TEXT])


def _rows(file: Any, columns: list[ColumnInfo]) -> Iterator[tuple[Any, ...]]:
    for batch in file.iter_batches(batch_size=10_000):
        values = [batch.column(n).to_pylist() for n in range(len(columns))]
        for n, column in enumerate(columns):
            if column.zone:  # Excel knows no zones: clock time in UTC, as the About sheet says
                values[n] = [v if v is None else v.astimezone(UTC).replace(tzinfo=None) for v in values[n]]
        yield from zip(*values, strict=True)


def _text(value: Any) -> str:
    if isinstance(value, float):
        return {math.inf: "Inf", -math.inf: "-Inf"}.get(value, "NaN")
    return value.isoformat(sep=" ") if isinstance(value, datetime) else str(value)


def _about(book: Any, about: Mapping[str, str]) -> None:
    sheet = book.add_worksheet("About")
    bold = book.add_format({"bold": True, "valign": "top"})
    wrapped = book.add_format({"text_wrap": True})
    sheet.set_column(0, 0, 28)
    sheet.set_column(1, 1, 80)
    for n, (name, text) in enumerate({**about, "Times": "Date-times with a zone are in UTC."}.items()):
        sheet.write_string(n, 0, str(name)[:LONGEST_TEXT], bold)
        sheet.write_string(n, 1, str(text)[:LONGEST_TEXT], wrapped)
