"""Pages of a table: sorted, filtered, deep; the same whatever the page size; nothing typed becomes SQL."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.data.tables import write_parquet
from engine.data.warehouse import Filter, Warehouse
from engine.errors import Invalid

ROWS = 1000


@pytest.fixture(scope="module")
def warehouse() -> Warehouse:
    return Warehouse()


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("w") / "t.parquet"
    numbers = list(range(ROWS))
    write_parquet(
        pa.table(
            {
                "n": numbers,
                "half": [None if n % 10 == 3 else (n * 7 % 100) / 2 for n in numbers],
                'odd "name"; --': [f"row {n}" for n in numbers],
                "brand": pa.array([["Ärger", "b%c", "O'Neil", None][n % 4] for n in numbers]),
                "day": [date(2026, 1, 1 + n % 28) for n in numbers],
                "at": pa.array(
                    [datetime(2026, 1, 1, n % 24, tzinfo=UTC) for n in numbers],
                    pa.timestamp("us", "Asia/Tokyo"),
                ),
                "ok": [n % 2 == 0 for n in numbers],
            }
        ),
        target,
    )
    return target


def test_first_page_in_the_order_of_the_file(warehouse: Warehouse, path: Path) -> None:
    page = warehouse.page(path, limit=3)
    assert page.total == ROWS
    assert [r[0] for r in page.rows] == [0, 1, 2]
    assert [c.type for c in page.columns] == [
        "integer",
        "number",
        "text",
        "text",
        "date",
        "date-time",
        "boolean",
    ]
    assert page.rows[1][5].isoformat() == "2026-01-01T10:00:00+09:00"


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("column", ["n", "half", "brand", "day", "at", "ok", 'odd "name"; --'])
def test_pages_put_together_are_the_sorted_table(
    warehouse: Warehouse, path: Path, column: str, descending: bool
) -> None:
    known = [c.name for c in warehouse.schema(path)]
    at = known.index(column)
    pages = [
        warehouse.page(path, offset=o, limit=130, sort=column, descending=descending).rows
        for o in range(0, ROWS, 130)
    ]
    rows = [row for page in pages for row in page]
    present = [r for r in rows if r[at] is not None]
    missing = [r for r in rows if r[at] is None]
    everything = warehouse.page(path, limit=ROWS).rows
    wanted = sorted((r for r in everything if r[at] is not None), key=lambda r: r[0])
    wanted.sort(key=lambda r: _key(r[at]), reverse=descending)
    assert rows == [*present, *missing]
    assert [r[0] for r in present] == [r[0] for r in wanted]
    assert [r[0] for r in missing] == sorted(r[0] for r in missing)


def _key(value: Any) -> Any:
    return value.encode() if isinstance(value, str) else value


FILTERS: list[tuple[list[dict[str, Any]], Any]] = [
    ([{"column": "n", "op": "=", "value": "5"}], lambda r: r[0] == 5),
    ([{"column": "n", "op": "<=", "value": 5}], lambda r: r[0] <= 5),
    ([{"column": "n", "op": "between", "value": "10..12"}], lambda r: 10 <= r[0] <= 12),
    ([{"column": "n", "op": "in", "value": ["1", "2"]}], lambda r: r[0] in (1, 2)),
    ([{"column": "half", "op": "is missing"}], lambda r: r[1] is None),
    ([{"column": "half", "op": ">", "value": "49"}], lambda r: r[1] is not None and r[1] > 49),
    ([{"column": "brand", "op": "contains", "value": "ÄR"}], lambda r: r[3] == "Ärger"),
    ([{"column": "brand", "op": "contains", "value": "%"}], lambda r: r[3] == "b%c"),
    ([{"column": "brand", "op": "=", "value": "O'Neil"}], lambda r: r[3] == "O'Neil"),
    ([{"column": "brand", "op": "≠", "value": "O'Neil"}], lambda r: r[3] != "O'Neil"),
    ([{"column": "day", "op": "=", "value": "2026-01-03"}], lambda r: r[4] == date(2026, 1, 3)),
    ([{"column": "at", "op": ">=", "value": "2026-01-01 23:00"}], lambda r: r[5].astimezone(UTC).hour == 23),
    ([{"column": "ok", "op": "=", "value": "yes"}], lambda r: r[6]),
    (
        [{"column": "n", "op": ">", "value": 500}, {"column": "ok", "op": "=", "value": False}],
        lambda r: r[0] > 500 and not r[6],
    ),
]


@pytest.mark.parametrize(
    ("filters", "keep"), FILTERS, ids=lambda f: str(f)[:60] if isinstance(f, list) else ""
)
def test_filters(warehouse: Warehouse, path: Path, filters: list[dict[str, Any]], keep: Any) -> None:
    everything = warehouse.page(path, limit=ROWS).rows
    wanted = [r[0] for r in everything if keep(r)]
    page = warehouse.page(path, limit=ROWS, filters=filters)
    assert [r[0] for r in page.rows] == wanted
    assert page.total == len(wanted)


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"sort": "brnd"}, "no column “brnd”. Did you mean “brand”"),
        (
            {"filters": [Filter("n", "=", "many")]},
            "“many” does not fit column “n”, which holds whole numbers",
        ),
        ({"filters": [Filter("n", "like", "1")]}, "“like” is no filter. Use one of"),
        ({"filters": [Filter("day", "=", "3.1.2026")]}, "Write it like 2026-12-31"),
        ({"filters": [Filter("n", "between", "1")]}, "needs two values"),
        ({"columns": ["x"]}, "no column “x”"),
    ],
)
def test_what_makes_no_sense_gets_a_sentence(
    warehouse: Warehouse, path: Path, asked: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(Invalid, match=sentence):
        warehouse.page(path, **asked)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=30), st.sampled_from(["=", "≠", "contains", "<", "starts with", "in"]))
def test_no_text_becomes_sql(text: str, op: str) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "t.parquet"
        write_parquet(pa.table({"t": ["a", text.replace("\0", "")]}), target)
        page = Warehouse().page(target, filters=[Filter("t", op, text.replace("\0", ""))])
        assert page.total in (0, 1, 2)


def test_beyond_the_end_and_only_some_columns(warehouse: Warehouse, path: Path) -> None:
    assert warehouse.page(path, offset=5000).rows == []
    page = warehouse.page(path, columns=["brand", "n"], limit=1)
    assert page.rows == [["Ärger", 0]]


def test_distinct_and_sample(warehouse: Warehouse, path: Path) -> None:
    assert warehouse.distinct(path, "brand") == ["O'Neil", "b%c", "Ärger"]
    one, two = warehouse.sample(path, 10), warehouse.sample(path, 10)
    assert len(one.rows) == 10
    assert one.rows == two.rows


def test_nothing_of_the_session_leaks_between_threads(warehouse: Warehouse, path: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(8) as pool:
        pages = list(
            pool.map(lambda n: warehouse.page(path, offset=n, limit=1, sort="n").rows[0][0], range(40))
        )
    assert pages == list(range(40))


def test_pages_of_more_columns_than_fit_into_the_memory_together(tmp_path: Path) -> None:
    import numpy as np

    random = np.random.default_rng(1)
    wide = tmp_path / "wide.parquet"
    write_parquet(pa.table({f"c{n}": random.normal(size=60_000) for n in range(150)}), wide)
    small = Warehouse(tmp_path, memory="24MB")
    page = small.page(wide, sort="c149", offset=30_000, limit=50)
    keys = [row[149] for row in page.rows]
    assert len(page.rows) == 50
    assert keys == sorted(keys)
    whole = Warehouse(tmp_path).page(wide, sort="c149", offset=30_000, limit=50)
    assert page == whole
