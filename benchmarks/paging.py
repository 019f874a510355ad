"""Pages of a table of five million rows: the first with sort and filter, any page, and the server's memory."""

from __future__ import annotations

import os
import random
from functools import partial
from pathlib import Path

from benchmarks.harness import Bench, timed
from benchmarks.processes import resident_mb

ROWS = 5_000_000
MAKE = """
COPY (
  SELECT range AS id, 'brand ' || (hash(range) % 1000) AS brand, 'store ' || (hash(range * 3) % 100) AS store,
         (hash(range * 7) % 1000000) / 100.0 AS price, hash(range * 11) % 10000 AS units,
         DATE '2020-01-01' + CAST(range % 2000 AS INTEGER) AS week
  FROM range({rows})
) TO '{path}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880)
"""


def run(bench: Bench) -> None:
    """Through the warehouse, as pages and API use it; a tenth of the table beside it."""
    import duckdb

    from engine.data.warehouse import Warehouse

    large, small = bench.folder / "large.parquet", bench.folder / "small.parquet"
    for path, rows in ((small, ROWS // 10), (large, ROWS)):
        duckdb.connect().execute(MAKE.format(rows=rows, path=path))
    pid = os.getpid()
    warehouse = Warehouse(bench.folder)
    _work(warehouse, small)
    before = resident_mb(pid)
    first, anywhere = _work(warehouse, large)
    grown = resident_mb(pid) - before
    bench.add("first page, sorted and filtered, 5M rows", first * 1000, "ms", 300)
    bench.add("any page, sorted (worst)", anywhere * 1000, "ms", 1200)
    bench.add("more memory than after the same on a tenth of the rows", grown, "MB", 128)
    warehouse.close()


def _work(warehouse: object, path: Path) -> tuple[float, float]:
    """The first page with sort and filter, worst of the kinds; the worst of pages anywhere."""
    from engine.data.warehouse import Warehouse

    assert isinstance(warehouse, Warehouse)
    filters = [{"column": "units", "op": ">", "value": 5000}]
    first = max(
        timed(partial(warehouse.page, path, sort=sort, descending=True, filters=filters))[0]
        for sort in ("price", "brand", "week")
    )
    choose = random.Random(3)
    total = warehouse.page(path, limit=1).total
    anywhere = max(
        timed(partial(warehouse.page, path, offset=offset, sort=sort))[0]
        for sort in (None, "price", "brand")
        for offset in (choose.randrange(total), total // 2, total - 100)
    )
    return first, anywhere
