"""Pages, samples and distinct values of stored Parquet files, by DuckDB in memory.

One in-memory instance for the process, a cursor per call, memory and threads limited; it reads the columns
and row groups that the answer needs, so the server does not grow with the table.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from engine.data.classes import refuse_masked
from engine.data.coltypes import ColumnInfo, schema_of
from engine.data.duck import connect
from engine.data.filters import Filter, FilterLike, column_of, quoted, where
from engine.errors import Invalid, Problem

__all__ = ["Filter", "FilterLike", "TablePage", "Warehouse"]

MEMORY = "256MB"  # what sorting five million rows needs; more rows than that are sorted in parts on the disk
COLUMNS_AT_ONCE = 64  # a reader holds a row group of each: hundreds would not fit into the memory
MOST_ROWS = 10_000
REMEMBERED = 256


@dataclass(frozen=True)
class TablePage:
    """Rows of one page (natural Python values) and the number of rows that match the filters."""

    columns: Sequence[ColumnInfo]
    rows: Sequence[Sequence[Any]]
    total: int


class Warehouse:
    """Reads any stored Parquet file; safe from any thread."""

    def __init__(self, spill: Path | None = None, *, threads: int = 2, memory: str = MEMORY) -> None:
        self._spill = spill / "duckdb" if spill else None
        self._threads, self._memory = threads, memory
        self._guard = threading.Lock()
        self._database: Any = None
        self._totals: OrderedDict[Any, int] = OrderedDict()
        self._schemas: OrderedDict[Path, tuple[int, Sequence[ColumnInfo]]] = OrderedDict()

    def schema(self, path: Path) -> Sequence[ColumnInfo]:
        """The columns of a Parquet file."""
        return self._described(path)[1]

    def page(
        self,
        path: Path,
        *,
        offset: int = 0,
        limit: int = 100,
        sort: str | None = None,
        descending: bool = False,
        filters: Sequence[FilterLike] = (),
        columns: Sequence[str] | None = None,
    ) -> TablePage:
        """One page, sorted and filtered over the whole table; ties keep the file's order, missing come last.

        Raises Invalid for a column, operator or value that does not fit.
        """
        rows, known = self._described(path)
        by_name = {c.name: c for c in known}
        shown = [column_of(c, by_name) for c in columns] if columns else list(known)
        offset, limit = max(0, int(offset)), min(max(0, int(limit)), MOST_ROWS)
        condition, values = where(filters, known)
        key = column_of(sort, by_name) if sort else None
        if key is not None:
            refuse_masked(key, "sort")
        with self._cursor() as cursor:
            total = self._total(cursor, path, rows, condition, values)
            if offset >= total or limit == 0:
                return TablePage(shown, [], total)
            numbers = self._numbers(cursor, path, total, offset, limit, key, descending, condition, values)
            found = self._rows(cursor, path, shown, numbers)
        return TablePage(shown, found, total)

    def distinct(self, path: Path, column: str, limit: int = 1000) -> list[Any]:
        """The distinct present values of a column, sorted; at most ``limit``."""
        known = {c.name: c for c in self.schema(path)}
        found = column_of(column, known)
        refuse_masked(found, "list values")
        name = quoted(found.name)
        query = f"SELECT DISTINCT {name} FROM read_parquet(?) WHERE {name} IS NOT NULL ORDER BY 1 LIMIT {int(limit)}"
        return [row[0] for row in self.query(query, [str(path)])[1]]

    def sample(self, path: Path, count: int = 1000, seed: int = 1) -> TablePage:
        """A random sample of rows, the same for the same seed, in the file's order."""
        import random

        rows, known = self._described(path)
        numbers = sorted(random.Random(seed).sample(range(rows), min(count, rows)))  # noqa: S311
        with self._cursor() as cursor:
            return TablePage(known, self._rows(cursor, path, list(known), numbers), rows)

    def query(self, sql: str, values: Sequence[Any] = ()) -> tuple[list[str], list[list[Any]]]:
        """Run our own SQL (never a person's): column names and rows."""
        with self._cursor() as cursor:
            table = cursor.sql(sql, params=list(values)).to_arrow_table()
        columns = [c.to_pylist() for c in table.itercolumns()]
        return table.column_names, [list(r) for r in zip(*columns, strict=True)]

    def close(self) -> None:
        """Free DuckDB's memory."""
        with self._guard:
            if self._database is not None:
                self._database.close()
                self._database = None

    @contextmanager
    def _cursor(self) -> Iterator[Any]:
        import duckdb

        with self._guard:
            if self._database is None:
                self._database = connect(self._spill, threads=self._threads, memory=self._memory)
            cursor = self._database.cursor()
        try:
            yield cursor
        except duckdb.OutOfMemoryException as error:
            sentence = "The table is too large to be sorted like this here. Filter it first, or download it."
            raise Invalid("the table", [Problem("sort", sentence)]) from error
        finally:
            cursor.close()

    def _described(self, path: Path) -> tuple[int, Sequence[ColumnInfo]]:
        import pyarrow.parquet as pq

        with self._guard:
            known = self._schemas.get(path)
        if known is None:
            file = pq.ParquetFile(path)
            known = (file.metadata.num_rows, tuple(schema_of(file.schema_arrow)))
            file.close()
            with self._guard:
                _remember(self._schemas, path, known)
        return known

    def _total(self, cursor: Any, path: Path, rows: int, condition: str, values: list[Any]) -> int:
        if not condition:
            return rows
        key = (path, condition, repr(values))
        if (known := self._totals.get(key)) is None:
            sql = f"SELECT count(*) FROM read_parquet(?) {condition}"
            known = int(cursor.execute(sql, [str(path), *values]).fetchone()[0])
            with self._guard:
                _remember(self._totals, key, known)
        return known

    def _numbers(
        self,
        cursor: Any,
        path: Path,
        total: int,
        offset: int,
        limit: int,
        key: ColumnInfo | None,
        descending: bool,
        condition: str,
        values: list[Any],
    ) -> list[int]:
        """Row numbers of the page: only the sort column and the filtered ones are read for it."""
        if key is None and not condition:
            return list(range(offset, min(offset + limit, total)))
        count = min(limit, total - offset)
        order, backwards = "file_row_number", False
        if key is not None:
            backwards = offset + count > total - offset  # nearer to the end: sort the other way round
            direction = "DESC" if descending != backwards else "ASC"
            nulls, ties = ("FIRST", "DESC") if backwards else ("LAST", "ASC")
            order = f"{quoted(key.name)} {direction} NULLS {nulls}, file_row_number {ties}"
        start = total - offset - count if backwards else offset
        sql = (
            f"SELECT file_row_number FROM read_parquet(?, file_row_number=true) {condition} "
            f"ORDER BY {order} LIMIT {count} OFFSET {start}"
        )
        found = [int(r[0]) for r in cursor.execute(sql, [str(path), *values]).fetchall()]
        return found[::-1] if backwards else found

    def _rows(
        self, cursor: Any, path: Path, shown: Sequence[ColumnInfo], numbers: Sequence[int]
    ) -> list[list[Any]]:
        """Those rows, in that order."""
        if not numbers:
            return []
        listed = ", ".join(map(str, sorted(numbers)))
        chosen = (
            f"WHERE file_row_number BETWEEN {min(numbers)} AND {max(numbers)} AND file_row_number IN ({listed}) "
            "ORDER BY file_row_number"
        )
        columns = [
            values
            for first in range(0, len(shown), COLUMNS_AT_ONCE)
            for values in self._cells(cursor, path, shown[first : first + COLUMNS_AT_ONCE], chosen)
        ]
        place = {number: n for n, number in enumerate(sorted(numbers))}
        return [[values[place[n]] for values in columns] for n in numbers]

    def _cells(
        self, cursor: Any, path: Path, shown: Sequence[ColumnInfo], chosen: str
    ) -> list[Sequence[Any]]:
        """Values by column. Columns that do not fit into the memory together are read one half after the other."""
        import duckdb

        names = ", ".join(quoted(c.name) for c in shown)
        sql = f"SELECT {names} FROM read_parquet(?, file_row_number=true) {chosen}"
        try:
            table = cursor.sql(sql, params=[str(path)]).to_arrow_table()
        except duckdb.OutOfMemoryException:
            if len(shown) == 1:
                raise
            half = len(shown) // 2
            return [
                *self._cells(cursor, path, shown[:half], chosen),
                *self._cells(cursor, path, shown[half:], chosen),
            ]
        return [_in_zone(table.column(n).to_pylist(), c.zone) for n, c in enumerate(shown)]


def _in_zone(values: list[Any], zone: str) -> list[Any]:
    """Instants as clock time of the column's own zone (aware)."""
    if not zone or zone == "UTC":
        return values
    try:
        there = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError):
        return values
    return [v.astimezone(there) if isinstance(v, datetime) else v for v in values]


def _remember(store: OrderedDict[Any, Any], key: Any, value: Any) -> None:
    store[key] = value
    if len(store) > REMEMBERED:
        store.popitem(last=False)
