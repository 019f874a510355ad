"""Parquet ⇄ column folders ⇄ CSV: what goes in comes out, whatever the types."""

from __future__ import annotations

import tempfile
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.data import tables
from engine.data.column_folder import DamagedColumns
from engine.errors import Invalid

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
MOMENT = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30))
COLUMNS = {
    "float64": (pa.float64(), st.floats()),
    "int64": (pa.int64(), st.integers(-(2**63), 2**63 - 1)),
    "int32": (pa.int32(), st.integers(-(2**31), 2**31 - 1)),
    "bool": (pa.bool_(), st.booleans()),
    "date": (pa.date32(), st.dates()),
    "text": (pa.string(), TEXT),
    "clock": (pa.timestamp("us"), MOMENT),
    "zoned": (pa.timestamp("us", tz="Europe/Paris"), MOMENT.map(lambda m: m.replace(tzinfo=UTC))),
}


@st.composite
def arrow_tables(draw: st.DrawFn) -> pa.Table:
    rows = draw(st.integers(0, 40))
    names = draw(st.lists(TEXT, min_size=1, max_size=5, unique=True))
    arrays = []
    for _ in names:
        kind, values = COLUMNS[draw(st.sampled_from(sorted(COLUMNS)))]
        cells = draw(st.lists(st.none() | values, min_size=rows, max_size=rows))
        array = pa.array(cells, kind)
        if kind == pa.string() and draw(st.booleans()):
            ordered = draw(st.booleans())
            encoded = array.dictionary_encode()
            array = pa.DictionaryArray.from_arrays(encoded.indices, encoded.dictionary, ordered=ordered)
        split = draw(st.integers(0, rows))
        arrays.append(pa.chunked_array([array.slice(0, split), array.slice(split)]))
    return pa.Table.from_arrays(arrays, names=names)


def same(left: pa.Table, right: pa.Table) -> bool:
    """Equal names, types and values; NaN equals NaN."""
    if left.column_names != right.column_names or left.schema.types != right.schema.types:
        return False
    return repr(left.to_pylist()) == repr(right.to_pylist())


@settings(max_examples=120, deadline=None)
@given(arrow_tables())
def test_columns_and_parquet_give_back_what_was_written(table: pa.Table) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder, path = Path(name) / "columns", Path(name) / "table.parquet"
        tables.table_to_columns(table, folder)
        assert same(tables.columns_to_table(folder), table)
        assert tables.columns_to_parquet(folder, path) == table.num_rows
        assert same(tables.read_parquet(path), table)
        tables.parquet_to_columns(path, Path(name) / "again")
        assert same(tables.columns_to_table(Path(name) / "again"), table)


def test_category_keeps_levels_nobody_uses_and_their_order(tmp_path: Path) -> None:
    sizes = pa.DictionaryArray.from_arrays(pa.array([2, None, 0], pa.int32()), ["L", "XL", "S"], ordered=True)
    tables.write_parquet(pa.table({"size": sizes}), tmp_path / "t.parquet")
    tables.parquet_to_columns(tmp_path / "t.parquet", tmp_path / "c")
    back = tables.columns_to_table(tmp_path / "c").column("size").chunk(0)
    assert back.dictionary.to_pylist() == ["L", "XL", "S"]
    assert back.type.ordered
    assert back.to_pylist() == ["S", None, "L"]


def test_ids_that_never_repeat_keep_their_text_and_missing_values(tmp_path: Path) -> None:
    ids = [None if n % 1000 == 7 else f"id-{n}é" for n in range(25_000)]
    table = pa.table({"id": pa.chunked_array([ids[:9000], ids[9000:]])})
    tables.table_to_columns(table, tmp_path / "c")
    assert tables.columns_to_table(tmp_path / "c").column("id").to_pylist() == ids


def test_no_rows_leaves_empty_files(tmp_path: Path) -> None:
    table = pa.table({"a": pa.array([], pa.float64()), "b": pa.array([], pa.string())})
    tables.table_to_columns(table, tmp_path / "c")
    assert (tmp_path / "c" / "0.data").stat().st_size == 0
    assert same(tables.columns_to_table(tmp_path / "c"), table)


@pytest.mark.parametrize(
    ("column", "wanted", "expected"),
    [
        (pa.array([1, 2]), "number", [1.0, 2.0]),
        (pa.array([1.0, 2.0]), "integer", [1, 2]),
        (pa.array([1, 2]), "text", ["1", "2"]),
        (pa.array(["a", "b"]), "category", ["a", "b"]),
        (pa.array([date(2026, 1, 2), None]), "date-time", [datetime(2026, 1, 2), None]),
        (pa.array([None, None], pa.string()), "date", [None, None]),
    ],
)
def test_lossless_conversions_to_the_declared_type(
    tmp_path: Path, column: pa.Array, wanted: str, expected: list[object]
) -> None:
    pq.write_table(pa.table({"x": column}), tmp_path / "t.parquet")
    tables.parquet_to_columns(tmp_path / "t.parquet", tmp_path / "c", {"x": wanted})
    assert tables.columns_to_table(tmp_path / "c").column("x").to_pylist() == expected


@pytest.mark.parametrize(
    ("column", "wanted"),
    [
        (pa.array([1.5]), "integer"),
        (pa.array([2**60 + 1]), "number"),
        (pa.array(["1"]), "integer"),
        (pa.array([datetime(2026, 1, 2)]), "date"),
    ],
)
def test_lossy_conversions_are_refused_by_name(tmp_path: Path, column: pa.Array, wanted: str) -> None:
    pq.write_table(pa.table({"x": column}), tmp_path / "t.parquet")
    with pytest.raises(Invalid, match="Column “x” holds"):
        tables.parquet_to_columns(tmp_path / "t.parquet", tmp_path / "c", {"x": wanted})


def test_a_folder_that_contradicts_its_header_is_not_trusted(tmp_path: Path) -> None:
    table = pa.table({"a": [1.0, 2.0], "t": ["x", "y"]})
    for file, content, message in (
        ("0.data", b"123", "3 bytes instead of 16"),
        ("1.codes", b"\x09\0\0\0\0\0\0\0", "outside its 2 levels"),
        ("1.levels", b"\xff\xff", "not UTF-8"),
        ("header", b"nonsense", "header"),
    ):
        folder = tmp_path / file
        tables.table_to_columns(table, folder)
        (folder / file).write_bytes(content)
        with pytest.raises(DamagedColumns, match=message):
            tables.columns_to_table(folder)


def test_a_year_of_dates_before_1970_survives(tmp_path: Path) -> None:
    days = [date(1969, 1, 1) + timedelta(days=n) for n in range(365)]
    tables.table_to_columns(pa.table({"d": days}), tmp_path / "c")
    assert tables.columns_to_table(tmp_path / "c").column("d").to_pylist() == days
