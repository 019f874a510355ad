from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.runtimes.quarterdeck_worker import columns
from engine.runtimes.quarterdeck_worker.columns import Column, ColumnsError, Table

quick = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
DATES = st.dates(datetime.date(1, 1, 1), datetime.date(9999, 12, 31))
MOMENTS = st.datetimes(datetime.datetime(1700, 1, 1), datetime.datetime(2200, 1, 1))


def round_trip(frame: pd.DataFrame, folder: Path) -> pd.DataFrame:
    columns.write_frame(frame, folder)
    back: pd.DataFrame = columns.read_frame(folder)
    return back


@quick
@given(st.lists(st.none() | TEXTS), TEXTS)
def test_text(tmp_path: Path, values: list[str | None], name: str) -> None:
    back = round_trip(pd.DataFrame({name: pd.Series(values, dtype="object")}), tmp_path / "t")
    assert list(back.columns) == [name]
    assert [None if pd.isna(v) else v for v in back[name]] == values


@quick
@given(st.lists(st.none() | st.integers(-(2**63), 2**63 - 1)))
def test_integers(tmp_path: Path, values: list[int | None]) -> None:
    back = round_trip(pd.DataFrame({"n": pd.array(values, dtype="Int64")}), tmp_path / "t")
    assert [None if pd.isna(v) else int(v) for v in back["n"]] == values


@quick
@given(st.lists(st.floats()))
def test_floats(tmp_path: Path, values: list[float]) -> None:
    back = round_trip(pd.DataFrame({"x": pd.Series(values, dtype="f8")}), tmp_path / "t")
    np.testing.assert_array_equal(back["x"].to_numpy(), np.array(values))


@quick
@given(st.lists(st.none() | st.booleans()))
def test_booleans(tmp_path: Path, values: list[bool | None]) -> None:
    back = round_trip(pd.DataFrame({"b": pd.array(values, dtype="boolean")}), tmp_path / "t")
    assert [None if pd.isna(v) else bool(v) for v in back["b"]] == values


@quick
@given(st.lists(st.none() | DATES))
def test_dates_stay_dates(tmp_path: Path, values: list[datetime.date | None]) -> None:
    folder = tmp_path / "t"
    back = round_trip(pd.DataFrame({"d": pd.Series(values, dtype="object")}), folder)
    if any(values):
        assert columns.read_header(folder).columns[0].type == "date"
        assert [None if pd.isna(v) else v.date() for v in back["d"]] == values
        again = round_trip(back, tmp_path / "again")
        assert columns.read_header(tmp_path / "again").columns[0].type == "date"
        pd.testing.assert_frame_equal(again, back)


@quick
@given(
    st.lists(st.none() | MOMENTS),
    st.sampled_from(["", "UTC", "Europe/Paris", "Asia/Kathmandu", "America/New_York"]),
)
def test_moments(tmp_path: Path, values: list[datetime.datetime | None], zone: str) -> None:
    series = pd.Series(pd.to_datetime(pd.Series(values, dtype="object"))).astype("datetime64[us]")
    if zone:
        series = series.dt.tz_localize("UTC").dt.tz_convert(zone)
    folder = tmp_path / "t"
    back = round_trip(pd.DataFrame({"t": series}), folder)
    assert columns.read_header(folder).columns[0].zone == zone
    pd.testing.assert_series_equal(back["t"], series, check_names=False)


@quick
@given(st.lists(st.sampled_from(["a", "ü", "", "z"])), st.booleans())
def test_categories_keep_order_and_unused_levels(tmp_path: Path, values: list[str], ordered: bool) -> None:
    series = pd.Series(pd.Categorical(values, categories=["z", "", "ü", "a"], ordered=ordered))
    back = round_trip(pd.DataFrame({"c": series}), tmp_path / "t")
    assert list(back["c"].cat.categories) == ["z", "", "ü", "a"]
    assert back["c"].cat.ordered is ordered
    assert list(back["c"]) == values


@pytest.mark.parametrize("dtype", ["object", "str", "string", "category"])
@pytest.mark.parametrize("count", [3, 30_000])
def test_text_of_every_storage(tmp_path: Path, dtype: Any, count: int) -> None:
    values = [f"№ {n}" for n in range(count)]
    back = round_trip(pd.DataFrame({"t": pd.Series(values, dtype="object").astype(dtype)}), tmp_path / "t")
    assert back["t"].tolist() == values


def test_arrow_backed_columns(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "t": pd.Series(["a", None, "ü"], dtype="string[pyarrow]"),
            "i": pd.Series([1, None, 3], dtype="int64[pyarrow]"),
            "f": pd.Series([1.5, None, 3], dtype="float64[pyarrow]"),
            "b": pd.Series([True, None, False], dtype="bool[pyarrow]"),
        }
    )
    folder = tmp_path / "t"
    back = round_trip(frame, folder)
    assert [c.type for c in columns.read_header(folder).columns] == ["text", "int64", "float64", "bool"]
    assert back.isna().sum().tolist() == [1, 1, 1, 1]
    assert back["i"].tolist()[::2] == [1, 3]


