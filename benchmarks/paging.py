"""Pages of a table of five million rows: the first with sort and filter, any page, and the server's memory."""

from __future__ import annotations

import os
import random
from functools import partial
from pathlib import Path

from benchmarks.harness import Bench, timed
from benchmarks.processes import forget_peak, peak_mb, resident_mb

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
    """Through the warehouse, as pages and API use it; a tenth of the table and twice the table beside it."""
    import duckdb

    from engine.data.warehouse import Warehouse

    small, large, huge = (bench.folder / f"{name}.parquet" for name in ("small", "large", "huge"))
    for path, rows in ((small, ROWS // 10), (large, ROWS), (huge, 2 * ROWS)):
        duckdb.connect().execute(MAKE.format(rows=rows, path=path))
    warehouse = Warehouse(bench.folder)
    _work(warehouse, small)
    forget_peak()
    first, anywhere = _work(warehouse, large)
    peak = peak_mb()
    forget_peak()
    _work(warehouse, huge)
    more = peak_mb() - peak
    _work(warehouse, small)
    bench.add("first page, sorted and filtered, 5M rows", first * 1000, "ms", 300)
    bench.add("any page, sorted (worst)", anywhere * 1000, "ms", 1200)
    bench.add("most memory while paging 5M rows", peak, "MB", note="the whole process, DuckDB's limit 256 MB")
    bench.add("most memory while paging 10M rows, above that of 5M", more, "MB", 64)
    bench.add("memory afterwards", resident_mb(os.getpid()), "MB")
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
