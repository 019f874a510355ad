"""An XLSX file read cell by cell: numbers to the last digit, texts with every character, formulas with their result.

Nothing in it is computed or executed. A file that would overrun the reader is refused before it is read.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, NoReturn
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from engine.data.bombs import check_archive
from engine.data.options import bad_file, shorten
from engine.parameters.spreadsheet.cells import Cell, place_of, unescaped

MOST_FILE_BYTES = 20 << 20
MOST_BYTES = 96 << 20  # of all parts, unpacked
MOST_CELLS = 600_000
MOST_ROW, MOST_COLUMN = 1_048_576, 16_384
MOST_FORMATS = 100_000
_DAMAGE = (
    zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, KeyError, ValueError, IndexError, OverflowError,
    ElementTree.ParseError, OSError, EOFError,
)  # fmt: skip
_KINDS: dict[str, Any] = {
    "s": "text",
    "str": "text",
    "inlineStr": "text",
    "b": "boolean",
    "e": "error",
    "d": "day",
}


@dataclass(frozen=True)
class Sheet:
    """A sheet: its title and its cells by row and column (both from 1); empty cells are left out."""

    title: str
    hidden: bool
    rows: dict[int, dict[int, Cell]] = field(default_factory=dict)

    def cell(self, row: int, column: int) -> Cell:
        """The cell at a place; an empty one where there is none."""
        return self.rows.get(row, {}).get(column) or Cell(row, column, None, None)

    def text(self, row: int, column: int) -> str:
        """A cell as text; empty where it holds none."""
        value = self.cell(row, column).value
        return value.strip() if isinstance(value, str) else ""


@dataclass(frozen=True)
class Workbook:
    """The sheets in their order; ``from_1904``: which of two calendars its dates count from."""

    name: str
    sheets: list[Sheet]
    from_1904: bool = False

    def sheet(self, title: str) -> Sheet | None:
        """The sheet of that title."""
        return next((one for one in self.sheets if one.title == title), None)


def read_workbook(path: Path, name: str) -> Workbook:
    """Read a file; ``name`` is what the person calls it. Raises Invalid with what to do."""
    if path.stat().st_size > MOST_FILE_BYTES:
        refuse_size(name, path.stat().st_size)
    try:
        with zipfile.ZipFile(path) as archive:
            return _read(archive, path, name)
    except _DAMAGE as error:
        raise _damaged(path, name, error) from error


def refuse_size(name: str, size: int) -> NoReturn:
    """Raise Invalid: the file has too many bytes."""
    most = f"{MOST_FILE_BYTES >> 20} MB"
    sentence = (
        f"“{name}” has more than {size >> 20:,} MB; a workbook of a parameter set has at most {most}. Add large tables "
        "as a dataset instead."
    )
    raise bad_file(name, sentence, rule=f"at most {most}")


def _damaged(path: Path, name: str, error: Exception) -> Exception:
    with path.open("rb") as file:
        head = file.read(8)
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        sentence = (
            f"“{name}” is an old .xls file, or protected by a password. Save it as .xlsx without a password."
        )
        return bad_file(name, sentence, rule="XLSX")
    if not head.startswith(b"PK"):
        sentence = f"“{name}” is not an Excel file. Upload the .xlsx file that was downloaded and edited."
        return bad_file(name, sentence, rule="XLSX")
    sentence = (
        f"“{name}” is damaged or not a whole Excel file ({shorten(error, 100)}). Open it in the spreadsheet program, "
        "save it again as .xlsx and upload it again."
    )
    return bad_file(name, sentence, rule="XLSX")


def _read(archive: zipfile.ZipFile, path: Path, name: str) -> Workbook:
    parts = set(archive.namelist())
    if "xl/workbook.xml" not in parts:
        what = "an OpenDocument file" if "mimetype" in parts else "a ZIP archive"
        raise bad_file(name, f"“{name}” is {what}, not an Excel file. Save it as .xlsx and upload that.")
    check_archive(archive, path, name)
    unpacked = sum(part.file_size for part in archive.infolist())
    if unpacked > MOST_BYTES:
        sentence = (
            f"“{name}” unpacks to {unpacked >> 20:,} MB; a workbook of a parameter set has at most "
            f"{MOST_BYTES >> 20} MB. Take other sheets and pictures out."
        )
        raise bad_file(name, sentence, rule=f"at most {MOST_BYTES >> 20} MB unpacked")
    book = _tree(archive, "xl/workbook.xml")
    about = next(_all(book, "workbookPr"), None)
    from_1904 = about is not None and about.get("date1904") in ("1", "true")
    targets = _targets(archive)
    texts = _texts(archive, targets)
    formats = _formats(archive, targets)
    budget = _Budget(name)
    sheets = []
    for found in _all(book, "sheet"):
        key = next((v for k, v in found.attrib.items() if k.endswith("}id")), "")
        kind, target = targets.get(key, ("", ""))
        if kind == "worksheet":  # not a chart
            hidden = found.get("state", "visible") != "visible"
            sheet = Sheet(found.get("name", ""), hidden)
            with archive.open(target) as part:
                for cell in _cells(part, texts, formats, budget):
                    sheet.rows.setdefault(cell.row, {})[cell.column] = cell
            sheets.append(sheet)
    if not sheets:
        raise bad_file(name, f"“{name}” has no sheet with cells.")
    return Workbook(name, sheets, from_1904)


class _Budget:
    """How many cells may still be read, over all sheets."""

    def __init__(self, name: str) -> None:
        self.name, self.left = name, MOST_CELLS

    def take(self) -> None:
        self.left -= 1
        if self.left < 0:
            sentence = (
                f"“{self.name}” has more than {MOST_CELLS:,} cells. Take other sheets out, and add large tables as a "
                "dataset."
            )
            raise bad_file(self.name, sentence, rule=f"at most {MOST_CELLS} cells")


def _local(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _all(element: Element, name: str) -> Iterator[Element]:
    return (one for one in element.iter() if _local(one) == name)


def _tree(archive: zipfile.ZipFile, part: str) -> Element:
    with archive.open(part) as file:
        return ElementTree.parse(file).getroot()  # noqa: S314 - document types are refused by check_archive


def _targets(archive: zipfile.ZipFile) -> dict[str, tuple[str, str]]:
    """Relation id → (kind, part), and each kind once by its own name."""
    found: dict[str, tuple[str, str]] = {}
    for one in _all(_tree(archive, "xl/_rels/workbook.xml.rels"), "Relationship"):
        kind, target = one.get("Type", "").rpartition("/")[2], one.get("Target", "")
        part = target.lstrip("/") if target.startswith("/") else posixpath.normpath(f"xl/{target}")
        found[one.get("Id", "")] = (kind, part)
        found.setdefault(kind, (kind, part))
    return found


def _texts(archive: zipfile.ZipFile, targets: dict[str, tuple[str, str]]) -> list[str]:
    part = targets.get("sharedStrings", ("", ""))[1]
    if part not in archive.namelist():
        return []
    found = []
    with archive.open(part) as file:
        for _, element in ElementTree.iterparse(file):  # noqa: S314
            if _local(element) == "si":
                found.append(_text(element))
                element.clear()
    return found


def _text(element: Element) -> str:
    """The text of a string item: plain, or of its runs; not its phonetic reading."""
    pieces = []
    for child in element:
        if _local(child) == "t":
            pieces.append(child.text or "")
        elif _local(child) == "r":
            pieces += [one.text or "" for one in child if _local(one) == "t"]
    return unescaped("".join(pieces))


def _formats(archive: zipfile.ZipFile, targets: dict[str, tuple[str, str]]) -> list[str]:
    """The number format of each cell style."""
    from openpyxl.styles.numbers import BUILTIN_FORMATS

    part = targets.get("styles", ("", ""))[1]
    if part not in archive.namelist():
        return []
    root = _tree(archive, part)
    own = {int(one.get("numFmtId", "0")): one.get("formatCode", "") for one in _all(root, "numFmt")}
    styles = next(_all(root, "cellXfs"), None)
    numbers = (
        [int(one.get("numFmtId", "0")) for one in styles if _local(one) == "xf"] if styles is not None else []
    )
    return [own.get(n) or BUILTIN_FORMATS.get(n, "General") for n in numbers[:MOST_FORMATS]]


def _cells(part: IO[bytes], texts: list[str], formats: list[str], budget: _Budget) -> Iterator[Cell]:
    row = 0
    for _, element in ElementTree.iterparse(part):  # noqa: S314
        if _local(element) != "row":
            continue
        row = int(element.get("r") or row + 1)
        column = 0
        for child in element:
            if _local(child) != "c":
                continue
            at, column = place_of(child.get("r", "")) if child.get("r") else (row, column + 1)
            if not (0 < at <= MOST_ROW and 0 < column <= MOST_COLUMN):
                raise ValueError("a cell lies outside of the sheet")
            made = _cell(child, at, column, texts, formats)
            if made is not None:
                budget.take()
                yield made
        element.clear()


def _cell(element: Element, row: int, column: int, texts: list[str], formats: list[str]) -> Cell | None:
    parts = {_local(child): child for child in element}
    held, computed = parts.get("v"), "f" in parts
    kind: Any = _KINDS.get(element.get("t", "n"), "number")
    style = int(element.get("s", "0"))
    shown = formats[style] if style < len(formats) else "General"
    raw = held.text or "" if held is not None else ""
    if element.get("t") == "inlineStr" and "is" in parts:
        return Cell(row, column, "text", _text(parts["is"]), "", shown, computed)
    if held is None or (not raw and kind != "text"):
        return Cell(row, column, None, None, "", shown, True) if computed else None
    if element.get("t") == "s":
        return Cell(row, column, "text", texts[int(raw)], "", shown, computed)
    if kind == "number":
        if not re.fullmatch(r"[+-]?[0-9.]+(?:[eE][+-]?[0-9]+)?", raw.strip()):
            raise ValueError(f"“{raw[:20]}” is no number")
        return Cell(row, column, kind, float(raw), raw.strip(), shown, computed)
    if kind == "boolean":
        return Cell(row, column, kind, raw.strip() in ("1", "true"), "", shown, computed)
    return Cell(row, column, kind, unescaped(raw) if kind == "text" else raw.strip(), "", shown, computed)
