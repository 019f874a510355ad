"""What single cells say: days never move, texts stay texts, and what a sheet could have changed is asked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.utils.datetime import MAC_EPOCH

from tests.parameters.making import field
from tests.parameters.spreadsheet.sheets import content, read, write

TODAY = {"x": field(type="date", title="Start")}


def typed(path: Path, one: Any, value: Any, typed_: Any, shown: str | None = None, **book: Any) -> Any:
    """What is read where a person types something over a value."""
    made = content({"x": one}, {"x": value})
    write(made, path)
    opened = openpyxl.load_workbook(path)
    cell = opened["Values"]["B6"]
    cell.value = typed_
    if shown is not None:
        cell.number_format = shown
    for name, said in book.items():
        setattr(opened, name, said)
    opened.save(path)
    return read(path, made, "Europe/Berlin")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.xlsx"


@pytest.mark.parametrize(
    ("kind", "before", "typed_", "shown", "value"),
    [
        ({"type": "date"}, "2026-01-01", datetime(2026, 3, 29), None, "2026-03-29"),
        ({"type": "date"}, "2026-01-01", datetime(2026, 3, 29), "d/m/yy", "2026-03-29"),
        ({"type": "date"}, "2026-01-01", datetime(1900, 3, 1), None, "1900-03-01"),
        ({"type": "date"}, "2026-01-01", datetime(9999, 12, 31), None, "9999-12-31"),
        ({"type": "date"}, "2026-01-01", "29.3.2026", None, "2026-03-29"),
        ({"type": "date"}, "2026-01-01", "today-7d", None, "today-7d"),
        ({"type": "date-time"}, "2026-01-01T00:00:00+00:00", datetime(2026, 7, 1, 14, 30), "yyyy-mm-dd hh:mm",
         "2026-07-01T14:30:00+02:00"),
        ({"type": "duration"}, "PT1H", time(1, 30), "h:mm", "PT1H30M"),
        ({"type": "duration"}, "PT1H", timedelta(hours=26), "[h]:mm", "P1DT2H"),
        ({"type": "duration"}, "PT1H", "90 min", None, "PT1H30M"),
        ({"type": "period", "granularity": "month"}, "2026-01", datetime(2026, 7, 1), "mmm yy", "2026-07"),
        ({"type": "period"}, "2026", 2027, None, "2027"),
        ({"type": "percent"}, 12.5, 0.07, None, 7.0),
        ({"type": "percent", "scale": "fraction"}, 0.1, 0.07, None, 0.07),
        ({"type": "percent"}, 12.5, "7 %", None, 7.0),
        ({"type": "money", "currency": "EUR"}, {"amount": "1.00", "currency": "EUR"}, 19.989999999999998, None,
         {"amount": "19.99", "currency": "EUR"}),
        ({"type": "money", "currency": "EUR"}, {"amount": "1.00", "currency": "EUR"}, "1.234,50 €", None,
         {"amount": "1234.50", "currency": "EUR"}),
        ({"type": "integer"}, 3, 4.000000000000001, None, 4),
        ({"type": "integer"}, 3, "12345678901234567890", None, 12345678901234567890),
        ({"type": "number"}, 1.0, 0.30000000000000004, None, 0.3),  # openpyxl writes 16 digits
        ({"type": "number"}, 1.0, "1.234,56", None, 1234.56),
        ({"type": "text"}, "tea", 7, None, "7"),
        ({"type": "text"}, "tea", "007", "@", "007"),
        ({"type": "boolean"}, True, False, None, False),
        ({"type": "boolean"}, True, "nein", None, False),
        ({"type": "boolean"}, True, 0, None, False),
        ({"type": "choice", "choices": [{"value": "n", "label": "North"}, "7"]}, "n", 7, None, "7"),
        ({"type": "multi-choice", "choices": ["a", "b"]}, ["a"], "b; a", None, ["b", "a"]),
        ({"type": "list", "item": "number"}, [1.0], "1,5; 2", None, [1.5, 2.0]),
        ({"type": "list", "item": "number"}, [1.0], 7, None, [7.0]),
    ],
)  # fmt: skip
def test_what_people_type_is_taken(
    kind: Any, before: Any, typed_: Any, shown: Any, value: Any, path: Path
) -> None:
    found = typed(path, field(**kind), before, typed_, shown)
    assert not found.problems, found.problems
    assert found.set == {"x": value}


@pytest.mark.parametrize(
    ("kind", "before", "typed_", "shown", "told"),
    [
        ({"type": "date"}, "2026-01-01", 46000, "General", "is a number without the format of a date"),
        ({"type": "date"}, "2026-01-01", datetime(2026, 1, 2, 8), None, "has a time of day (08:00:00)"),
        ({"type": "date"}, "2026-01-01", "03/04/2026", None, "could mean 2026-03-04 or 2026-04-03"),
        ({"type": "percent"}, 12.5, 13, "General", "lacks the percent sign"),
        ({"type": "number"}, 1.0, "1,234", None, "could mean 1234 or 1.2340"),
        ({"type": "number"}, 1.0, "#DIV/0!", None, "shows the error #DIV/0!"),
        ({"type": "number"}, 1.0, True, None, "is true or false here"),
        ({"type": "number"}, 1.0, datetime(2026, 1, 2), "yyyy-mm-dd", "is the date 2026-01-02 here"),
        ({"type": "integer"}, 1, 1.5, None, "is not a whole number"),
        ({"type": "integer"}, 1, 12345678901234567, None, "has more than 15 digits"),
        ({"type": "text"}, "tea", 12345678901234567, None, "more than 15 digits"),
        ({"type": "text"}, "tea", datetime(2026, 1, 2), "yyyy-mm-dd", "is the date 2026-01-02 here"),
        ({"type": "period"}, "2026-Q1", datetime(2026, 7, 2), "yyyy-mm-dd", "is the date 2026-07-02 here"),
        ({"type": "choice", "choices": ["a", "b"]}, "a", "c", None, "is not one of the choices"),
        ({"type": "number"}, 1.0, None, None, "is empty. Enter a value, or choose “inherit”"),
    ],
)  # fmt: skip
def test_what_could_mean_something_else_is_asked(
    kind: Any, before: Any, typed_: Any, shown: Any, told: str, path: Path
) -> None:
    found = typed(path, field(**kind), before, typed_, shown)
    assert not found.set
    assert told in found.problems[0].sentence
    assert found.problems[0].sentence.startswith("Sheet “Values”, cell B6: ")


def test_a_calendar_that_counts_from_1904_moves_no_day(path: Path) -> None:
    found = typed(path, TODAY["x"], "2026-01-01", datetime(2026, 3, 29), epoch=MAC_EPOCH)
    assert found.set == {"x": "2026-03-29"}


def test_an_optional_value_can_be_emptied(path: Path) -> None:
    assert typed(path, field(type="number", required=False), 2.0, None).set == {"x": None}
    assert typed(path, field(type="list", item="number"), [2.0], None).set == {"x": []}


def test_text_that_begins_like_a_formula_is_text(path: Path) -> None:
    fields = {"x": field(type="text"), "y": field(type="table", columns={"=a": "text", "b": "text"})}
    columns = [{"name": "=a", "type": "text"}, {"name": "b", "type": "text"}]
    rows = {"columns": columns, "rows": [["=1+1", "@x"], ["+1", "-1"]]}
    write(content(fields, {"x": "=SUM(A1)", "y": rows}), path)
    sheets = openpyxl.load_workbook(path)
    assert all(cell.data_type != "f" for sheet in sheets for row in sheet for cell in row)


@pytest.mark.parametrize("change", [lambda t: t, lambda t: t + "\n"])
def test_a_text_too_long_for_a_cell_stays_as_it_is(change: Callable[[str], str], path: Path) -> None:
    long = change("ä" * 40_000)
    made = content({"x": field(type="text"), "y": field(type="text")}, {"x": long, "y": "tea"})
    write(made, path)
    assert "too long for a cell" in openpyxl.load_workbook(path)["Values"]["B6"].value
    assert read(path, made).set == {}
