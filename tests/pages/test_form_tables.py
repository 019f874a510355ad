"""The widget of a table field: a cell that nobody touched stays what it was, to the last digit."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from app.components.form_tables import _begin, edited
from engine.parameters.canonical import validate
from tests.parameters.making import COLUMNS, ROWS, field

TABLE: Any = field(type="table", columns=COLUMNS)
PRICES: Any = field(
    type="table", columns={"article": "text", "price": "number", "pack": "integer", "since": "date"}
)
STORED = [["007", 1.1, 12, "2026-01-01"], ["008", 2.2, 6, None]]


@given(ROWS)
def test_what_nobody_touched_is_the_very_same(rows: list[list[Any]]) -> None:
    stored = validate("x", TABLE, {"columns": list(COLUMNS), "rows": rows})["rows"]
    base = _begin(TABLE, stored)
    assert len(base.frame) == len(stored)
    assert edited(TABLE, base.rows, {}) is stored
    assert edited(TABLE, base.rows, {"deleted_rows": [len(stored)]}) == stored


def test_changed_added_and_deleted_rows_come_together() -> None:
    changes = {
        "edited_rows": {0: {"price": 3, "since": "2026-02-01T00:00:00.000"}},
        "added_rows": [{"_index": 2, "article": "009", "pack": 24}],
        "deleted_rows": [1],
    }
    assert edited(PRICES, STORED, changes) == [["007", 3.0, 12, "2026-02-01"], ["009", None, 24, None]]
    assert STORED[0][1] == 1.1


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("integer", 10**19),
        ("number", "Infinity"),
        ("date-time", "2026-01-01T00:00:00+01:00"),
        ("date", "0999-01-01"),
    ],
)
def test_what_the_editor_would_not_show_exactly_is_edited_as_text(kind: str, value: Any) -> None:
    one: Any = field(type="table", columns={"a": kind})
    base = _begin(one, [[value], [None]])
    assert base.frame["a"][0] == str(value) or kind == "date"


def test_a_number_typed_as_text_is_read_by_the_fields_rules() -> None:
    rows = edited(PRICES, STORED, {"edited_rows": {"1": {"pack": "12345678901234567890"}}})
    value = validate("x", PRICES, {"columns": list(PRICES.columns), "rows": rows})
    assert value["rows"][1][2] == 12345678901234567890
