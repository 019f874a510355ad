"""A cell as a spreadsheet stores it: kind, value to the last digit, formula, and what its format makes of a number."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Literal

Kind = Literal["number", "text", "boolean", "error", "day"]
FIRST_DAY = datetime(1900, 3, 1)  # before this, spreadsheet programs do not agree on the calendar
_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")
_QUOTED = re.compile(r'"[^"]*"|\\.|\[(?!h+\]|m+\]|s+\])[^\]]*\]')


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell. ``value`` is a float, text, bool or (kind ``day``, as ISO text) a date; ``digits`` as in the file.

    ``formula``: the cell computes its value. ``value`` is what it computed last, None if that is not in the file.
    """

    row: int
    column: int
    kind: Kind | None
    value: float | str | bool | None
    digits: str = ""
    format: str = "General"
    formula: bool = False

    @property
    def ref(self) -> str:
        """Where it is, as people say it: ``B7``."""
        return f"{letters(self.column)}{self.row}"

    @property
    def empty(self) -> bool:
        """Nothing in it (text that is empty counts as nothing)."""
        return self.value is None or self.value == ""

    @property
    def percent(self) -> bool:
        """Is the number shown with a percent sign?"""
        return "%" in _QUOTED.sub("", self.format)


def letters(column: int) -> str:
    """1 → A, 28 → AB."""
    found = ""
    while column:
        column, rest = divmod(column - 1, 26)
        found = chr(65 + rest) + found
    return found


def place_of(ref: str) -> tuple[int, int]:
    """``AB7`` → (row 7, column 28). Raises ValueError."""
    found = re.fullmatch(r"([A-Z]{1,3})([0-9]{1,7})", ref)
    if not found:
        raise ValueError(f"“{ref[:20]}” is no cell")
    column = 0
    for letter in found[1]:
        column = column * 26 + ord(letter) - 64
    return int(found[2]), column


def unescaped(text: str) -> str:
    """``_x0001_`` → the character: how XLSX spells what XML cannot hold."""
    if "_x" not in text:
        return text
    made = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)
    if any("\ud800" <= sign <= "\udfff" for sign in made):
        made = made.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return made


def moment(cell: Cell, *, from_1904: bool = False) -> datetime | time | timedelta | None:
    """What a number is as a moment where its format shows it as one, exactly as the program shows it; else None."""
    from openpyxl.styles.numbers import is_date_format, is_timedelta_format
    from openpyxl.utils.datetime import MAC_EPOCH, WINDOWS_EPOCH, from_excel

    if cell.kind == "day" and isinstance(cell.value, str):
        return datetime.fromisoformat(cell.value)
    if cell.kind != "number" or not isinstance(cell.value, float):
        return None
    shown = _QUOTED.sub("", cell.format)
    if not is_date_format(shown):
        return None
    try:
        made = from_excel(
            cell.value, MAC_EPOCH if from_1904 else WINDOWS_EPOCH, timedelta=is_timedelta_format(shown)
        )
    except (ValueError, OverflowError):
        return None
    return made if isinstance(made, datetime | time | timedelta) else None
