"""Downloads: what was stored comes back from CSV, formulas stay text, long tables get more sheets."""

from __future__ import annotations

import math
import tempfile
from datetime import date
from pathlib import Path

import openpyxl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.data import export_xlsx
from engine.data.export_csv import write_csv
from engine.data.exports import ExportOptions, file_name
from engine.data.tables import write_parquet

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"), max_size=10)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.none() | st.floats(), st.none() | TEXT, st.none() | st.dates(date(1, 1, 1))),
        min_size=1,
        max_size=20,
    )
)
def test_a_plain_csv_gives_back_every_value(rows: list[tuple[float | None, str | None, date | None]]) -> None:
    import pyarrow.csv as pacsv

    with tempfile.TemporaryDirectory() as name:
        source, target = Path(name) / "t.parquet", Path(name) / "t.csv"
        number, text, day = (list(c) for c in zip(*rows, strict=True))
        write_parquet(
            pa.table(
                {
                    "x": pa.array(number, pa.float64()),
                    "t": pa.array(text, pa.string()),
                    "d": pa.array(day, pa.date32()),
                }
            ),
            source,
        )
        write_csv(source, target, ExportOptions(safe=False))
        back = pacsv.read_csv(
            target,
            parse_options=pacsv.ParseOptions(newlines_in_values=True),
            convert_options=pacsv.ConvertOptions(
                column_types={"x": pa.string(), "t": pa.string(), "d": pa.date32()},
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
                null_values=[""],
            ),
        )
        assert back.column("t").to_pylist() == text
        assert back.column("d").to_pylist() == day
        for cell, value in zip(back.column("x").to_pylist(), number, strict=True):
            same = cell is None if value is None else float(cell) == value or math.isnan(value)
            assert same, (cell, value)


def test_formulas_stay_text_and_numbers_stay_numbers(tmp_path: Path) -> None:
    write_parquet(
        pa.table({"t": ["=1+1", "@x", "-a", "+1", "ok"], "n": [-1.5, 2.0, 3.0, 4.0, 5.0]}),
        tmp_path / "t.parquet",
    )
    options = ExportOptions(delimiter=";", decimal=",", mark=True)
    write_csv(tmp_path / "t.parquet", tmp_path / "t.csv", options)
    raw = (tmp_path / "t.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    assert raw.decode("utf-8-sig").splitlines() == [
        "t;n",
        "'=1+1;-1,5",
        "'@x;2,0",
        "'-a;3,0",
        "'+1;4,0",
        "ok;5,0",
    ]


def test_a_workbook_continues_on_another_sheet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export_xlsx, "SHEET_ROWS", 4)
    table = pa.table(
        {"n": list(range(10)), "big": [10**17 + n for n in range(10)], "x": [math.inf, *[0.5] * 9]}
    )
    write_parquet(table, tmp_path / "t.parquet")
    export_xlsx.write_xlsx(tmp_path / "t.parquet", tmp_path / "t.xlsx", {"Run": "01ABC"})
    book = openpyxl.load_workbook(tmp_path / "t.xlsx")
    assert book.sheetnames == ["Table", "Table 2", "Table 3", "About"]
    assert [row[0] for name in book.sheetnames[:3] for row in list(book[name].values)[1:]] == list(range(10))
    assert book["Table"]["B2"].value == "100000000000000000"
    assert book["Table"]["C2"].value == "Inf"
    assert book["About"]["B1"].value == "01ABC"


@pytest.mark.parametrize(
    ("parts", "wanted"),
    [
        (("model", "v3", "run1234"), "model_v3_run1234.xlsx"),
        (("../../etc", "a b/c"), "etc_a-b-c.xlsx"),
        (("CON",), "_CON.xlsx"),
        (("", "…"), "table.xlsx"),
        (("Übersicht",), "Übersicht.xlsx"),
    ],
)
def test_file_names_are_safe_everywhere(parts: tuple[str, ...], wanted: str) -> None:
    assert file_name(*parts, ending="xlsx") == wanted
    assert file_name("m", ending="csv", day=date(2026, 10, 4)) == "m_2026-10-04.csv"
