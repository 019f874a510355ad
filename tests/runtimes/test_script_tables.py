from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from engine.runtimes.quarterdeck_worker import columns
from engine.runtimes.script_tables import read_table, write_table

FRAME = pd.DataFrame(
    {
        "day": pd.date_range("2024-01-01", periods=2).astype("datetime64[s]"),
        "at": pd.Series(pd.to_datetime(["2024-01-01 10:00:00", "NaT"])),
        "store": ["Köln; Süd", None],
        "units": [1.5, None],
        "n": pd.array([1, None], dtype="Int64"),
        "open": [True, False],
    }
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    columns.write_frame(FRAME, tmp_path / "columns")
    return tmp_path / "columns"


@pytest.mark.parametrize(
    ("name", "old", "written"),
    [
        (
            "a.csv",
            None,
            (
                "day,at,store,units,n,open\n"
                "2024-01-01,2024-01-01 10:00:00,Köln; Süd,1.5,1,true\n"
                "2024-01-02,,,,,false\n"
            ),
        ),
        (
            "a.csv",
            "x;y\n1,5;NA\n",
            (
                "day;at;store;units;n;open\n"
                '2024-01-01;2024-01-01 10:00:00;"Köln; Süd";1,5;1;true\n'
                "2024-01-02;NA;NA;NA;NA;false\n"
            ),
        ),
        (
            "a.tsv",
            None,
            (
                "day\tat\tstore\tunits\tn\topen\n"
                "2024-01-01\t2024-01-01 10:00:00\tKöln; Süd\t1.5\t1\ttrue\n"
                "2024-01-02\t\t\t\t\tfalse\n"
            ),
        ),
    ],
)
def test_a_table_is_written_like_the_file_it_replaces(
    tmp_path: Path, folder: Path, name: str, old: str | None, written: str
) -> None:
    if old is not None:
        (tmp_path / name).write_text(old)
    write_table(folder, tmp_path / name)
    assert (tmp_path / name).read_text(encoding="utf-8") == written


def test_the_old_files_encoding_stays(tmp_path: Path, folder: Path) -> None:
    target = tmp_path / "a.csv"
    target.write_bytes(b"x,y\nS\xfcd,1\n")
    write_table(folder, target)
    assert "Köln; Süd" in target.read_bytes().decode("cp1252")


@pytest.mark.parametrize("name", ["a.csv", "a.tsv", "a.parquet", "a.xlsx"])
def test_what_is_written_can_be_read(tmp_path: Path, folder: Path, name: str) -> None:
    write_table(folder, tmp_path / name)
    declared = {
        "day": "date",
        "at": "date-time",
        "store": "text",
        "units": "number",
        "n": "integer",
        "open": "boolean",
    }
    read_table(tmp_path / name, "t", declared, tmp_path / "back")
    back = columns.read_frame(tmp_path / "back")
    assert list(back.columns) == list(FRAME.columns)
    assert back["store"][0] == "Köln; Süd"
    assert back["units"][0] == 1.5
    assert back["n"][0] == 1
    assert back[["at", "store", "units", "n"]].iloc[1].isna().all()
    assert str(back["day"][0])[:10] == "2024-01-01"
    assert bool(back["open"][0]) is True


def test_rs_row_numbers_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text('"","x"\n"1",5\n"2",6\n')
    read_table(tmp_path / "a.csv", "t", {}, tmp_path / "t")
    assert columns.read_frame(tmp_path / "t").to_dict("list") == {"x": [5, 6]}
