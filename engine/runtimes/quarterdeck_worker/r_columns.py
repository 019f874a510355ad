"""Column folders ⇄ R vectors, buffer by buffer (see COLUMNS.md); nothing here touches a value one by one.

rpy2's rinterface level only. R has no 64-bit integers: int64 becomes integer where all values fit into 32
bits, else double; integers beyond 2^53 that a double cannot hold are reported as a warning.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

NA_INTEGER = -(2**31)
NA_REAL_BITS = 0x7FF00000000007A2
NA_REAL_LOW = 1954
INT32 = 2**31 - 1
EXACT = 2**53


class ColumnError(ValueError):
    """A table that R cannot hold; the message is a sentence."""


class Columns:
    """Reads and writes column folders. ``functions`` are the constructors of ``r_runtime.R``, by name."""

    def __init__(self, functions: Callable[[str], Any]) -> None:
        import rpy2.rinterface as ri

        self.ri = ri
        self.text_column = functions("qd_text_column")
        self.factor = functions("qd_factor")
        self.logical = functions("qd_logical")
        self.date = functions("qd_date")
        self.instant = functions("qd_instant")
        self.frame = functions("qd_make_frame")

    # ---- folder → data.frame

    def read(self, folder: Path, warn: Callable[[str], None]) -> Any:
        """The data.frame of a column folder; ``warn`` is called with a sentence when a value had to change."""
        lines = (folder / "header").read_text(encoding="utf-8").split("\n")
        rows = int(lines[1].split("\t")[1])
        names: list[str] = []
        columns: list[Any] = []
        for line in lines[2:]:
            parts = line.split("\t")
            if parts[0] != "column":
                continue
            name = json.loads(parts[4])
            names.append(name)
            extra = parts[5] if len(parts) > 5 else ""
            columns.append(
                self._column(folder / parts[1], parts[2], rows, parts[3] == "1", extra, name, warn)
            )
        return self.frame(
            self.ri.ListSexpVector(columns), self.ri.StrSexpVector(names), self.ri.IntSexpVector([rows])
        )

    def _column(
        self,
        stem: Path,
        kind: str,
        rows: int,
        nulls: bool,
        extra: str,
        name: str,
        warn: Callable[[str], None],
    ) -> Any:
        if kind in ("text", "category"):
            return self._text(stem, kind, rows, extra, name)
        missing = None
        if nulls and rows:
            bits = np.fromfile(f"{stem}.valid", dtype=np.uint8)
            missing = np.unpackbits(bits, count=rows, bitorder="little") == 0
        if kind == "float64":
            return self._floats(_data(stem, np.float64, rows), missing)
        if kind == "datetime":
            seconds = _data(stem, np.int64, rows) / 1e6
            return self.instant(self._floats(seconds, missing), self._string(extra))
        if kind == "date":
            return self.date(self._integers(_data(stem, np.int32, rows), missing))
        if kind == "bool":
            return self.logical(self._integers(_data(stem, np.uint8, rows).astype(np.int32), missing))
        if kind == "int32":
            return self._integers(_data(stem, np.int32, rows), missing)
        return self._wide(_data(stem, np.int64, rows), missing, name, warn)

    def _wide(self, values: Any, missing: Any, name: str, warn: Callable[[str], None]) -> Any:
        if not len(values):
            return self._integers(values.astype(np.int32), None)
        low, high = int(values.min()), int(values.max())
        if low >= -INT32 and high <= INT32:
            return self._integers(values.astype(np.int32), missing)
        floats = values.astype(np.float64)
        if (low < -EXACT or high > EXACT) and not _same_integers(values, floats):
            warn(
                f"The column “{name}” holds integers beyond 2^53 that R cannot hold exactly; they were rounded. "
                "Pass it as text if it is an identifier."
            )
        return self._floats(floats, missing)

    def _integers(self, values: Any, missing: Any) -> Any:
        if values.size and missing is None and values.dtype == np.int32 and int(values.min()) == NA_INTEGER:
            return self._floats(values.astype(np.float64), None)  # that number is R's NA
        if missing is not None:
            if int(values.min()) == NA_INTEGER:
                return self._floats(values.astype(np.float64), missing)
            values = np.where(missing, np.int32(NA_INTEGER), values)
        return self._vector(self.ri.IntSexpVector, values)

    def _floats(self, values: Any, missing: Any) -> Any:
        if missing is not None:
            values = values.copy()
            values.view(np.uint64)[missing] = NA_REAL_BITS
        return self._vector(self.ri.FloatSexpVector, values)

    @staticmethod
    def _vector(kind: Any, values: Any) -> Any:
        if not values.size:
            return kind([])
        contiguous: Any = np.ascontiguousarray(values)
        return kind.from_memoryview(memoryview(contiguous))

    def _string(self, text: str) -> Any:
        return self.ri.StrSexpVector([text])

    def _text(self, stem: Path, kind: str, rows: int, extra: str, name: str) -> Any:
        codes = _data(stem, np.int32, rows, ".codes")
        codes = np.where(codes < 0, np.int32(NA_INTEGER), codes + np.int32(1))
        offsets = np.fromfile(f"{stem}.offsets", dtype=np.int64)
        levels = np.fromfile(f"{stem}.levels", dtype=np.uint8)
        count = max(len(offsets) - 1, 0)
        if levels.size and not levels.all():
            raise ColumnError(
                f"The column “{name}” holds text with a zero character, which R cannot hold. Remove it from the data."
            )
        bytes_ = self._vector(self.ri.ByteSexpVector, _terminated(levels, offsets, count))
        wide = self.ri.BoolSexpVector([bool(levels.size and levels.max() > 127)])
        number = self.ri.IntSexpVector([count])
        vector = self._vector(self.ri.IntSexpVector, codes)
        if kind == "text":
            return self.text_column(bytes_, number, vector, wide)
        return self.factor(bytes_, number, vector, wide, self.ri.BoolSexpVector([extra == "ordered"]))

    # ---- what qd_table made → folder

    def write(self, table: Any, folder: Path) -> None:
        """Write what ``qd_table`` prepared (its rows, column names and columns) as a column folder."""
        folder.mkdir(parents=True, exist_ok=True)
        rows = table[0][0]
        lines = ["quarterdeck-columns\t1", f"rows\t{rows}"]
        names = list(table[1])
        for index, name in enumerate(names):
            column = as_dict(table[2][index])
            kind = column["type"][0]
            extra = column["extra"][0] if "extra" in column and len(column["extra"]) else ""
            nulls = self._write_column(folder / str(index), kind, column, rows)
            quoted = json.dumps(name, ensure_ascii=False)
            lines.append(f"column\t{index}\t{kind}\t{int(nulls)}\t{quoted}" + (f"\t{extra}" if extra else ""))
        (folder / "header").write_text("\n".join(lines) + "\n", encoding="utf-8")

    def _write_column(self, stem: Path, kind: str, column: dict[str, Any], rows: int) -> bool:
        if kind in ("text", "category"):
            _write_text(stem, column)
            return False
        data = buffer(column["data"])
        if len(data) != rows:
            raise ColumnError(f"A column has {len(data)} values, but the table has {rows} rows.")
        if kind == "int64":  # bit64's integer64: 64-bit integers kept in the bytes of doubles
            data = data.view(np.int64)
            missing = data == np.iinfo(np.int64).min
        elif data.dtype == np.float64:
            missing = np.isnan(data)
            if kind == "float64" and missing.any():
                missing &= (data.view(np.uint64) & 0xFFFFFFFF) == NA_REAL_LOW
        else:
            missing = data == NA_INTEGER
        has_missing = bool(missing.any())
        out = _storage(kind, data, missing if has_missing else None)
        out.tofile(f"{stem}.data")
        if has_missing:
            np.packbits(~missing, bitorder="little").tofile(f"{stem}.valid")
        return has_missing


def _storage(kind: str, data: Any, missing: Any) -> Any:
    """The values as they lie in the file; zero under a missing one."""
    if missing is not None:
        data = np.where(missing, data.dtype.type(0), data)
    if kind == "datetime":
        if not np.isfinite(data).all():
            raise ColumnError("A date-time column holds an infinite time. Use NA where there is none.")
        return np.rint(data * 1e6).astype(np.int64)
    if kind == "bool":
        return data.astype(np.uint8)
    return data


def _write_text(stem: Path, column: dict[str, Any]) -> None:
    codes = buffer(column["data"])
    out = np.where(codes == NA_INTEGER, np.int32(-1), codes - np.int32(1))
    out.astype(np.int32, copy=False).tofile(f"{stem}.codes")
    raw = buffer(column["levels"])
    ends = np.flatnonzero(raw == 0)
    offsets = np.zeros(len(ends) + 1, dtype=np.int64)
    offsets[1:] = ends - np.arange(len(ends))
    offsets.tofile(f"{stem}.offsets")
    raw[raw != 0].tofile(f"{stem}.levels")


def _terminated(levels: Any, offsets: Any, count: int) -> Any:
    """The levels' bytes with a zero after each, as R's readBin wants them."""
    out = np.zeros(levels.size + count, dtype=np.uint8)
    keep = np.ones(out.size, dtype=bool)
    keep[offsets[1:] + np.arange(count)] = False
    out[keep] = levels
    return out


def _data(stem: Path, dtype: Any, rows: int, suffix: str = ".data") -> Any:
    if not rows:
        return np.empty(0, dtype=dtype)
    return np.memmap(f"{stem}{suffix}", dtype=dtype, mode="r", shape=(rows,))


def _same_integers(values: Any, floats: Any) -> bool:
    """Whether all int64 values survived as doubles."""
    inside = np.abs(floats) < 2.0**63
    return bool(inside.all() and (floats.astype(np.int64) == values).all())


def buffer(vector: Any) -> Any:
    """A numpy view of an R vector's memory, without a copy."""
    if not len(vector):
        return np.empty(0, dtype=_DTYPES.get(type(vector).__name__, np.float64))
    if hasattr(vector, "memoryview"):
        return np.asarray(memoryview(vector.memoryview()))
    return np.frombuffer(bytes_view(vector), dtype=np.uint8)


def bytes_view(vector: Any) -> Any:
    """The bytes of an R raw vector, without a copy."""
    from rpy2.rinterface_lib import openrlib

    return openrlib.ffi.buffer(openrlib.rlib.RAW(vector.__sexp__._cdata), len(vector))


_DTYPES = {"IntSexpVector": np.int32, "BoolSexpVector": np.int32, "ByteSexpVector": np.uint8}


def as_dict(named: Any) -> dict[str, Any]:
    """A named R list as a Python dictionary of its (unconverted) elements."""
    return dict(zip(named.names, named, strict=True))
