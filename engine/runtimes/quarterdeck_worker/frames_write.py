"""The half of ``frames`` that writes: pandas columns of every kind as plain buffers."""

from __future__ import annotations

import ctypes
import datetime
import decimal
from typing import Any

import numpy as np
import pandas as pd  # noqa: TID253 - this module is the lazy part

from .columns import Array, Column, ColumnsError, Table, encode_levels, pack_bits

_DAY = 86_400
_SAMPLE = 2_000


def from_frame(frame: Any) -> Table:
    """The table of a data frame. An index that says something becomes the first columns.

    Raises ColumnsError for a column that cannot be a column, with its name and what to do.
    """
    frame = _flatten(frame)
    names = [str(name) for name in frame.columns]
    twice = sorted({name for name in names if names.count(name) > 1}) if len(set(names)) < len(names) else []
    if twice:
        raise ColumnsError(f"the column name “{twice[0]}” appears twice; give each column its own name")
    return Table(len(frame), [_column(name, frame.iloc[:, n]) for n, name in enumerate(names)])


def _flatten(frame: Any) -> Any:
    if isinstance(frame.columns, pd.MultiIndex):
        frame = frame.copy(deep=False)
        frame.columns = [" ".join(str(part) for part in name if str(part)) for name in frame.columns]
    index = frame.index
    plain = isinstance(index, pd.RangeIndex) or (
        index.nlevels == 1 and index.name is None and index.dtype == "int64"
    )
    return frame if plain else frame.reset_index()


def _column(name: str, series: Any) -> Column:
    dtype = series.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return _category(name, series)
    if isinstance(dtype, pd.DatetimeTZDtype):
        return _stamps(name, series, str(dtype.tz))
    if isinstance(dtype, pd.PeriodDtype):
        return _texts(name, series.astype(object).map(str, na_action="ignore"))
    if isinstance(dtype, pd.StringDtype):
        return _texts(name, series)
    if isinstance(dtype, np.dtype):
        return _plain(name, series, dtype)
    return _extension(name, series)


def _plain(name: str, series: Any, dtype: Any) -> Column:
    if dtype.kind == "f":
        data = series.to_numpy(dtype="f8")
        return _with_missing(Column(name, "float64", data), np.isnan(data))
    if dtype.kind == "b":
        return Column(name, "bool", series.to_numpy().view(np.uint8))
    if dtype.kind in "iu":
        return _integers(name, series.to_numpy(), None)
    if dtype.kind == "M":
        return _stamps(name, series, "")
    if dtype.kind == "m":
        seconds = series.dt.total_seconds().to_numpy(dtype="f8")
        return _with_missing(Column(name, "float64", seconds), np.isnan(seconds))
    if dtype.kind == "O":
        return _objects(name, series)
    raise ColumnsError(
        f"column “{name}” holds {dtype}, which no table can hold; turn it into numbers or text"
    )


def _integers(name: str, data: Array, missing: Array) -> Column:
    if (
        data.dtype.kind == "u"
        and data.dtype.itemsize == 8
        and len(data)
        and data.max() > np.iinfo(np.int64).max
    ):
        texts = pd.Series(data.astype(str), dtype="object")
        return _texts(name, texts if missing is None else texts.mask(missing))
    small = data.dtype.itemsize < 4 or data.dtype == np.int32
    column = Column(name, "int32" if small else "int64", data.astype("i4" if small else "i8", copy=False))
    return column if missing is None else _with_missing(column, missing)


def _with_missing(column: Column, missing: Array) -> Column:
    """Add the bitmap; the bytes under a missing value become zero, as the format says."""
    if missing.any():
        column.data = np.where(missing, column.data.dtype.type(0), column.data)
        column.valid = pack_bits(missing)
    return column


