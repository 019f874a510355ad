"""What became of a table's rows: by the numbers that they were downloaded with, else by their contents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.parameters.equality import same
from engine.parameters.row_matching import matched
from engine.parameters.spreadsheet.records import RowChange, TableChange

MOST_SHOWN = 200


def table_change(
    field: str,
    columns: list[str],
    before: Sequence[list[Any]],
    after: Sequence[list[Any]],
    places: Sequence[tuple[int | None, int]] | None = None,
) -> TableChange:
    """Compare two tables. ``places``: for each row of ``after`` its number in ``before`` (from 1) and its sheet row."""
    numbers = [number for number, _ in places] if places is not None else matched(before, after)
    rows = [row for _, row in places] if places is not None else [None] * len(after)
    found: list[RowChange] = []
    for number, row, now in zip(numbers, rows, after, strict=True):
        if number is None:
            found.append(RowChange(field, "added", None, row, None, now))
        elif not same(before[number - 1], now):
            found.append(RowChange(field, "changed", number, row, before[number - 1], now))
    kept = [number for number in numbers if number is not None]
    gone = set(range(1, len(before) + 1)) - set(kept)
    found += [RowChange(field, "removed", n, None, before[n - 1], None) for n in sorted(gone)]
    counts = {kind: sum(one.kind == kind for one in found) for kind in ("changed", "added", "removed")}
    return TableChange(
        field, columns, counts["changed"], counts["added"], counts["removed"], kept != sorted(kept),
        found[:MOST_SHOWN],
    )  # fmt: skip
