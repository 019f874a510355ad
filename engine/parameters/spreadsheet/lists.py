"""Drop-down lists: short ones inside the cell, longer ones on a hidden sheet."""

from __future__ import annotations

from typing import Any

from engine.parameters.spreadsheet.book import Pen
from engine.parameters.spreadsheet.layout import LISTS
from engine.parameters.spreadsheet.spelling import TEXT

FORMULA_LIST = 255  # characters of a list inside a cell


class Lists:
    """Drop-down lists too long for a cell, each a column of a hidden sheet."""

    def __init__(self, pen: Pen) -> None:
        self.pen = pen
        self.columns: list[list[Any]] = []

    def source(self, values: list[Any]) -> Any:
        """What a cell's validation names."""
        short = all(isinstance(v, str) and "," not in v and v == v.strip() for v in values)
        if short and len(",".join(values)) <= FORMULA_LIST and not values[0].startswith("="):
            return values
        if values not in self.columns:
            self.columns.append(values)
        from xlsxwriter.utility import xl_col_to_name

        column = xl_col_to_name(self.columns.index(values))
        return f"='{LISTS}'!${column}$1:${column}${len(values)}"

    def write(self) -> None:
        """The hidden sheet."""
        if not self.columns:
            return
        sheet = self.pen.book.add_worksheet(LISTS)
        sheet.very_hidden()
        for at, values in enumerate(self.columns):
            for row, value in enumerate(values):
                if isinstance(value, str):
                    self.pen.text(sheet, row, at, value, {"num_format": TEXT})
                else:
                    sheet.write_number(row, at, value)
