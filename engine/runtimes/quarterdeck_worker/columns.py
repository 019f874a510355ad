"""Column folders (``COLUMNS.md``): tables as memory-mapped files, read and written with numpy alone.

``read`` and ``write`` move ``Table`` objects of plain buffers; ``frames.py`` turns them into pandas
data frames and back. Nothing here imports pandas.
"""

from __future__ import annotations

import json
import mmap
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

MAGIC = "quarterdeck-columns\t1"
DTYPES: dict[str, Any] = {
    "float64": np.dtype("<f8"),
    "int64": np.dtype("<i8"),
    "int32": np.dtype("<i4"),
    "bool": np.dtype("u1"),
    "date": np.dtype("<i4"),
    "datetime": np.dtype("<i8"),
}
CODED = ("text", "category")
TYPES = (*DTYPES, *CODED)
Array = Any  # numpy.ndarray; numpy's own generic type says no more here


class ColumnsError(ValueError):
    """A column folder is damaged or a table cannot be written as one."""


@dataclass
class Column:
    """One column. Plain types have ``data``; text and category have ``codes`` and levels.

    ``valid`` is the bitmap as bytes (least significant bit first, 1 = present) or None when nothing is
    missing. ``offsets``/``levels`` are int64 byte positions and UTF-8 bytes. ``zone`` belongs to datetime.
    """

    name: str
    type: str
    data: Array = None
    valid: Array = None
    codes: Array = None
    offsets: Array = None
    levels: Array = None
    zone: str = ""
    ordered: bool = False

    def texts(self) -> list[str]:
        """The levels as strings."""
        return decode_levels(self.offsets, self.levels)

    def missing(self, rows: int) -> Array:
        """Boolean array: True where the value is missing; None when nothing is."""
        if self.codes is not None:
            mask = self.codes < 0
            return mask if mask.any() else None
        return None if self.valid is None else unpack_bits(self.valid, rows)


@dataclass
class Table:
    """Columns of equal length."""

    rows: int
    columns: list[Column] = field(default_factory=list)


def pack_bits(missing: Array) -> Array:
    """The validity bitmap of a boolean array of missing values."""
    return np.packbits(~missing, bitorder="little")


def unpack_bits(valid: Array, rows: int) -> Array:
    """Boolean array of missing values from a validity bitmap."""
    return np.unpackbits(valid, count=rows, bitorder="little").view(np.bool_) ^ True


def encode_levels(texts: list[str]) -> tuple[Array, Array]:
    """Byte offsets and UTF-8 bytes of a list of strings."""
    joined = "".join(texts)
    body = joined.encode("utf-8", "replace")
    offsets = np.zeros(len(texts) + 1, dtype="<i8")
    # one character is one byte in ASCII, so lengths need no second encoding
    pieces = texts if len(body) == len(joined) else [text.encode("utf-8", "replace") for text in texts]
    if pieces:
        np.cumsum(np.fromiter(map(len, pieces), np.int64, len(pieces)), out=offsets[1:])
    return offsets, np.frombuffer(body, np.uint8)


def decode_levels(offsets: Array, levels: Array) -> list[str]:
    """The strings of a text column's levels."""
    body = levels.tobytes()
    whole = body.decode("utf-8", "replace")
    ends = offsets.tolist()
    pairs = zip(ends, ends[1:])  # noqa: B905, RUF007 - pairwise and strict= need a newer Python than models may have
    if len(whole) == len(body):
        return [whole[start:end] for start, end in pairs]
    return [body[start:end].decode("utf-8", "replace") for start, end in pairs]


def read_header(folder: str | Path) -> Table:
    """Names and types only, without buffers. Raises ColumnsError when the header is damaged.

    A column's ``valid`` is an empty array where a bitmap exists.
    """
    path = os.path.join(folder, "header")
    try:
        with open(path, encoding="utf-8", newline="\n") as file:
            lines = file.read().split("\n")
        if lines[0] != MAGIC:
            raise ColumnsError(f"{path} does not begin with “quarterdeck-columns 1”")
        word, rows = lines[1].split("\t")
        if word != "rows":
            raise ColumnsError(f"{path} has no line “rows”")
        return Table(int(rows), [_header_line(line, n) for n, line in enumerate(filter(None, lines[2:]))])
    except (IndexError, ValueError, OSError) as error:
        if isinstance(error, ColumnsError):
            raise
        raise ColumnsError(f"{path} cannot be read: {error}") from error


