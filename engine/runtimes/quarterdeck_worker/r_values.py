"""Values of a call as R vectors: each field type as the R type that the contract names."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from .failure import Failure
from .r_columns import EXACT, INT32, NA_INTEGER, NA_REAL_BITS, ColumnError, Columns
from .values import moment, number, seconds

_NA = struct.unpack("<d", struct.pack("<Q", NA_REAL_BITS))[0]
_DAY_ZERO = date(1970, 1, 1).toordinal()


class Values:
    """Makes the named list of arguments. ``functions`` are the constructors of ``r_runtime.R``, by name."""

    def __init__(self, functions: Callable[[str], Any], columns: Columns) -> None:
        import rpy2.rinterface as ri

        self.ri = ri
        self.columns = columns
        self._names: tuple[tuple[str, ...], Any] = ((), None)
        self._seconds, self._instant, self._date = (
            functions(name) for name in ("qd_seconds", "qd_instant", "qd_date")
        )
        self._makers: dict[str, Callable[[list[Any]], Any]] = {
            "number": self._floats,
            "percent": self._floats,
            "money": lambda values: self._floats([None if v is None else v["amount"] for v in values]),
            "boolean": lambda values: ri.BoolSexpVector.from_iterable(
                [NA_INTEGER if v is None else v for v in values]
            ),
            "date": lambda values: self._date(
                self._floats([None if v is None else _days(v) for v in values])
            ),
            "date-time": self._instants,
            "duration": lambda values: self._seconds(
                self._floats([None if v is None else seconds(v) for v in values])
            ),
        }

    def arguments(
        self,
        values: Mapping[str, Any],
        tables: Mapping[str, str],
        files: Mapping[str, str],
        warnings: list[str],
    ) -> Any:
        """All arguments of a call. Raises ColumnError for what R cannot hold; ``warnings`` tells of rounding."""
        items: dict[str, Any] = {}
        for name, sent in values.items():
            items[name] = self._value(name, sent, warnings)
        for name, folder in tables.items():
            items[name] = self.columns.read(Path(folder), warnings.append)
        for name, path in files.items():
            items[name] = self.ri.StrSexpVector.from_iterable([path])
        made = self.ri.ListSexpVector.from_iterable(list(items.values()))
        if items:
            names = tuple(items)
            if (
                names != self._names[0]
            ):  # the same from call to call: making the vector costs as much as a value
                self._names = (names, self.ri.StrSexpVector.from_iterable(names))
            made.names = self._names[1]
        return made

    def _value(self, name: str, sent: Mapping[str, Any], warnings: list[str]) -> Any:
        value, kind = sent["value"], sent["type"]
        if value is None:
            return self.ri.NULL
        if kind == "list":
            return self._vector(name, sent.get("item", "text"), value, warnings)
        if kind == "multi-choice":
            return self._strings(value)
        if kind == "duration":
            value = sent.get("seconds", value)
        return self._vector(name, kind, [value], warnings)

    def _vector(self, name: str, kind: str, values: list[Any], warnings: list[str]) -> Any:
        if kind == "integer":
            return self._integers(name, values, warnings)
        if kind == "table":
            raise Failure("bad-input", f"“{name}” is a table and has to come as a column folder.")
        return self._makers.get(kind, self._strings)(values)

    def _integers(self, name: str, values: list[Any], warnings: list[str]) -> Any:
        if all(v is None or -INT32 <= v <= INT32 for v in values):
            return self.ri.IntSexpVector.from_iterable([NA_INTEGER if v is None else v for v in values])
        rounded = [v for v in values if v is not None and abs(v) > EXACT and _float(v) != v]
        if rounded:
            warnings.append(
                f"“{name}” is {rounded[0]}, an integer beyond 2^53 that R cannot hold exactly; it was rounded."
            )
        return self._floats(values)

    def _floats(self, values: list[Any]) -> Any:
        return self.ri.FloatSexpVector.from_iterable([_NA if v is None else _float(v) for v in values])

    def _instants(self, values: list[Any]) -> Any:
        stamps = self._floats([None if v is None else moment(v).timestamp() for v in values])
        return self._instant(stamps, self.ri.StrSexpVector.from_iterable(["UTC"]))

    def _strings(self, values: list[Any]) -> Any:
        for value in values:
            if value is not None and "\0" in str(value):
                raise ColumnError("A text holds a zero character, which R cannot hold. Remove it.")
        return self.ri.StrSexpVector.from_iterable(
            [self.ri.NA_Character if v is None else str(v) for v in values]
        )


def _float(value: Any) -> float:
    """A float of a JSON number, also of "Infinity" and of a decimal text; too large an integer is infinite."""
    try:
        return number(value) if value in ("Infinity", "-Infinity", "NaN") else float(value)
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")


def _days(text: str) -> int:
    return date.fromisoformat(text).toordinal() - _DAY_ZERO
