"""What is no workbook of ours, damaged, or made to do harm: a sentence with what to do, and nothing is read on."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from engine.errors import Invalid
from engine.parameters.spreadsheet.workbook import MOST_FILE_BYTES, read_workbook
from tests.parameters.making import field
from tests.parameters.spreadsheet.sheets import content, write

SHEET = "xl/worksheets/sheet1.xml"


@pytest.fixture
def good(tmp_path: Path) -> Path:
    write(content({"x": field(type="text")}, {"x": "tea"}), tmp_path / "good.xlsx")
    return tmp_path / "good.xlsx"


def changed(path: Path, part: str, change: Callable[[bytes], bytes]) -> Path:
    """The file with one of its parts changed."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts[part] = change(parts.get(part, b""))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return path


def sentence(path: Path) -> str:
    """What the person is told."""
    with pytest.raises(Invalid) as failure:
        read_workbook(path, "my.xlsx")
    return failure.value.problems[0].sentence


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"horizon = 13\n", "is not an Excel file"),
        (b"", "is not an Excel file"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 old", "is an old .xls file, or protected by a password"),
        (b"PK\x03\x04 half of it", "is damaged or not a whole Excel file"),
    ],
)
def test_other_files_are_told_apart(data: bytes, told: str, tmp_path: Path) -> None:
    path = tmp_path / "my.xlsx"
    path.write_bytes(data)
    assert told in sentence(path)


def test_another_archive_is_no_workbook(tmp_path: Path) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
    path = tmp_path / "my.ods"
    path.write_bytes(made.getvalue())
    assert "an OpenDocument file, not an Excel file. Save it as .xlsx" in sentence(path)


def test_half_a_file_is_damaged(good: Path) -> None:
    good.write_bytes(good.read_bytes()[: good.stat().st_size // 2])
    assert "save it again as .xlsx and upload it again" in sentence(good)


def test_a_file_of_many_megabytes_is_refused_unread(good: Path) -> None:
    with good.open("r+b") as file:
        file.truncate(100 << 20)
    assert f"at most {MOST_FILE_BYTES >> 20} MB" in sentence(good)


def test_a_sheet_that_unpacks_without_end_is_refused_unread(good: Path) -> None:
    changed(good, "xl/media/picture.bin", lambda _: b"\0" * (120 << 20))
    assert "unpacks to" in sentence(good)


def test_entities_are_refused(good: Path) -> None:
    bomb = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a "aaaa">]>'
    changed(good, SHEET, lambda data: bomb + re.sub(rb"^<\?xml[^>]*\?>", b"", data))
    assert "holds a document type" in sentence(good)


@pytest.mark.parametrize(
    "cell",
    [
        b'<c r="ZZZZ9"><v>1</v></c>', b'<c r="A99999999"><v>1</v></c>', b'<c r="A1" t="s"><v>99999</v></c>',
        b'<c r="A1"><v>1_0</v></c>', b'<c r="A1"><v>0x10</v></c>', b'<c r="A1"><v>nan</v></c>',
        b'<c r="A1" t="s"><v>x</v></c>',
    ],
)  # fmt: skip
def test_cells_that_no_program_writes_are_damage(cell: bytes, good: Path) -> None:
    changed(good, SHEET, lambda data: data.replace(b"<sheetData>", b"<sheetData><row>" + cell + b"</row>"))
    assert "is damaged" in sentence(good)


def test_too_many_cells_are_refused(good: Path) -> None:
    rows = b"".join(b"<row>" + b"<c><v>1</v></c>" * 1000 + b"</row>" for _ in range(700))
    changed(good, SHEET, lambda data: data.replace(b"<sheetData>", b"<sheetData>" + rows))
    assert "more than 600,000 cells" in sentence(good)


def test_cells_without_addresses_and_inline_texts_are_read(good: Path) -> None:
    text = b'<c t="inlineStr"><is><r><t>te</t></r><r><t>a</t></r><rPh><t>x</t></rPh></is></c>'
    row = b"<row>" + text + b'<c t="b"><v>1</v></c></row>'
    changed(
        good,
        SHEET,
        lambda data: re.sub(rb"<sheetData>.*</sheetData>", b"<sheetData>" + row + b"</sheetData>", data),
    )
    sheet = read_workbook(good, "my.xlsx").sheets[0]
    assert [(cell.ref, cell.value) for cell in sheet.rows[1].values()] == [("A1", "tea"), ("B1", True)]


def test_a_chart_sheet_is_passed_over(good: Path) -> None:
    book = openpyxl.load_workbook(good)
    book.create_chartsheet("Chart")
    book.save(good)
    assert [sheet.title for sheet in read_workbook(good, "my.xlsx").sheets] == ["Values", "_quarterdeck"]
