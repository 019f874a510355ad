"""Two people changed the same table: row by row, and within a row cell by cell."""

from __future__ import annotations

from typing import Any

from engine.parameters.equality import same
from engine.parameters.table_rows import Row, key_of, name_of, ordered


def merged_table(base: Any, theirs: Any, yours: Any) -> Any | None:
    """A table with both sides' changes; None where that is a person's choice.

    It is, where both changed one cell to different values, where one side removed a row that the other changed, where
    rows have no key, and where rows may have been renamed on both sides (the same one is gone from both, and each has
    new ones): taken for different rows, both would be kept.
    """
    sides = (base, theirs, yours)
    if not all(isinstance(one, dict) and one.keys() == {"columns", "rows"} for one in sides):
        return None
    if not (same(base["columns"], theirs["columns"]) and same(base["columns"], yours["columns"])):
        return None
    key = key_of([column["name"] for column in base["columns"]], [one["rows"] for one in sides])
    if not key:
        return None
    old, stored, brought = ({name_of(row, key): row for row in one["rows"]} for one in sides)
    if _renamed_twice(old, stored, brought):
        return None
    moved = [name for name in stored if name in old] != [name for name in old if name in stored]
    rows = []
    for name in ordered([list(stored), list(brought)] if moved else [list(brought), list(stored)]):
        fits, row = _row(old.get(name), stored.get(name), brought.get(name))
        if not fits:
            return None
        if row is not None:
            rows.append(row)
    return {"columns": theirs["columns"], "rows": rows}


def _renamed_twice(old: dict[str, Row], stored: dict[str, Row], brought: dict[str, Row]) -> bool:
    gone = old.keys() - stored.keys() - brought.keys()
    return bool(gone and stored.keys() - old.keys() and brought.keys() - old.keys())


def _row(old: Row | None, stored: Row | None, brought: Row | None) -> tuple[bool, Row | None]:
    """Do both sides' changes of a row fit together, and what comes of it (None: it is not there)."""
    if same(stored, old) or same(stored, brought):
        return True, brought
    if same(brought, old):
        return True, stored
    if old is None or stored is None or brought is None:
        return False, stored
    cells = []
    for before, theirs, yours in zip(old, stored, brought, strict=True):
        if not same(theirs, before) and not same(yours, before) and not same(theirs, yours):
            return False, stored
        cells.append(yours if same(theirs, before) else theirs)
    return True, cells
