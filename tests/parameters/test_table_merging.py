"""Two planners change one price list: rows and cells of both are kept, what cannot be decided is a conflict."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.parameters.equality import same
from engine.parameters.merging import THEIRS, YOURS, three_way
from engine.parameters.table_merging import Collision, merged_table

LIST = [["apple", 1.0, 10], ["bread", 2.0, 20], ["cheese", 3.0, 30]]


def prices(*rows: list[Any]) -> dict[str, Any]:
    kinds = {"product": "text", "price": "number", "stock": "integer"}
    return {"columns": [{"name": n, "type": k} for n, k in kinds.items()], "rows": list(rows)}


def rows(theirs: list[list[Any]], yours: list[list[Any]], base: list[list[Any]] | None = None) -> Any:
    merged = merged_table(prices(*(base or LIST)), prices(*theirs), prices(*yours))
    if merged is None or merged.collisions:
        return None
    assert merged.theirs == merged.yours
    return merged.theirs["rows"]


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
    merge = three_way(base, one, other)
    assert merge.conflicts == ("list",)
    assert merge.merged == one  # as it is stored, until somebody chooses


def test_of_a_table_only_what_collides_is_taken_from_one_side() -> None:
    _, bread, cheese = LIST
    theirs = [["apple", 1.5, 10], ["bread", 2.0, 25], cheese]
    yours = [["apple", 1.6, 12], bread, ["cheese", 3.5, 30]]
    merge = three_way(*({"list": prices(*side)} for side in (LIST, theirs, yours)))
    assert merge.tables["list"].collisions == (Collision(["apple"], "price", 1.0, 1.5, 1.6),)
    rest = [["bread", 2.0, 25], ["cheese", 3.5, 30]]
    assert merge.decided("list", THEIRS) == prices(["apple", 1.5, 12], *rest)
    assert merge.decided("list", YOURS) == prices(["apple", 1.6, 12], *rest)


def test_a_row_that_one_side_removed_and_the_other_changed_collides_as_a_whole() -> None:
    apple, bread, _ = LIST
    cheaper = ["cheese", 2.5, 30]
    merge = three_way(*({"list": prices(*side)} for side in (LIST, [apple, bread], [apple, bread, cheaper])))
    assert merge.tables["list"].collisions == (Collision(["cheese"], None, LIST[2], None, cheaper),)
    assert merge.decided("list", THEIRS) == prices(apple, bread)
    assert merge.decided("list", YOURS) == prices(apple, bread, cheaper)


def test_of_tables_whose_rows_cannot_be_matched_one_is_taken_whole() -> None:
    pear, plum = [["pear", 1.0, 10], *LIST[1:]], [["plum", 1.0, 10], *LIST[1:]]
    merge = three_way(*({"list": prices(*side)} for side in (LIST, pear, plum)))
    assert merge.tables == {}
    assert merge.decided("list", THEIRS) == prices(*pear)
    assert merge.decided("list", YOURS) == prices(*plum)


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
    merge = merged_table(base, theirs, yours)
    if merge is None or merge.collisions:
        return
    old, stored, brought, found = (
        {row[0]: row for row in one["rows"]} for one in (base, theirs, yours, merge.theirs)
    )
    assert len(found) == len(merge.theirs["rows"])
    for name in "abcdef":
        before, now = old.get(name), found.get(name)
        for side in (stored.get(name), brought.get(name)):
            if side is None or before is None or now is None:
                assert same(side, before) or same(side, now)
                continue
            for cell, was, becomes in zip(side, before, now, strict=True):
                assert same(cell, was) or same(cell, becomes)


@given(TABLES, TABLES, TABLES)
def test_what_collides_is_as_the_chosen_side_has_it_and_nothing_else_depends_on_the_choice(
    base: dict[str, Any], theirs: dict[str, Any], yours: dict[str, Any]
) -> None:
    merge = merged_table(base, theirs, yours)
    if merge is None:
        return
    for side, made in ((theirs, merge.theirs), (yours, merge.yours)):
        said, found = ({row[0]: row for row in one["rows"]} for one in (side, made))
        for one in merge.collisions:
            (name,) = one.row
            if one.column is None:
                assert same(found.get(name), said.get(name))
            else:
                place = [column["name"] for column in base["columns"]].index(one.column)
                assert same(found[name][place], said[name][place])
    collided = {one.row[0] for one in merge.collisions}
    rest = [[row for row in one["rows"] if row[0] not in collided] for one in (merge.theirs, merge.yours)]
    assert rest[0] == rest[1]
