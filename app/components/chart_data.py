"""What charts draw, read from a run's stored table by DuckDB: only the columns, and of many rows an even sample.

Outputs never change and their files are named by contents, so what was read is kept.
"""

from __future__ import annotations

from typing import Any

import streamlit as st

from app.state import engine
from engine.data.filters import quoted

MOST_ROWS = 40_000
MOST_SERIES = 2_000


def needed(chart: Any) -> tuple[str, ...]:
    """The columns that a chart declaration names."""
    named = [chart.x, chart.y, chart.series, getattr(chart, "value", None), *(chart.band or [])]
    return tuple(dict.fromkeys(name for name in named if name))


@st.cache_resource(max_entries=100, show_spinner=False)
def series(path: str, column: str) -> list[str]:
    """The names of all series, in the order of the table."""
    name = quoted(column)
    sql = (
        f"SELECT CAST({name} AS VARCHAR) FROM read_parquet(?, file_row_number=true) WHERE {name} IS NOT NULL "
        f"GROUP BY 1 ORDER BY min(file_row_number) LIMIT {MOST_SERIES}"
    )
    return [row[0] for row in engine().datasets.warehouse.query(sql, [path])[1]]


@st.cache_resource(max_entries=100, show_spinner=False)
def columns(
    path: str, names: tuple[str, ...], by: str | None, wanted: tuple[str, ...]
) -> dict[str, list[Any]]:
    """The columns for these series, in the file's order; every n-th row where there are too many."""
    warehouse = engine().datasets.warehouse
    where, values = "", [path]
    if by is not None:
        if not wanted:
            return {name: [] for name in names}
        where = f"WHERE CAST({quoted(by)} AS VARCHAR) IN ({', '.join('?' * len(wanted))})"
        values += wanted
    source = f"read_parquet(?, file_row_number=true) {where}"
    total = int(warehouse.query(f"SELECT count(*) FROM {source}", values)[1][0][0])
    step = max(1, -(-total // MOST_ROWS))
    listed = ", ".join(quoted(name) for name in names)
    numbered = f"SELECT {listed}, row_number() OVER (ORDER BY file_row_number) AS nth FROM {source}"
    sql = f"SELECT {listed} FROM ({numbered}) WHERE (nth - 1) % {step} = 0 ORDER BY nth"
    found, rows = warehouse.query(sql, values)
    return {name: [row[at] for row in rows] for at, name in enumerate(found)}
