"""Two people changed the same table: row by row, and within a row cell by cell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from engine.parameters.equality import same
from engine.parameters.table_rows import Row, key_of, name_of, ordered


@dataclass(frozen=True)
class Collision:
    """What both sides changed otherwise: a cell, or a whole row (``column`` is None; None: the row is not there).

    ``row`` are the values that tell the row from others.
    """

    row: Row
    column: str | None
    before: Any
    theirs: Any
    yours: Any


@dataclass(frozen=True)
class TableMerge:
    """A table with both sides' changes; where they collide, ``theirs`` and ``yours`` hold what that side says."""

    theirs: dict[str, Any]
    yours: dict[str, Any]
    collisions: tuple[Collision, ...]


def merged_table(base: Any, theirs: Any, yours: Any) -> TableMerge | None:
    """Bring two changes of a table together. None where rows cannot be matched: one side is a person's choice then.

    They cannot, where a side is no table or has other columns, where rows have no key, and where rows may have been
    renamed on both sides (the same one is gone from both, and each has new ones): taken for different rows, both would
    be kept.
    """
    sides = (base, theirs, yours)
    if not all(isinstance(one, dict) and one.keys() == {"columns", "rows"} for one in sides):
        return None
    if not (same(base["columns"], theirs["columns"]) and same(base["columns"], yours["columns"])):
        return None
    columns = [column["name"] for column in base["columns"]]
    key = key_of(columns, [one["rows"] for one in sides])
    if not key:
        return None
    old, stored, brought = ({name_of(row, key): row for row in one["rows"]} for one in sides)
    if _renamed_twice(old, stored, brought):
        return None
    moved = [name for name in stored if name in old] != [name for name in old if name in stored]
    made: tuple[list[Row], list[Row]] = [], []
    collisions: list[Collision] = []
    for name in ordered([list(stored), list(brought)] if moved else [list(brought), list(stored)]):
        *rows, collided = _row(columns, key, old.get(name), stored.get(name), brought.get(name))
        collisions += collided
        for side, row in zip(made, rows, strict=True):
            if row is not None:
                side.append(row)
    tables = [{"columns": theirs["columns"], "rows": rows} for rows in made]
    return TableMerge(tables[0], tables[1], tuple(collisions))


def _renamed_twice(old: dict[str, Row], stored: dict[str, Row], brought: dict[str, Row]) -> bool:
    gone = old.keys() - stored.keys() - brought.keys()
    return bool(gone and stored.keys() - old.keys() and brought.keys() - old.keys())


def _row(
    columns: Sequence[str], key: Sequence[int], old: Row | None, stored: Row | None, brought: Row | None
) -> tuple[Row | None, Row | None, list[Collision]]:
    """A row with both sides' changes: as they would have it where both collide, as you would, and where that is."""
    if same(stored, old) or same(stored, brought):
        return brought, brought, []
    if same(brought, old):
        return stored, stored, []
    there = stored if stored is not None else brought
    assert there is not None  # else both would be the same
    name = [there[n] for n in key]
    if old is None or stored is None or brought is None:
        return stored, brought, [Collision(name, None, old, stored, brought)]
    both: tuple[Row, Row] = [], []
    collided = []
    for column, before, theirs, yours in zip(columns, old, stored, brought, strict=True):
        if same(theirs, before) or same(yours, before) or same(theirs, yours):
            cell = yours if same(theirs, before) else theirs
            both[0].append(cell)
            both[1].append(cell)
            continue
        collided.append(Collision(name, column, before, theirs, yours))
        both[0].append(theirs)
        both[1].append(yours)
    return *both, collided
