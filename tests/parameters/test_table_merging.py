"""Two planners change one price list: rows and cells of both are kept, what cannot be decided is a conflict."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.parameters.equality import same
from engine.parameters.merging import three_way
from engine.parameters.table_merging import merged_table

LIST = [["apple", 1.0, 10], ["bread", 2.0, 20], ["cheese", 3.0, 30]]


def prices(*rows: list[Any]) -> dict[str, Any]:
    kinds = {"product": "text", "price": "number", "stock": "integer"}
    return {"columns": [{"name": n, "type": k} for n, k in kinds.items()], "rows": list(rows)}


def rows(theirs: list[list[Any]], yours: list[list[Any]], base: list[list[Any]] | None = None) -> Any:
    merged = merged_table(prices(*(base or LIST)), prices(*theirs), prices(*yours))
    return None if merged is None else merged["rows"]


def test_changes_of_different_rows_are_both_kept() -> None:
    apple, bread, cheese = LIST
    assert rows([["apple", 1.5, 10], bread, cheese], [apple, bread, ["cheese", 3.5, 30]]) == [
        ["apple", 1.5, 10], bread, ["cheese", 3.5, 30],
    ]  # fmt: skip


def test_changes_of_different_cells_of_a_row_are_both_kept() -> None:
    _, bread, cheese = LIST
    merged = rows([["apple", 1.5, 10], bread, cheese], [["apple", 1.0, 15], bread, cheese])
    assert merged == [["apple", 1.5, 15], bread, cheese]


def test_added_and_removed_rows_of_both_sides_count() -> None:
    apple, bread, cheese = LIST
    figs, dates = ["figs", 4.0, 40], ["dates", 5.0, 50]
    assert rows([apple, figs, bread, cheese], [apple, bread, dates]) == [apple, figs, bread, dates]


def test_rows_keep_the_order_of_whoever_moved_them() -> None:
    apple, bread, cheese = LIST
    dearer = ["bread", 2.5, 20]
    assert rows([cheese, apple, bread], [apple, dearer, cheese]) == [cheese, apple, dearer]
    assert rows([apple, dearer, cheese], [cheese, apple, bread]) == [cheese, apple, dearer]


@pytest.mark.parametrize(
    ("theirs", "yours"),
    [
        ([["apple", 1.5, 10], *LIST[1:]], [["apple", 1.6, 10], *LIST[1:]]),
        ([["apple", 1.5, 10], *LIST[1:]], LIST[1:]),
        ([*LIST, ["figs", 4.0, 40]], [*LIST, ["figs", 5.0, 40]]),
        ([["pear", 1.0, 10], *LIST[1:]], [["plum", 1.0, 10], *LIST[1:]]),
        ([["pear", 1.0, 10], *LIST[1:]], [["apple", 1.5, 10], *LIST[1:]]),
    ],
    ids=["one cell", "removed and changed", "added twice", "renamed twice", "renamed and changed"],
)
def test_what_only_a_person_can_decide_is_a_conflict(theirs: list[list[Any]], yours: list[list[Any]]) -> None:
    assert rows(theirs, yours) is None
    base, one, other = ({"list": prices(*side)} for side in (LIST, theirs, yours))
    assert three_way(base, one, other).conflicts == ("list",)


def test_rows_that_nothing_tells_apart_are_not_merged() -> None:
    twice = [["apple", 1.0, 10], ["apple", 1.0, 10]]
    assert rows([*twice, ["figs", 4.0, 40]], [["apple", 2.0, 10], *twice], twice) is None


TABLES = st.dictionaries(
    st.sampled_from("abcdef"), st.tuples(st.integers(0, 2).map(float), st.integers(0, 2)), max_size=6
).map(lambda found: prices(*([name, *cells] for name, cells in found.items())))


@given(TABLES, TABLES, TABLES)
def test_a_merge_of_tables_has_every_change_of_either_side(
    base: dict[str, Any], theirs: dict[str, Any], yours: dict[str, Any]
) -> None:
    merged = merged_table(base, theirs, yours)
    if merged is None:
        return
    old, stored, brought, found = (
        {row[0]: row for row in one["rows"]} for one in (base, theirs, yours, merged)
    )
    assert len(found) == len(merged["rows"])
    for name in "abcdef":
        before, now = old.get(name), found.get(name)
        for side in (stored.get(name), brought.get(name)):
            if side is None or before is None or now is None:
                assert same(side, before) or same(side, now)
                continue
            for cell, was, becomes in zip(side, before, now, strict=True):
                assert same(cell, was) or same(cell, becomes)
