"""Arrow column → files of a column folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from engine.data.column_folder import Column

SAMPLE = 10_000  # rows looked at to tell an id-like text column from one that repeats its values


def write_column(folder: Path, index: int, name: str, column: Any) -> Column:
    """Write one Arrow chunked array and return its header line.

    Raises TypeError for an Arrow type that a column folder does not hold.
    """
    import pyarrow as pa
    import pyarrow.types as is_

    kind = column.type
    if is_.is_dictionary(kind):
        return _write_codes(folder, index, name, column, "category", kind.ordered)
    if is_.is_string(kind) or is_.is_large_string(kind) or is_.is_string_view(kind) or is_.is_null(kind):
        return _write_text(folder, index, name, column.cast(pa.string()))
    if is_.is_boolean(kind):
        return _write_fixed(folder, index, name, column, "bool", pa.uint8())
    if is_.is_date(kind):
        return _write_fixed(folder, index, name, column.cast(pa.date32()), "date", pa.int32())
    if is_.is_timestamp(kind):
        micros = column.cast(pa.timestamp("us", tz=kind.tz))
        return _write_fixed(folder, index, name, micros, "datetime", pa.int64(), kind.tz or "")
    if is_.is_floating(kind):
        return _write_fixed(folder, index, name, column.cast(pa.float64()), "float64", pa.float64())
    if is_.is_integer(kind):
        small = kind.bit_width < 32 or kind == pa.int32()
        target = pa.int32() if small else pa.int64()
        return _write_fixed(folder, index, name, column.cast(target), str(target), target)
    raise TypeError(f"column {name!r} is {kind}, which a column folder does not hold")


def _write_fixed(
    folder: Path, index: int, name: str, column: Any, label: str, storage: Any, extra: str = ""
) -> Column:
    """Write fixed-width values; the bytes under a missing value are zero."""
    import pyarrow as pa

    nulls = column.null_count > 0
    with open(folder / f"{index}.data", "wb") as out:
        for chunk in column.chunks:
            bits = chunk.cast(storage) if label == "bool" else chunk.view(storage)
            if bits.null_count:
                bits = bits.fill_null(pa.scalar(0, storage))
            width = storage.bit_width // 8
            data = bits.buffers()[1]
            if data is not None and len(bits):
                out.write(memoryview(data)[bits.offset * width : (bits.offset + len(bits)) * width])
    if nulls:
        _write_valid(folder / f"{index}.valid", column)
    return Column(name, label, nulls, extra)


def _write_valid(path: Path, column: Any) -> None:
    import numpy as np

    present = column.is_valid().to_numpy()
    path.write_bytes(np.packbits(present.astype(np.uint8), bitorder="little").tobytes())


def _write_text(folder: Path, index: int, name: str, column: Any) -> Column:
    """Text as codes and levels; id-like columns (nearly all different) skip the search for repeats."""
    head = column.slice(0, SAMPLE)
    if len(column) > SAMPLE and len(head.unique()) > len(head) * 0.6:
        return _write_each(folder, index, name, column)
    return _write_codes(folder, index, name, column.dictionary_encode(), "text", False)


def _write_each(folder: Path, index: int, name: str, column: Any) -> Column:
    """Every row is its own level: allowed for text (levels need not be unique) and much faster."""
    import numpy as np

    valid = column.is_valid().to_numpy()
    codes = np.arange(len(column), dtype=np.int32)
    codes[~valid] = -1
    (folder / f"{index}.codes").write_bytes(codes.tobytes())
    offsets, end = [np.zeros(1, np.int64)], 0
    with open(folder / f"{index}.levels", "wb") as out:
        for chunk in column.chunks:
            starts, data = _text_buffers(chunk.fill_null(""))
            offsets.append(starts[1:] - starts[0] + end)
            end += int(starts[-1] - starts[0])
            out.write(data)
    (folder / f"{index}.offsets").write_bytes(np.concatenate(offsets).astype(np.int64).tobytes())
    return Column(name, "text")


def _text_buffers(array: Any) -> tuple[Any, memoryview]:
    """Offsets (int64) and the bytes between the first and the last of them."""
    import numpy as np

    if len(array) == 0:
        return np.zeros(1, np.int64), memoryview(b"")
    _, offsets, data = array.buffers()
    starts = np.frombuffer(offsets, np.int32)[array.offset : array.offset + len(array) + 1].astype(np.int64)
    if data is None:
        return starts, memoryview(b"")
    return starts, memoryview(data)[int(starts[0]) : int(starts[-1])]


def _write_codes(folder: Path, index: int, name: str, column: Any, label: str, ordered: bool) -> Column:
    import numpy as np
    import pyarrow as pa

    column = column.unify_dictionaries()
    with open(folder / f"{index}.codes", "wb") as out:
        for chunk in column.chunks:
            codes = chunk.indices.cast(pa.int32()).fill_null(-1)
            out.write(np.ascontiguousarray(codes.to_numpy(zero_copy_only=False)).tobytes())
    levels = column.chunks[0].dictionary.cast(pa.string()) if column.num_chunks else pa.array([], pa.string())
    starts, data = _text_buffers(levels)
    (folder / f"{index}.offsets").write_bytes((starts - starts[0]).astype(np.int64).tobytes())
    (folder / f"{index}.levels").write_bytes(data)
    return Column(name, label, False, "ordered" if ordered else "")
