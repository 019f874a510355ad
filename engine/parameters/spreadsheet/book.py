"""Writing cells: formats made once, numbers with all their digits, text that never becomes a formula."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from engine.parameters.spreadsheet.spelling import DAY, TEXT, Written

Looks = dict[str, Any]
EDITABLE: Looks = {"bg_color": "#FFF7D6", "border": 1, "border_color": "#D9C77A", "locked": False}
READ_ONLY: Looks = {"font_color": "#4A4A4A"}
HEAD: Looks = {
    "bold": True,
    "bg_color": "#1F3A5F",
    "font_color": "#FFFFFF",
    "text_wrap": True,
    "valign": "vcenter",
}
GROUP: Looks = {"bold": True, "bg_color": "#E3E9F1", "font_color": "#1F3A5F"}
SMALL: Looks = {"font_size": 9, "font_color": "#4A4A4A", "text_wrap": True, "valign": "top"}
WRAPPED: Looks = {"text_wrap": True, "valign": "top"}


class Digits(float):
    """A number that remembers how it is written: spreadsheets' own writers drop the 17th digit."""

    text: str

    def __new__(cls, text: str) -> Digits:
        """Of a plain decimal spelling."""
        made = super().__new__(cls, text)
        made.text = text
        return made


def open_book(target: Path) -> Any:
    """A new workbook in which text stays text."""
    import xlsxwriter
    from xlsxwriter.worksheet import Worksheet

    class Sheet(Worksheet):
        """Writes numbers with all their digits."""

        def _xml_number_element(self, number: Any, attributes: Any) -> None:
            if not isinstance(number, Digits):
                super()._xml_number_element(number, attributes)
                return
            said = "".join(f' {name}="{value}"' for name, value in attributes or ())
            self.fh.write(f"<c{said}><v>{number.text}</v></c>")

    options = {
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "default_format_properties": {"font_name": "Arial", "font_size": 10},
    }
    book = xlsxwriter.Workbook(str(target), options)
    book.worksheet_class = Sheet
    return book


class Pen:
    """Puts values into the cells of a workbook."""

    def __init__(self, book: Any) -> None:
        self.book = book
        self._formats: dict[tuple[tuple[str, Any], ...], Any] = {}

    def format(self, **looks: Any) -> Any:
        """A format, made once for each look."""
        key = tuple(sorted(looks.items()))
        if key not in self._formats:
            self._formats[key] = self.book.add_format(looks)
        return self._formats[key]

    def put(self, sheet: Any, row: int, column: int, value: Written, looks: Looks) -> None:
        """Write a value (rows and columns from 0) in its own number format."""
        made = self.format(**{**looks, "num_format": value.format})
        if value.kind == "nothing":
            sheet.write_blank(row, column, None, made)
        elif value.kind == "number":
            sheet.write_number(row, column, Digits(value.digits), made)
        elif value.kind == "day":
            sheet.write_datetime(row, column, date.fromisoformat(value.text), made)
        else:
            sheet.write_string(row, column, value.text, made)

    def text(self, sheet: Any, row: int, column: int, text: str, looks: Looks) -> None:
        """Write plain text."""
        sheet.write_string(row, column, text, self.format(**looks))


def format_of(kind: str) -> str:
    """The number format of an empty cell, so that what is typed stays what it is."""
    return {"number": "General", "integer": "0", "date": DAY}.get(kind, TEXT)
