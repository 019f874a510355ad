"""Tables side by side, row by row."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from engine.access import LOCAL_ADMIN
from engine.parameters.table_rows import compared
from engine.settings import ROOT
from tests.parameters.conftest import House


def table(rows: list[list[Any]], **columns: str) -> dict[str, Any]:
    columns = columns or {"product": "text", "price": "number"}
    return {"columns": [{"name": n, "type": k} for n, k in columns.items()], "rows": rows}


def test_rows_are_matched_by_the_column_that_tells_them_apart() -> None:
    one = table([["a", 1.0], ["b", 2.0], ["c", 3.0]])
    two = table([["a", 1.0], ["new", 9.0], ["b", 2.5]])
    found = compared([one, two])
    assert found is not None
    assert (found.key, found.equal) == (["product"], 1)
    assert [(row.cells, row.differing) for row in found.rows] == [
        ([None, ["new", 9.0]], ["product", "price"]),
        ([["b", 2.0], ["b", 2.5]], ["price"]),
        ([["c", 3.0], None], ["product", "price"]),
    ]


def test_another_order_of_rows_is_no_difference() -> None:
    found = compared([table([["a", 1.0], ["b", 2.0]]), table([["b", 2.0], ["a", 1.0]])])
    assert found is not None
    assert (found.rows, found.equal) == ([], 2)


def test_two_columns_make_a_key_where_one_does_not() -> None:
    columns = {"region": "text", "product": "text", "units": "integer"}
    rows = [["n", "a", 1], ["n", "b", 2], ["s", "a", 3]]
    found = compared([table(rows, **columns), table([*rows[:2], ["s", "a", 4]], **columns)])
    assert found is not None
    assert (found.key, [row.differing for row in found.rows]) == (["region", "product"], [["units"]])


def test_rows_that_nothing_tells_apart_are_there_or_not() -> None:
    one, two = table([["a", 1.0], ["a", 1.0], ["a", 2.0]]), table([["a", 1.0], ["a", 3.0]])
    found = compared([one, two])
    assert found is not None
    assert (found.key, found.equal) == ([], 1)
    assert [row.cells for row in found.rows] == [
        [["a", 1.0], None],
        [None, ["a", 3.0]],
        [["a", 2.0], None],
    ]


def test_a_column_of_another_model_version_is_empty_where_it_is_not() -> None:
    one = table([["a", 1.0]])
    two = table([["a", 1.0, "x"]], product="text", price="number", note="text")
    found = compared([one, two])
    assert found is not None
    assert (found.columns, found.rows[0].differing) == (["product", "price", "note"], ["note"])


def test_what_is_no_table_is_not_compared_by_rows() -> None:
    assert compared(["•••", table([])]) is None
    assert compared([None, None]) is None


cells = st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from([1.0, 2.0])).map(list), max_size=7)


@given(st.lists(cells, min_size=2, max_size=5))
def test_every_row_of_every_table_is_told_or_counted_as_equal(sides: list[list[list[Any]]]) -> None:
    found = compared([table(rows) for rows in sides])
    assert found is not None
    for n, rows in enumerate(sides):
        told = [row.cells[n] for row in found.rows if row.cells[n] is not None]
        assert len(told) + found.equal == len(rows)
        for row in told:
            assert row in rows


def test_a_comparison_of_sets_tells_the_rows_of_a_table_that_differ(house: House) -> None:
    model = "every-field"
    house.auth.engine.catalog.register(LOCAL_ADMIN, ROOT / "tests/e2e/models/every-field", promote=True)
    house.sets.create(LOCAL_ADMIN, model, "plan")
    for number, weight in enumerate((1.0, 2.0)):
        rows = [["a", weight], ["b", 5.0]]
        values = {"weights": table(rows, product="text", weight="number")}
        house.sets.submit(LOCAL_ADMIN, model, "plan", values, reason="Because.", base=number or None)
    found = house.sets.compare(LOCAL_ADMIN, model, ["plan@1", "plan@2"])
    first = found.groups[0].fields[0]
    assert (first.field, first.differs) == ("weights", True)
    assert first.rows is not None
    assert [row.cells for row in first.rows.rows] == [[["a", 1.0], ["a", 2.0]]]
    assert first.rows.equal == 1
