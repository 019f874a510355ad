"""Parquet ⇄ column folders ⇄ CSV, by Arrow buffers (``engine/runtimes/COLUMNS.md`` is the format).

Nothing here goes through pandas: numeric buffers are written and mapped as they are. A category's levels
and their order survive a Parquet file because they are kept in its metadata.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.data.column_folder import Column, read_header, write_header
from engine.data.conversions import fit_table

MAGIC = b"quarterdeck.categories"
ROW_GROUP = 122_880
DICTIONARY_SAMPLE = 20_000


def parquet_to_columns(path: Path, folder: Path, types: Mapping[str, str] | None = None) -> int:
    """Write a Parquet file as a column folder; returns the number of rows.

    ``types`` (column → declared column type) asks for lossless conversions on the way: whole numbers to
    number, integer to text, text to category … Raises Invalid where a conversion would lose something.
    """
    return table_to_columns(read_parquet(path), folder, types)


def table_to_columns(table: Any, folder: Path, types: Mapping[str, str] | None = None) -> int:
    """Write an Arrow table as a column folder; returns the number of rows."""
    from engine.data.column_writer import write_column

    if types:
        table = fit_table(table, types)
    folder.mkdir(parents=True, exist_ok=True)
    columns = [write_column(folder, n, name, table.column(n)) for n, name in enumerate(table.column_names)]
    write_header(folder, table.num_rows, columns)
    return int(table.num_rows)


def columns_to_table(folder: Path) -> Any:
    """An Arrow table over the mapped files of a column folder (numeric columns are not copied)."""
    import pyarrow as pa

    from engine.data.column_reader import read_column

    rows, columns = read_header(folder)
    arrays = [read_column(folder, n, rows, c) for n, c in enumerate(columns)]
    fields = [pa.field(c.name, a.type, nullable=True) for c, a in zip(columns, arrays, strict=True)]
    return pa.Table.from_arrays(arrays, schema=pa.schema(fields))


def columns_to_parquet(folder: Path, path: Path) -> int:
    """Write a column folder as a Parquet file; returns the number of rows."""
    table = columns_to_table(folder)
    write_parquet(table, path)
    return int(table.num_rows)


def columns_header(folder: Path) -> tuple[int, list[Column]]:
    """Rows and columns of a column folder, without touching its data."""
    return read_header(folder)


def write_parquet(table: Any, path: Path) -> None:
    """Write an Arrow table as Quarterdeck stores tables; category levels are kept in the metadata."""
    import pyarrow.parquet as pq

    table = table.replace_schema_metadata({MAGIC: json.dumps(_levels(table), ensure_ascii=False).encode()})
    pq.write_table(table, path, row_group_size=ROW_GROUP, **writing(table))


def writing(sample: Any) -> dict[str, Any]:
    """How our Parquet files are written, given some of the rows.

    Small data pages let a reader skip to single rows, and only columns that repeat their values get a
    dictionary (of an id column it would have to be read whole): a page of scattered rows costs a fifth.
    """
    import pyarrow.types as is_

    head = sample.slice(0, DICTIONARY_SAMPLE)
    repeating = [
        name
        for name, column in zip(head.column_names, head.itercolumns(), strict=True)
        if is_.is_dictionary(column.type)
        or (not is_.is_boolean(column.type) and len(column.unique()) <= max(16, len(column) // 10))
    ]
    return {
        "compression": "zstd",
        "compression_level": 1,
        "data_page_size": 1 << 16,
        "write_batch_size": 1024,
        "use_dictionary": repeating or False,
    }


def read_parquet(path: Path) -> Any:
    """A stored Parquet file as an Arrow table with its categories as they were written."""
    import pyarrow.parquet as pq

    return _restore_categories(pq.ParquetFile(path).read())


def table_to_csv(table: Any, path: Path) -> None:
    """Write an Arrow table as plain CSV (UTF-8, comma, missing = nothing, empty text = "")."""
    import pyarrow as pa
    import pyarrow.csv as pacsv

    plain = [c.cast(pa.string()) if pa.types.is_dictionary(c.type) else c for c in table.itercolumns()]
    pacsv.write_csv(pa.Table.from_arrays(plain, names=table.column_names), path)


def _restore_categories(table: Any) -> Any:
    """Give categories the levels, in the order, that they were written with."""
    kept: dict[str, Any] = json.loads((table.schema.metadata or {}).get(MAGIC, b"{}"))
    for n, name in enumerate(table.column_names):
        if name in kept:
            table = table.set_column(n, name, _with_levels(table.column(n), kept[name]))
    return table.replace_schema_metadata(None)


def _levels(table: Any) -> dict[str, Any]:
    import pyarrow as pa

    found: dict[str, Any] = {}
    for name, column in zip(table.column_names, table.itercolumns(), strict=True):
        if pa.types.is_dictionary(column.type):
            chunks = column.unify_dictionaries().chunks
            levels = chunks[0].dictionary.to_pylist() if chunks else []
            found[name] = {"levels": levels, "ordered": bool(column.type.ordered)}
    return found


def _with_levels(column: Any, kept: Mapping[str, Any]) -> Any:
    """The column with exactly these levels in this order (values must be among them)."""
    import pyarrow as pa
    import pyarrow.compute as pc

    levels = pa.array(kept["levels"], pa.string())
    kind = pa.dictionary(pa.int32(), pa.string(), ordered=kept["ordered"])
    codes = pc.index_in(column.cast(pa.string()), value_set=levels) if len(levels) else None
    chunks = (
        []
        if codes is None
        else [pa.DictionaryArray.from_arrays(c, levels, ordered=kept["ordered"]) for c in codes.chunks]
    )
    if codes is None:
        empty = pa.array([None] * len(column), pa.int32())
        chunks = [pa.DictionaryArray.from_arrays(empty, levels, ordered=kept["ordered"])]
    return pa.chunked_array(chunks, type=kind)
