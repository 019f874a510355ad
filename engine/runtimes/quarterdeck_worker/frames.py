"""Column tables ⇄ pandas data frames. Imports pandas: only for processes that hold it anyway.

To pandas: float64 → float64 (missing is NaN), integers → int64/int32, with missing values Int64/Int32;
bool → bool or boolean; date → datetime64[s] at midnight; datetime → datetime64[us], with its zone;
text → str; category → category. From pandas: the same back; NaN of a plain float column is written as
missing (pandas does not tell the two apart), sub-microsecond parts of times are dropped.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd  # noqa: TID253 - this module is the lazy part

from .columns import Array, Column, Table
from .frames_write import from_frame

__all__ = ["from_frame", "to_frame"]
_OBJECT = np.dtype(object)


def to_frame(table: Table) -> Any:
    """A data frame over the table's buffers, without copying numbers."""
    # positions as names first: a file may hold a column name twice
    data = {n: _series(column, table.rows) for n, column in enumerate(table.columns)}
    frame = pd.DataFrame(data, index=pd.RangeIndex(table.rows), copy=False)
    frame.columns = pd.Index(
        [column.name for column in table.columns], dtype=None if table.columns else object
    )
    return frame


def _series(column: Column, rows: int) -> Any:
    if column.type == "text":
        return _take_texts(column)
    if column.type == "category":
        categories = pd.Index(column.texts(), dtype="object").astype(_text_dtype())
        return pd.Categorical.from_codes(column.codes, categories=categories, ordered=column.ordered)
    missing = column.missing(rows)
    data = column.data
    if column.type == "float64":
        if missing is not None:
            data[missing] = np.nan
        return data
    if column.type in ("int64", "int32"):
        return data if missing is None else pd.arrays.IntegerArray(data, missing)
    if column.type == "bool":
        flags = data.view(np.bool_)
        return flags if missing is None else pd.arrays.BooleanArray(flags, missing)
    return _times(column, missing)


def _times(column: Column, missing: Array) -> Any:
    if column.type == "date":
        stamps = column.data.astype("datetime64[D]").astype("datetime64[s]")
    else:
        stamps = column.data.view("datetime64[us]")
    if missing is not None:
        stamps[missing] = np.datetime64("NaT")
    if column.type == "datetime" and column.zone:
        return pd.Series(stamps).dt.tz_localize("UTC").dt.tz_convert(column.zone)
    return stamps


def _text_dtype() -> Any:
    """``str`` of pandas 3 kept as Python objects (no second copy), ``object`` before that."""
    if int(pd.__version__.split(".", 1)[0]) < 3:
        return _OBJECT
    return pd.StringDtype(na_value=np.nan)


def _take_texts(column: Column) -> Any:
    levels = np.empty(len(column.offsets), dtype=object)
    levels[:-1] = column.texts()
    levels[-1] = np.nan if _text_dtype() != _OBJECT else None  # code −1 takes the last entry
    values = levels.take(column.codes)
    dtype = _text_dtype()
    return values if dtype == _OBJECT else pd.array(values, dtype=dtype)
