"""Parquet and XLSX: types kept, nothing lost silently, bad files refused with a sentence."""

from __future__ import annotations

import zipfile
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.errors import Invalid
from tests.data.conftest import Reader


def parquet(tmp_path: Path, **columns: object) -> Path:
    path = tmp_path / "in.parquet"
    pq.write_table(pa.table(columns), path)
    return path


def test_parquet_types_are_kept_or_said(read: Reader, tmp_path: Path) -> None:
    got = read(
        parquet(
            tmp_path,
            i=pa.array([1, None], pa.int16()),
            f=pa.array([1.5, 2.5], pa.float32()),
            t=["a", None],
            b=[True, False],
            d=[date(2026, 1, 1), None],
            m=pa.array([datetime(2026, 1, 1, 12), None], pa.timestamp("ns")),
            z=pa.array([datetime(2026, 1, 1, tzinfo=UTC), None], pa.timestamp("ms", tz="Europe/Paris")),
            c=pa.array(["S", "L"]).dictionary_encode(),
            money=[Decimal("1.25"), Decimal("2.50")],
            exact=pa.array([Decimal("12345678901234567890.5"), None], pa.decimal128(38, 1)),
            clock=[time(12, 30), None],
        )
    )
    assert list(got.types.values()) == [
        "integer", "number", "text", "boolean", "date", "date-time", "date-time", "category", "number", "text", "text",
    ]  # fmt: skip
    assert got.said.columns[6].zone == "Europe/Paris"
    assert got.column("exact")[0] == "12345678901234567890.5"
    assert "Column “exact” (decimal128(38, 1)) is stored as text so that no digit is lost." in got.notices
    assert got.column("c") == ["S", "L"]


def test_parquet_without_rows_is_kept_with_a_notice(read: Reader, tmp_path: Path) -> None:
    got = read(parquet(tmp_path, a=pa.array([], pa.float64())))
    assert (got.said.rows, got.types) == (0, {"a": "number"})
    assert "no rows" in got.notices


@pytest.mark.parametrize(
    ("column", "sentence"),
    [
        ([[1, 2], [3]], "Column “x” of “sales.csv” holds list.*Leave it out"),
        (pa.array([2**64 - 1], pa.uint64()), "cannot be stored as int64 without loss"),
        (pa.array([1], pa.timestamp("ns")), "cannot be stored as timestamp.us. without loss"),
    ],
)
def test_parquet_columns_that_cannot_be_held(
    read: Reader, tmp_path: Path, column: object, sentence: str
) -> None:
    with pytest.raises(Invalid, match=sentence):
        read(parquet(tmp_path, x=column))


def test_a_cut_parquet_file(read: Reader, tmp_path: Path) -> None:
    path = parquet(tmp_path, x=list(range(1000)))
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(Invalid, match="damaged or not a whole Parquet file"):
        read(path)


def workbook(tmp_path: Path, *rows: list[object], sheets: int = 1) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Sales"
    for row in rows:
        sheet.append(row)
    for n in range(1, sheets):
        book.create_sheet(f"Sheet {n}").append(["other"])
    path = tmp_path / "in.xlsx"
    book.save(path)
    return path


def test_xlsx_takes_the_types_that_the_cells_have(read: Reader, tmp_path: Path) -> None:
    got = read(
        workbook(
            tmp_path,
            ["id", "price", "n", "day", "moment", "ok", "mixed", "gone"],
            ["007", 1.5, 1, datetime(2026, 1, 1), datetime(2026, 1, 1, 12, 30), True, 5, "#N/A"],
            ["12", 2, 2, datetime(2026, 1, 2), datetime(2026, 1, 2), False, "five", None],
            sheets=2,
        )
    )
    assert got.types == {
        "id": "text", "price": "number", "n": "integer", "day": "date", "moment": "date-time", "ok": "boolean",
        "mixed": "text", "gone": "text",
    }  # fmt: skip
    assert got.column("id") == ["007", "12"]
    assert got.column("moment") == [datetime(2026, 1, 1, 12, 30), datetime(2026, 1, 2)]
    assert "The file has 2 sheets; “Sales” was read." in got.notices
    assert "Column “mixed” is mixed (1 integer, 1 text)" in got.notices


def test_xlsx_problems(read: Reader, tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="no rows below"):
        read(workbook(tmp_path, ["a", "b"]))
    with pytest.raises(Invalid, match=r"Row 2 of .* has values to the right"):
        read(workbook(tmp_path, ["a", "b"], [1, 2, 3]))
    with pytest.raises(Invalid, match=r"no sheet “Nope”\. Its sheets: Sales"):
        read(workbook(tmp_path, ["a"], [1]), sheet="Nope")
    with pytest.raises(Invalid, match="2 columns called “a”"):
        read(workbook(tmp_path, ["a", "a"], [1, 2]))
    with zipfile.ZipFile(tmp_path / "plain.xlsx", "w") as archive:
        archive.writestr("hello.txt", "x")
    with pytest.raises(Invalid, match="is a ZIP archive"):
        read(tmp_path / "plain.xlsx")
    whole = workbook(tmp_path, ["a"], [1]).read_bytes()
    (tmp_path / "cut.xlsx").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(Invalid, match="damaged"):
        read(tmp_path / "cut.xlsx")
