"""Parquet files in which masked columns hold nothing but a mark.

Whoever lacks the right ``dataset.personal`` is handed such a file wherever the stored one would be read: pages,
exports, choice lists, SQL, outputs of runs. So no way out has to remember to mask, the values are not there.
The files are made once per contents and set of columns, in a job process, and removed when nobody used them
for a day.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.data.classes import MASK, find
from engine.data.coltypes import MASKED_MARK

if TYPE_CHECKING:
    from engine.data.jobs import JobPool

UNUSED_SECONDS = 24 * 3600.0
SMALL_CELLS, SMALL_BYTES = 1_000_000, 8 << 20
_making: dict[str, threading.Lock] = {}  # by file: another dataset's pages don't wait


def masked_file(jobs: JobPool, data: Path, source: Path, contents: str, columns: Mapping[str, str]) -> Path:
    """The file ``source`` (of the hash ``contents``) with ``columns`` (name → class) masked.

    Raises Unavailable when it cannot be made.
    """
    if not columns:
        return source
    told = json.dumps([contents, sorted(columns.items())], ensure_ascii=False)
    folder = data / "masked"
    target = folder / f"{hashlib.blake2b(told.encode(), digest_size=16).hexdigest()}.parquet"
    with _making.setdefault(target.name, threading.Lock()):
        if target.exists():
            os.utime(target)
            return target
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        tidy(data)
        part = target.with_suffix(f".{os.getpid()}")
        try:
            if _small(source):
                write_masked(source, part, columns)
            else:
                jobs.run("mask", None, source=str(source), target=str(part), columns=dict(columns))
            part.rename(target)
        finally:
            part.unlink(missing_ok=True)
    return target


def _small(source: Path) -> bool:
    """Is it done at once, sooner than a job process could start?"""
    import pyarrow.parquet as pq

    told = pq.read_metadata(source)
    return bool(told.num_rows * told.num_columns <= SMALL_CELLS and source.stat().st_size <= SMALL_BYTES)


def columns_of(path: Path, classes: Mapping[str, str]) -> dict[str, str]:
    """Which columns of a Parquet file are named like one with a class, and that class."""
    import pyarrow.parquet as pq

    if not classes:
        return {}
    names = pq.read_schema(path).names
    return {name: kind for name in names if (kind := find(name, classes))}


def write_masked(source: Path, target: Path, columns: Mapping[str, str]) -> None:
    """Copy a Parquet file, row group by row group, without the masked columns' values, levels and statistics."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from engine.data.tables import MAGIC, ROW_GROUP, writing

    file = pq.ParquetFile(source)
    schema = file.schema_arrow
    fields = [
        pa.field(f.name, pa.string(), metadata={MASKED_MARK: columns[f.name].encode()})
        if f.name in columns
        else pa.field(f.name, f.type, f.nullable)
        for f in schema
    ]
    levels = json.loads((schema.metadata or {}).get(MAGIC, b"{}"))
    kept = {name: told for name, told in levels.items() if name not in columns}
    made = pa.schema(fields, {MAGIC: json.dumps(kept, ensure_ascii=False).encode()} if kept else None)
    batches = _batches(file, made, columns, ROW_GROUP)
    first = next(batches)
    with pq.ParquetWriter(target, made, **writing(first)) as writer:
        writer.write_table(first, row_group_size=ROW_GROUP)
        for table in batches:
            writer.write_table(table, row_group_size=ROW_GROUP)


def _batches(file: Any, schema: Any, columns: Mapping[str, str], size: int) -> Iterator[Any]:
    import pyarrow as pa

    shown = [name for name in schema.names if name not in columns]
    rows = file.metadata.num_rows
    counts = [min(size, rows - at) for at in range(0, rows, size)] or [0]
    read = file.iter_batches(batch_size=size, columns=shown) if shown and rows else None
    if read is None:
        for count in counts:
            arrays = [
                _marks(count) if name in columns else pa.array([], schema.field(name).type)
                for name in schema.names
            ]
            yield pa.Table.from_arrays(arrays, schema=schema)
        return
    for batch in read:
        arrays = [_marks(batch.num_rows) if name in columns else batch.column(name) for name in schema.names]
        yield pa.Table.from_arrays(arrays, schema=schema)


def _marks(count: int) -> Any:
    """The same mark in every row: also whether a value is there is nobody's business."""
    import pyarrow as pa

    return pa.repeat(pa.scalar(MASK, pa.string()), count)


def tidy(data: Path) -> None:
    """Remove masked files that nobody used for a day."""
    before = time.time() - UNUSED_SECONDS
    for file in (data / "masked").glob("*"):
        if file.stat().st_mtime < before:
            file.unlink(missing_ok=True)
