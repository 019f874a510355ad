"""What charts and choice lists need of a stored Parquet file: only the columns, and of many rows an even share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from engine.data.filters import quoted
from engine.data.warehouse import Warehouse

MOST_ROWS = 40_000
MOST_VALUES = 2_000


def in_order(warehouse: Warehouse, path: Path, column: str, limit: int = MOST_VALUES) -> list[str]:
    """The distinct present values of a column as text, in the order in which the table brings them."""
    name = quoted(column)
    sql = (
        f"SELECT CAST({name} AS VARCHAR) FROM read_parquet(?, file_row_number=true) WHERE {name} IS NOT NULL "
        f"GROUP BY 1 ORDER BY min(file_row_number) LIMIT {int(limit)}"
    )
    return [row[0] for row in warehouse.query(sql, [str(path)])[1]]


def columns(
    warehouse: Warehouse,
    path: Path,
    names: Sequence[str],
    *,
    only: Mapping[str, Sequence[str]] | None = None,
    limit: int = MOST_ROWS,
) -> dict[str, list[Any]]:
    """Those columns in the file's order; of more than ``limit`` rows every n-th.

    ``only`` keeps the rows whose value in each of its columns, as text, is among those given.
    """
    kept = only or {}
    if not all(kept.values()):
        return {name: [] for name in names}
    tests = [f"CAST({quoted(name)} AS VARCHAR) IN ({', '.join('?' * len(kept[name]))})" for name in kept]
    where = f"WHERE {' AND '.join(tests)}" if tests else ""
    values = [str(path), *(value for wanted in kept.values() for value in wanted)]
    source = f"FROM read_parquet(?, file_row_number=true) {where}"
    total = int(warehouse.query(f"SELECT count(*) {source}", values)[1][0][0])
    step = max(1, -(-total // limit))
    listed = ", ".join(quoted(name) for name in names)
    numbered = f"SELECT {listed}, row_number() OVER (ORDER BY file_row_number) AS nth {source}"
    thinned = f"SELECT {listed} FROM ({numbered}) WHERE (nth - 1) % {step} = 0 ORDER BY nth"
    _, rows = warehouse.query(thinned, values)
    return {name: [row[at] for row in rows] for at, name in enumerate(names)}


def labelled(
    warehouse: Warehouse, path: Path, column: str, label: str | None, limit: int = MOST_VALUES
) -> list[tuple[str, str]]:
    """The distinct values of a column, each with what a person reads for it, sorted by that."""
    name, shown = quoted(column), quoted(label or column)
    sql = (
        f"SELECT CAST({name} AS VARCHAR), min(CAST({shown} AS VARCHAR)), min({shown}) FROM read_parquet(?) "
        f"WHERE {name} IS NOT NULL GROUP BY 1 ORDER BY 3, 1 LIMIT {int(limit)}"
    )
    return [(value, text or value) for value, text, _ in warehouse.query(sql, [str(path)])[1]]
