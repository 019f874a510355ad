"""Tables side by side, row by row: which rows were added, removed or changed.

Rows are matched by a key: the fewest columns from the left whose values tell the rows of every table apart. Where
there is none (equal rows, empty keys), a row is its own key: it is in a table or it is not.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from engine.parameters.equality import same

Row = list[Any]
MOST_KEYS = 3  # columns that a key is made of at most


@dataclass(frozen=True)
class TableRow:
    """A row that is not the same everywhere: its cells in each table (None: not there), and which columns differ."""

    cells: list[Row | None]
    differing: list[str]


@dataclass(frozen=True)
class ComparedTable:
    """The rows of a table that differ, in the order of the tables, and how many are the same everywhere.

    ``key`` are the columns that rows were matched by; none: whole rows.
    """

    columns: list[str]
    key: list[str]
    rows: list[TableRow]
    equal: int


def compared(tables: Sequence[Any]) -> ComparedTable | None:
    """Tables (``{"columns", "rows"}``; None: no table there) side by side; None where none of them is one."""
    known = [one for one in tables if isinstance(one, dict) and "rows" in one and "columns" in one]
    if not known or any(not isinstance(one, dict) and one is not None for one in tables):
        return None
    columns = list(dict.fromkeys(column["name"] for one in known for column in one["columns"]))
    sides = [None if one is None else _aligned(one, columns) for one in tables]
    key = key_of(columns, [rows for rows in sides if rows is not None])
    return _by_key(columns, sides, key) if key else _whole(columns, sides)


def _aligned(table: dict[str, Any], columns: list[str]) -> list[Row]:
    """Rows with all columns, in one order: tables of two versions of a model may have other ones."""
    names = [column["name"] for column in table["columns"]]
    if names == columns:
        return list(table["rows"])
    places = {name: n for n, name in enumerate(names)}
    return [[row[places[name]] if name in places else None for name in columns] for row in table["rows"]]


def key_of(columns: list[str], sides: list[list[Row]]) -> list[int]:
    """The places of the columns that tell rows apart; empty: none do. Not all columns: those would match nothing.

    An amount is no name of a row: numbers with a fraction never are, whole ones only where no words are.
    """
    for kinds in ((str, bool), (str, bool, int)):
        usable = [
            n for n in range(len(columns)) if all(isinstance(r[n], kinds) for rows in sides for r in rows)
        ]
        for size in range(1, min(MOST_KEYS, len(columns) - 1) + 1):
            for chosen in combinations(usable, size):
                if all(len({name_of(row, chosen) for row in rows}) == len(rows) for rows in sides):
                    return list(chosen)
    return []


def name_of(row: Row, chosen: Sequence[int]) -> str:
    """The values of a row's key, as one text."""
    return json.dumps([row[n] for n in chosen])


def _by_key(columns: list[str], sides: list[list[Row] | None], key: list[int]) -> ComparedTable:
    indexed = [None if rows is None else {name_of(row, key): row for row in rows} for rows in sides]
    found: list[TableRow] = []
    equal = 0
    for name in ordered([list(rows) for rows in indexed if rows is not None]):
        cells = [None if rows is None else rows.get(name) for rows in indexed]
        differing = _differing(columns, cells)
        if differing:
            found.append(TableRow(cells, differing))
        else:
            equal += 1
    return ComparedTable(columns, [columns[n] for n in key], found, equal)


def _whole(columns: list[str], sides: list[list[Row] | None]) -> ComparedTable:
    counted = [None if rows is None else Counter(json.dumps(row) for row in rows) for rows in sides]
    found: list[TableRow] = []
    equal = 0
    for name in ordered([list(rows) for rows in counted if rows is not None]):
        row = json.loads(name)
        counts = [0 if rows is None else rows[name] for rows in counted]
        least = min(counts)
        equal += least
        found += [
            TableRow([row if count > n else None for count in counts], list(columns))
            for n in range(least, max(counts))
        ]
    return ComparedTable(columns, [], found, equal)


def ordered(names: list[list[str]]) -> list[str]:
    """All names in the order of the first table; those of later tables behind the one that they follow there."""
    order: list[str] = []
    for those in names:
        if not order:
            order = list(those)
            continue
        known = set(order)
        behind: dict[str | None, list[str]] = {}
        last: str | None = None
        for name in those:
            if name in known:
                last = name
            else:
                behind.setdefault(last, []).append(name)
        if behind:
            merged = [*behind.get(None, [])]
            for name in order:
                merged += [name, *behind.get(name, [])]
            order = merged
    return order


def _differing(columns: list[str], cells: list[Row | None]) -> list[str]:
    if any(row is None for row in cells):
        return list(columns) if any(row is not None for row in cells) else []
    first = cells[0]
    assert first is not None
    return [
        name
        for n, name in enumerate(columns)
        if not all(row is not None and same(row[n], first[n]) for row in cells[1:])
    ]