def test_integers_beyond_64_bits_stay_what_they_are(tmp_path: Path) -> None:
    frame = pd.DataFrame({"id": [12345678901234567890123, None], "u": np.array([2**64 - 1, 0], dtype="u8")})
    back = round_trip(frame, tmp_path / "t")
    assert back["id"][0] == "12345678901234567890123"
    assert pd.isna(back["id"][1])
    assert back["u"].tolist() == ["18446744073709551615", "0"]


def test_an_index_that_says_something_becomes_columns(tmp_path: Path) -> None:
    frame = pd.DataFrame({"sum": [1.0, 2.0]}, index=pd.Index(["a", "b"], name="store"))
    assert list(round_trip(frame, tmp_path / "t").columns) == ["store", "sum"]


@pytest.mark.parametrize("rows", [0, 1, 7, 8, 9, 64, 65])
def test_bitmaps_of_every_length(tmp_path: Path, rows: int) -> None:
    missing = np.arange(rows) % 3 == 0
    column = Column(
        "x", "int32", np.where(missing, 0, np.arange(rows)).astype("i4"), columns.pack_bits(missing)
    )
    columns.write(tmp_path / "t", Table(rows, [column]))
    back = columns.read(tmp_path / "t").columns[0].missing(rows)
    np.testing.assert_array_equal(back, missing)


def test_five_hundred_columns_and_none(tmp_path: Path) -> None:
    wide = pd.DataFrame({f"c{n}": [float(n)] for n in range(500)})
    pd.testing.assert_frame_equal(round_trip(wide, tmp_path / "w"), wide)
    assert round_trip(pd.DataFrame(), tmp_path / "n").shape == (0, 0)


def test_reading_is_private(tmp_path: Path) -> None:
    columns.write_frame(pd.DataFrame({"x": [1.0, 2.0]}), tmp_path / "t")
    frame = columns.read_frame(tmp_path / "t")
    frame.loc[0, "x"] = 99.0
    frame["x"].to_numpy(copy=False)
    assert columns.read_frame(tmp_path / "t")["x"].tolist() == [1.0, 2.0]


@pytest.mark.parametrize(
    ("column", "says"),
    [([[1, 2], [3]], "holds a list in a cell"), ([1 + 2j, 3], "complex")],
)
def test_what_no_table_can_hold(tmp_path: Path, column: list[Any], says: str) -> None:
    with pytest.raises(ColumnsError, match=says):
        columns.write_frame(pd.DataFrame({"odd": column}), tmp_path / "t")


def test_a_name_twice(tmp_path: Path) -> None:
    with pytest.raises(ColumnsError, match="“a” appears twice"):
        columns.write_frame(pd.DataFrame([[1, 2]], columns=["a", "a"]), tmp_path / "t")


@pytest.mark.parametrize("damage", ["header", "short", "gone", "type"])
def test_damaged_folders_are_told(tmp_path: Path, damage: str) -> None:
    folder = tmp_path / "t"
    columns.write_frame(pd.DataFrame({"x": [1.0, 2.0]}), folder)
    if damage == "header":
        (folder / "header").write_text("nonsense")
    elif damage == "short":
        (folder / "0.data").write_bytes(b"123")
    elif damage == "gone":
        (folder / "0.data").unlink()
    else:
        (folder / "header").write_text((folder / "header").read_text().replace("float64", "float128"))
    with pytest.raises(ColumnsError):
        columns.read(folder)


def test_text_whose_rows_share_their_strings(tmp_path: Path) -> None:
    """Long columns are compared by address first: equal strings in different objects still are one level."""
    equal = ["äpfel", "".join(["äp", "fel"])]
    words = np.array([*equal, None, "", float("nan"), "pear\0"], dtype=object)
    values = words[np.random.default_rng(1).integers(0, len(words), 50_000)]
    frame = pd.DataFrame({"w": pd.Series(values, dtype="object"), "x": np.arange(len(values))})
    for given_frame in (frame, frame[::2], frame.iloc[::-1], frame.astype({"w": "category"})):
        back = round_trip(given_frame.reset_index(drop=True), tmp_path / "t")
        expected = [None if pd.isna(v) else v for v in given_frame["w"]]
        assert [None if pd.isna(v) else v for v in back["w"]] == expected
    columns.write_frame(frame, tmp_path / "t")
    assert sorted(columns.read(tmp_path / "t").columns[0].texts()) == ["", "pear\0", "äpfel"]
