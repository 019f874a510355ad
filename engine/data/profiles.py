"""Schema and profile of a stored Parquet file: one DuckDB scan over it."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from engine.data.coltypes import ColumnInfo, schema_of

COUNTS = 5
LONGEST = 200


def profile(connection: Any, path: Path) -> tuple[int, list[ColumnInfo]]:
    """Rows and columns (with nulls, minimum, maximum, approximate distinct count) of a Parquet file."""
    import pyarrow.parquet as pq

    columns = schema_of(pq.ParquetFile(path).schema_arrow)
    parts = ["count(*)"]
    for c in columns:
        name = '"' + c.name.replace('"', '""') + '"'
        plain = f"CASE WHEN isfinite({name}) THEN {name} END" if c.type == "number" else name
        shown = f"CAST({plain} AS VARCHAR)" if c.type in ("text", "category") else plain
        shown = f"epoch_us({plain})" if c.type == "date-time" else shown
        whole = f"bool_and({name} = floor({name}) AND abs({name}) < 9e15)" if c.type == "number" else "NULL"
        parts += [f"count({name})", f"min({shown})", f"max({shown})", f"approx_count_distinct({name})", whole]
    row = connection.execute(f"SELECT {', '.join(parts)} FROM read_parquet($p)", {"p": str(path)}).fetchone()
    rows = int(row[0])
    found = []
    for n, c in enumerate(columns):
        count, low, high, distinct, whole = row[1 + n * COUNTS : 1 + (n + 1) * COUNTS]
        facts = {
            "nulls": rows - count,
            "minimum": _canonical(low, c),
            "maximum": _canonical(high, c),
            "distinct": min(int(distinct), count),
        }
        if whole is not None:
            facts["whole"] = bool(whole)
        found.append(replace(c, nullable=rows > count, profile=facts))
    return rows, found


def _canonical(value: Any, column: ColumnInfo) -> Any:
    """A minimum or maximum as canonical JSON."""
    if column.type == "date-time" and value is not None:
        seconds, micros = divmod(int(value), 1_000_000)
        try:
            moment = datetime.fromtimestamp(seconds, UTC).replace(microsecond=micros)
        except (OverflowError, ValueError, OSError):
            return None
        return moment.isoformat() if column.zone else moment.replace(tzinfo=None).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value[:LONGEST] if isinstance(value, str) else value