def _stamps(name: str, series: Any, zone: str) -> Column:
    missing = series.isna().to_numpy()
    clock = series.dt.tz_convert("UTC").dt.tz_localize(None) if zone else series
    stamps = clock.to_numpy()
    if not zone and stamps.dtype == np.dtype("datetime64[s]"):  # how dates arrive: keep them dates
        seconds = stamps.view("i8")
        if not (seconds[~missing] % _DAY).any():
            return _with_missing(
                Column(name, "date", np.where(missing, 0, seconds // _DAY).astype("i4")), missing
            )
    return _with_missing(
        Column(name, "datetime", stamps.astype("datetime64[us]").view("i8"), zone=zone), missing
    )


def _extension(name: str, series: Any) -> Column:
    array = series.array
    if isinstance(array, (pd.arrays.IntegerArray, pd.arrays.FloatingArray, pd.arrays.BooleanArray)):
        missing = series.isna().to_numpy()
        kind: Any = np.dtype(str(array.dtype).lower().replace("boolean", "bool"))
        data = array.to_numpy(dtype=kind, na_value=kind.type(0))
        if kind.kind == "b":
            return _with_missing(Column(name, "bool", data.view(np.uint8)), missing)
        if kind.kind == "f":
            return _with_missing(Column(name, "float64", data.astype("f8", copy=False)), missing)
        return _integers(name, data, missing)
    if isinstance(series.dtype, pd.ArrowDtype):
        return _arrow(name, series)
    return _objects(name, series.astype(object))


def _arrow(name: str, series: Any) -> Column:
    kind = str(series.dtype.pyarrow_dtype)
    if kind in ("string", "large_string", "string_view"):
        return _texts(name, series)
    if kind.startswith(("int", "uint")):
        missing = series.isna().to_numpy()
        return _integers(name, series.fillna(0).to_numpy(dtype="u8" if kind == "uint64" else "i8"), missing)
    if kind in ("float", "double", "halffloat"):
        missing = series.isna().to_numpy()
        return _with_missing(Column(name, "float64", series.to_numpy(dtype="f8", na_value=np.nan)), missing)
    if kind.startswith("timestamp"):
        zone = str(series.dt.tz) if series.dt.tz is not None else ""
        plain = pd.DatetimeTZDtype("us", zone) if zone else np.dtype("datetime64[us]")
        return _stamps(name, series.astype(object).astype(plain), zone)
    return _objects(name, series.astype(object))


def _category(name: str, series: Any) -> Column:
    categories = series.cat.categories
    if len(categories) and pd.api.types.infer_dtype(categories, skipna=False) != "string":
        return _column(
            name, pd.Series(np.asarray(series))
        )  # categories of numbers or dates: the values themselves
    offsets, levels = encode_levels([str(text) for text in categories])
    codes = series.cat.codes.to_numpy().astype("i4")
    return Column(
        name, "category", codes=codes, offsets=offsets, levels=levels, ordered=bool(series.cat.ordered)
    )


def _texts(name: str, series: Any) -> Column:
    """Codes and levels of a column of strings, whatever holds them."""
    arrow = getattr(series.array, "_pa_array", None)
    if arrow is not None:
        return _arrow_texts(name, arrow)
    values = series.to_numpy(dtype=object)
    if _mostly_different(values):
        missing = pd.isna(values)
        if not missing.any():
            offsets, levels = encode_levels(values.tolist())
            return Column(
                name, "text", codes=np.arange(len(values), dtype="i4"), offsets=offsets, levels=levels
            )
    codes, texts = _factorize(values)
    offsets, levels = encode_levels(texts.tolist())
    return Column(name, "text", codes=codes.astype("i4", copy=False), offsets=offsets, levels=levels)


def _factorize(values: Array) -> tuple[Array, Array]:
    """Codes (−1 = missing) and the different texts.

    Where rows share their string objects, as in every column that came from a column folder, comparing
    addresses is three times as fast as hashing strings; only the few different objects are then compared.
    """
    sample = values[:: max(1, len(values) // _SAMPLE)]
    if len(values) < 10 * _SAMPLE or len(set(map(id, sample.tolist()))) > len(sample) // 4:
        return pd.factorize(values)
    held = np.ascontiguousarray(values)  # keeps the objects alive while their addresses count
    first = held.__array_interface__["data"][0]
    addresses = np.ctypeslib.as_array((ctypes.c_ssize_t * len(held)).from_address(first))
    objects, unique = pd.factorize(addresses)
    places = np.empty(len(unique), np.int64)
    places[objects[::-1]] = np.arange(len(held) - 1, -1, -1)  # the last one written is the first row
    codes, texts = pd.factorize(held[places])
    return codes.astype("i4", copy=False).take(objects), texts


def _mostly_different(values: Array) -> bool:
    """Levels need not be unique, so looking for repetitions only pays where there are some."""
    if len(values) < 10 * _SAMPLE:
        return False
    sample = values[:: len(values) // _SAMPLE]
    return len(set(sample.tolist())) > 0.7 * len(sample)


def _arrow_texts(name: str, arrow: Any) -> Column:
    import pyarrow as pa
    import pyarrow.compute as pc

    coded = pc.cast(arrow, pa.large_string()).dictionary_encode()
    coded = coded.combine_chunks() if isinstance(coded, pa.ChunkedArray) else coded
    if isinstance(coded, pa.ChunkedArray):
        coded = coded.chunk(0) if coded.num_chunks else pa.array([], pa.large_string()).dictionary_encode()
    codes = coded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    words = pa.concat_arrays([coded.dictionary])  # a fresh array: its buffers begin at zero
    _, offsets, body = words.buffers()
    count = len(words)
    ends = np.frombuffer(offsets, "<i8")[: count + 1] if offsets and count else np.zeros(1, "<i8")
    levels = np.frombuffer(body, np.uint8)[: ends[-1]] if body and count else np.empty(0, np.uint8)
    return Column(name, "text", codes=codes.astype("i4", copy=False), offsets=ends, levels=levels)


def _objects(name: str, series: Any) -> Column:
    """A column of Python objects: by what they are."""
    kind = pd.api.types.infer_dtype(series, skipna=True)
    values = series.to_numpy(dtype=object)
    if kind == "string":
        return _texts(name, series)
    missing = pd.isna(values)
    if kind == "boolean":
        return _with_missing(Column(name, "bool", np.where(missing, False, values).astype("u1")), missing)
    if kind == "integer":
        return _python_integers(name, values, missing)
    if kind in ("floating", "mixed-integer-float", "decimal"):
        data = np.where(missing, 0.0, values).astype("f8")
        return _with_missing(Column(name, "float64", data), missing)
    if kind == "date":
        days = _filled(values, missing, datetime.date(1970, 1, 1)).astype("datetime64[D]").view("i8")
        return _with_missing(Column(name, "date", days.astype("i4")), missing)
    if kind in ("datetime", "datetime64"):
        return _column(name, pd.to_datetime(series))
    if kind == "empty":
        return _texts(name, pd.Series([None] * len(values), dtype=object))
    return _mixed(name, values, missing)


def _filled(values: Array, missing: Array, filler: Any) -> Array:
    """A copy with the missing entries replaced."""
    filled = values.copy()
    filled[missing] = filler
    return filled


def _python_integers(name: str, values: Array, missing: Array) -> Column:
    filled = _filled(values, missing, 0)
    try:
        return _with_missing(Column(name, "int64", filled.astype("i8")), missing)
    except OverflowError:  # a 20-digit id stays what it is
        texts = _filled(filled.astype(str).astype(object), missing, None)
        return _texts(name, pd.Series(texts, dtype="object"))


def _mixed(name: str, values: Array, missing: Array) -> Column:
    scalars = (
        str,
        bytes,
        int,
        float,
        bool,
        complex,
        decimal.Decimal,
        datetime.date,
        datetime.time,
        np.generic,
    )
    for value in values[~missing]:
        if isinstance(value, (dict, list, set, tuple, np.ndarray, pd.DataFrame, pd.Series)):
            raise ColumnsError(
                f"column “{name}” holds a {type(value).__name__} in a cell; give one number, text or date a cell"
            )
        if not isinstance(value, scalars):
            break
    texts = [None if gone else str(value) for value, gone in zip(values, missing)]  # noqa: B905
    return _texts(name, pd.Series(texts, dtype=object))
