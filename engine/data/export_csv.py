"""Parquet → CSV by DuckDB: UTF-8, missing = nothing, empty text = "", numbers that read back the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from engine.data.coltypes import ColumnInfo, schema_of
from engine.data.duck import connect
from engine.data.filters import quoted

FORMULA = r"^[=+\-@\t\r]"


def write_csv(source: Path, target: Path, options: Any) -> None:
    """Write the whole table; ``options`` are ``exports.ExportOptions``."""
    import pyarrow.parquet as pq

    columns = schema_of(pq.ParquetFile(source).schema_arrow)
    body = target.with_name(target.name + ".body") if options.mark else target
    select = ", ".join(f"{_expression(c, options)} AS {quoted(c.name)}" for c in columns)
    connection = connect(memory="512MB")
    try:
        connection.execute(
            f"COPY (SELECT {select} FROM read_parquet($source)) TO $target "
            "(FORMAT csv, HEADER true, DELIMITER $delimiter)",
            {"source": str(source), "target": str(body), "delimiter": options.delimiter},
        )
    finally:
        connection.close()
    if options.mark:
        with target.open("wb") as out, body.open("rb") as plain:
            out.write(b"\xef\xbb\xbf")
            while block := plain.read(1 << 20):
                out.write(block)
        body.unlink()


def _expression(column: ColumnInfo, options: Any) -> str:
    name = quoted(column.name)
    if column.type in ("text", "category"):
        text = f"CAST({name} AS VARCHAR)"
        return (
            f"CASE WHEN regexp_matches({text}, '{FORMULA}') THEN '''' || {text} ELSE {text} END"
            if options.safe
            else text
        )
    if column.type == "number":
        text = (
            f"CASE WHEN isnan({name}) THEN 'NaN' WHEN isinf({name}) THEN if({name} > 0, 'Inf', '-Inf') "
            f"ELSE CAST({name} AS VARCHAR) END"
        )
        return f"replace({text}, '.', ',')" if options.decimal == "," else text
    if column.type == "date-time" and column.zone:
        return f"strftime({name}, '%Y-%m-%dT%H:%M:%S.%f') || 'Z'"
    return name
