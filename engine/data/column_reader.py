"""Files of a column folder → Arrow arrays over the mapped bytes.

What a worker wrote is checked before it is trusted: file sizes, code bounds, offsets and UTF-8.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from engine.data.column_folder import Column, DamagedColumns

WIDTH = {"float64": 8, "int64": 8, "int32": 4, "bool": 1, "date": 4, "datetime": 8}


def read_column(folder: Path, index: int, rows: int, column: Column) -> Any:
    """One column as an Arrow array. Raises DamagedColumns when the files contradict the header."""
    if column.type in ("text", "category"):
        return _read_text(folder, index, rows, column)
    return _read_fixed(folder, index, rows, column)


def _map(path: Path, size: int, column: str) -> Any:
    """The file's bytes as an Arrow buffer; exactly ``size`` bytes are expected."""
    import pyarrow as pa

    actual = path.stat().st_size if path.exists() else -1
    if actual != size:
        raise DamagedColumns(f"column {column!r}: {path.name} has {actual} bytes instead of {size}")
    if size == 0:
        return pa.py_buffer(b"")
    with pa.memory_map(str(path)) as source:
        return source.read_buffer(size)


def _valid(folder: Path, index: int, rows: int, column: Column) -> Any:
    return _map(folder / f"{index}.valid", (rows + 7) // 8, column.name) if column.nulls else None


def _read_fixed(folder: Path, index: int, rows: int, column: Column) -> Any:
    import numpy as np
    import pyarrow as pa

    kinds = {
        "float64": pa.float64(),
        "int64": pa.int64(),
        "int32": pa.int32(),
        "bool": pa.bool_(),
        "date": pa.date32(),
        "datetime": pa.timestamp("us", tz=column.extra or None),
    }
    data = _map(folder / f"{index}.data", rows * WIDTH[column.type], column.name)
    if column.type == "bool":
        data = pa.py_buffer(np.packbits(np.frombuffer(data, np.uint8) != 0, bitorder="little").tobytes())
    return pa.Array.from_buffers(kinds[column.type], rows, [_valid(folder, index, rows, column), data])


def _read_text(folder: Path, index: int, rows: int, column: Column) -> Any:
    import numpy as np
    import pyarrow as pa

    codes = np.frombuffer(_map(folder / f"{index}.codes", rows * 4, column.name), np.int32)
    levels = _levels(folder, index, column)
    if rows and (int(codes.max()) >= len(levels) or int(codes.min()) < -1):
        raise DamagedColumns(f"column {column.name!r}: a code is outside its {len(levels)} levels")
    missing = codes < 0
    indices = pa.array(codes, mask=missing if missing.any() else None)
    if column.type == "category":
        return pa.DictionaryArray.from_arrays(indices, levels, ordered=column.extra == "ordered")
    return levels.take(indices)


def _levels(folder: Path, index: int, column: Column) -> Any:
    import numpy as np
    import pyarrow as pa

    path = folder / f"{index}.offsets"
    size = path.stat().st_size if path.exists() else 0
    if size < 8 or size % 8:
        raise DamagedColumns(f"column {column.name!r}: {path.name} has {size} bytes")
    offsets = np.frombuffer(_map(path, size, column.name), np.int64)
    data = _map(folder / f"{index}.levels", int(offsets[-1]), column.name)
    if offsets[0] != 0 or (np.diff(offsets) < 0).any():
        raise DamagedColumns(f"column {column.name!r}: the offsets of its text do not rise")
    wide = pa.Array.from_buffers(pa.large_string(), len(offsets) - 1, [None, pa.py_buffer(offsets), data])
    try:
        wide.validate(full=True)
    except pa.ArrowInvalid as error:
        raise DamagedColumns(f"column {column.name!r}: its text is not UTF-8: {error}") from error
    return wide.cast(pa.string()) if offsets[-1] < 2**31 else wide