def _header_line(line: str, expected: int) -> Column:
    word, index, kind, nulls, name, *rest = line.split("\t")
    if word != "column" or int(index) != expected or kind not in TYPES:
        raise ColumnsError(f"the header line “{line}” is not understood")
    extra = rest[0] if rest else ""
    return Column(
        name=str(json.loads(name)),
        type=kind,
        valid=np.empty(0, np.uint8) if nulls == "1" else None,
        zone=extra if kind == "datetime" else "",
        ordered=kind == "category" and extra == "ordered",
    )


def read(folder: str | Path) -> Table:
    """A table whose buffers are memory-mapped (privately: changing them does not change the files)."""
    table = read_header(folder)
    folder = os.fspath(folder)
    rows = table.rows
    for n, column in enumerate(table.columns):
        if column.type in CODED:
            column.codes = _map(folder, f"{n}.codes", np.dtype("<i4"), rows)
            column.offsets = _map(folder, f"{n}.offsets", np.dtype("<i8"), None)
            column.levels = _map(folder, f"{n}.levels", np.dtype("u1"), None)
            if len(column.offsets) == 0:
                column.offsets = np.zeros(1, "<i8")
            column.valid = None
        else:
            column.data = _map(folder, f"{n}.data", DTYPES[column.type], rows)
            if column.valid is not None:
                column.valid = _map(folder, f"{n}.valid", np.dtype("u1"), (rows + 7) // 8)
    return table


def _map(folder: str, name: str, dtype: Any, count: int | None) -> Array:
    path = os.path.join(folder, name)
    try:
        with open(path, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            if count is not None and size != count * dtype.itemsize:
                raise ColumnsError(f"{path} has {size} bytes instead of {count * dtype.itemsize}")
            if not size:
                return np.empty(0, dtype)
            # private copy-on-write pages: libraries want writable arrays, the file must stay as it is
            return np.frombuffer(mmap.mmap(file.fileno(), size, access=mmap.ACCESS_COPY), dtype)
    except FileNotFoundError as error:
        raise ColumnsError(f"{path} is missing") from error


def write(folder: str | Path, table: Table) -> None:
    """Write a column folder; the header comes last, so that a folder with a header is complete."""
    folder = os.fspath(folder)
    os.makedirs(folder, exist_ok=True)
    lines = [MAGIC, f"rows\t{table.rows}"]
    for n, column in enumerate(table.columns):
        lines.append(_describe(n, column))
        if column.type in CODED:
            _dump(folder, f"{n}.codes", column.codes, np.dtype("<i4"), table.rows, column.name)
            _dump(folder, f"{n}.offsets", column.offsets, np.dtype("<i8"), None, column.name)
            _dump(folder, f"{n}.levels", column.levels, np.dtype("u1"), None, column.name)
        else:
            _dump(folder, f"{n}.data", column.data, DTYPES[column.type], table.rows, column.name)
            if column.valid is not None:
                _dump(folder, f"{n}.valid", column.valid, np.dtype("u1"), (table.rows + 7) // 8, column.name)
    with open(os.path.join(folder, "header"), "w", encoding="utf-8", newline="\n") as file:
        file.write("\n".join(lines) + "\n")


def _describe(n: int, column: Column) -> str:
    if column.type not in TYPES:
        raise ColumnsError(f"column “{column.name}” has the unknown type “{column.type}”")
    nulls = int(column.valid is not None and column.type not in CODED)
    name = json.dumps(column.name.encode("utf-8", "replace").decode(), ensure_ascii=False)
    line = f"column\t{n}\t{column.type}\t{nulls}\t{name}"
    if column.type == "datetime" and column.zone:
        line += f"\t{column.zone}"
    if column.type == "category" and column.ordered:
        line += "\tordered"
    return line


def _dump(folder: str, name: str, data: Array, dtype: Any, count: int | None, column: str) -> None:
    array = np.ascontiguousarray(data, dtype)
    if count is not None and len(array) != count:
        raise ColumnsError(f"column “{column}” has {len(array)} values in {name}, the table needs {count}")
    with open(os.path.join(folder, name), "wb", buffering=0) as file:
        view = memoryview(array.view(np.uint8).data) if len(array) else memoryview(b"")
        while len(view):
            view = view[file.write(view) :]


def read_frame(folder: str | Path) -> Any:
    """The folder as a ``pandas.DataFrame`` (see ``frames.py``)."""
    from . import frames

    return frames.to_frame(read(folder))


def write_frame(frame: Any, folder: str | Path) -> None:
    """Write a ``pandas.DataFrame`` as a column folder (see ``frames.py``)."""
    from . import frames

    write(folder, frames.from_frame(frame))
