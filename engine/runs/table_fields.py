"""The value of a table field, typed by a person, as a column folder for the model."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from engine.errors import Invalid, Problem

LARGEST = 2**63 - 1


def write_table_field(value: Mapping[str, Any], folder: Path) -> Path:
    """Write a canonical table (``{"columns": [{"name", "type"}], "rows": [[…]]}``) as a column folder.

    Raises Invalid for a whole number that 64 bits cannot hold.
    """
    import pyarrow as pa

    from engine.data.tables import table_to_columns

    arrays, names = [], []
    for n, column in enumerate(value["columns"]):
        cells = [row[n] for row in value["rows"]]
        arrays.append(_array(column["name"], column["type"], cells))
        names.append(column["name"])
    table_to_columns(pa.Table.from_arrays(arrays, names=names), folder)
    return folder


def _array(name: str, kind: str, cells: list[Any]) -> Any:
    import pyarrow as pa

    if kind == "number":
        return pa.array([None if c is None else float(c) for c in cells], pa.float64(), from_pandas=False)
    if kind == "integer":
        for row, cell in enumerate(cells, 1):
            if cell is not None and abs(cell) > LARGEST:
                raise Invalid(name, [_too_large(name, row, cell)])
        return pa.array(cells, pa.int64())
    if kind == "boolean":
        return pa.array(cells, pa.bool_())
    if kind == "date":
        return pa.array([None if c is None else date.fromisoformat(c) for c in cells], pa.date32())
    if kind == "date-time":
        moments = [None if c is None else _instant(c) for c in cells]
        return pa.array(moments, pa.timestamp("us", tz="UTC"))
    texts = pa.array(cells, pa.string())
    return texts.dictionary_encode() if kind == "category" else texts


def _instant(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _too_large(name: str, row: int, cell: int) -> Problem:
    rule = f"a whole number from -{LARGEST} to {LARGEST}"
    sentence = (
        f"Row {row} of “{name}”: {cell} must be {rule}. Make it a number or text column, or correct it."
    )
    return Problem(name, sentence, str(cell), rule)
