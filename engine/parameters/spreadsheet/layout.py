"""Where things stand in a workbook, and what its hidden sheet remembers: whose values it shows, of which moment.

Rows and columns are found again by marks beside them, not by their position: people sort, insert and rename.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from engine.parameters.spreadsheet.workbook import Sheet, Workbook

FORM = "1"  # of the layout, for readers of files that were written long ago
VALUES, HIDDEN, LISTS = "Values", "_quarterdeck", "_lists"
MARK = "quarterdeck"  # what the hidden row of a sheet begins with
SET_HERE, INHERIT = "set here", "inherit"
COLUMNS = ("field", "value", "unit", "before", "holds", "inherited", "origin", "allowed", "help", "name")
ROW_NUMBER = ""  # the key of the column that numbers the rows of a table, headed “#”
FIRST_HEAD = 5  # the row of the column names, in every sheet; the marks are in the row above, hidden


@dataclass(frozen=True)
class Meta:
    """What a workbook says of itself. ``base``: the version that it shows (None: the set had none at this place)."""

    model: str
    set: str
    place: str
    base: int | None
    valid_on: date
    known_at: datetime
    model_version: int

    def lines(self) -> list[tuple[str, str]]:
        """As names and texts, the last one a check sum of the others."""
        said = {name: "" if value is None else str(value) for name, value in asdict(self).items()}
        said |= {"form": FORM, "known_at": self.known_at.isoformat()}
        return [*said.items(), ("check", _check(said))]


def _check(said: dict[str, str]) -> str:
    text = "\n".join(f"{name}={said[name]}" for name in sorted(said))
    return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()


def meta_of(book: Workbook) -> Meta | None:
    """What the hidden sheet says; None where there is none, or it was changed by hand."""
    sheet = book.sheet(HIDDEN)
    if sheet is None:
        return None
    said = {sheet.text(row, 1): sheet.text(row, 2) for row in sheet.rows}
    said = {
        name: text
        for name, text in said.items()
        if name and name in {*Meta.__dataclass_fields__, "form", "check"}
    }
    if said.pop("check", "") != _check(said) or said.pop("form", "") != FORM:
        return None
    try:
        return Meta(
            said["model"], said["set"], said["place"], int(said["base"]) if said["base"] else None,
            date.fromisoformat(said["valid_on"]), datetime.fromisoformat(said["known_at"]), int(said["model_version"]),
        )  # fmt: skip
    except (KeyError, ValueError):
        return None


def mark(*words: str) -> str:
    """The text in the first cell of a sheet's hidden row: ``quarterdeck values``, ``quarterdeck table prices``."""
    return " ".join((MARK, *words))


@dataclass(frozen=True)
class Found:
    """A sheet of ours: ``kind`` values, table or list, the field it is for, and its columns by their marks."""

    sheet: Sheet
    kind: str
    field: str
    head: int
    columns: dict[str, int]


def sheets_of(book: Workbook) -> list[Found]:
    """The sheets of ours, found by their marks, whatever they are called now."""
    found = []
    for sheet in book.sheets:
        for row in sorted(sheet.rows)[:20]:
            words = sheet.text(row, 1).split(" ", 2)
            if words[0] == MARK and len(words) > 1 and words[1] in ("values", "table", "list"):
                columns = {
                    cell.value: at
                    for at, cell in sheet.rows[row].items()
                    if at > 1 and isinstance(cell.value, str)
                }
                first = {"values": "field"}.get(words[1], ROW_NUMBER)
                found.append(Found(sheet, words[1], "".join(words[2:]), row + 1, {first: 1} | columns))
                break
    return found


def titles(wanted: list[tuple[str, str]], taken: set[str]) -> dict[str, str]:
    """A sheet title for each name: its label, as spreadsheets allow it, and each once."""
    used, made = {title.casefold() for title in taken}, {}
    for name, label in wanted:
        bare = (
            "".join(" " if sign in "[]:*?/\\" or ord(sign) < 32 else sign for sign in label).strip(" '")
            or name
        )
        title = stem = _cut(bare, 31)
        number = 2
        while title.casefold() in used or title.casefold() == "history":
            end = f" ({number})"
            title, number = _cut(stem, 31 - len(end)) + end, number + 1
        used.add(title.casefold())
        made[name] = title
    return made


def _cut(text: str, units: int) -> str:
    while len(text.encode("utf-16-le", "replace")) // 2 > units:
        text = text[:-1]
    return text.strip(" '") or "Sheet"


def plain(value: Any) -> str:
    """Anything, as a short text for a locked cell."""
    text = "" if value is None else str(value)
    return text if len(text) <= 200 else text[:199] + "…"
