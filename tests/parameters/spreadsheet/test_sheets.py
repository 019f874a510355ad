"""Download a set, edit it in a spreadsheet, upload it: only what was changed changes, by the same path as typing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from engine.access import Actor
from engine.errors import Invalid, Refused
from engine.parameters.merging import ChangedMeanwhile
from tests.parameters.conftest import House
from tests.parameters.sets import MODEL, SET, submit

VALUES = {"floor": 2.5, "weeks": 26}


def download(house: House, actor: Actor, path: Path, **more: Any) -> Path:
    """The set as a workbook."""
    house.auth.engine.sheets.export(actor, MODEL, SET, path, **more)
    return path


def row_of(sheet: Any, name: str) -> int:
    """The row of a parameter in the first sheet, by its name."""
    return next(
        row for row in range(1, sheet.max_row + 1) if sheet.cell(row, column(sheet, "name")).value == name
    )


def column(sheet: Any, mark: str) -> int:
    """The column that is marked so in the hidden row."""
    return next(at for at in range(1, sheet.max_column + 1) if sheet.cell(4, at).value == mark)


def edit(path: Path, change: Callable[[Any], None]) -> Path:
    """Open, change and save the file with another program."""
    book = openpyxl.load_workbook(path)
    change(book)
    book.save(path)
    return path


def put(path: Path, name: str, value: Any, mark: str = "value") -> Path:
    """Type into the row of a parameter."""

    def change(book: Any) -> None:
        sheet = book["Values"]
        sheet.cell(row_of(sheet, name), column(sheet, mark)).value = value

    return edit(path, change)


@pytest.fixture
def file(house: House, tmp_path: Path) -> Path:
    """Version 1, downloaded by ada."""
    submit(house.auth, house.ada, VALUES)
    return download(house, house.ada, tmp_path / "summer.xlsx")


def preview(house: House, path: Path, actor: Actor | None = None) -> Any:
    return house.auth.engine.sheets.preview(actor or house.ada, MODEL, SET, path, path.name)


def store(house: House, path: Path, actor: Actor | None = None, **more: Any) -> Any:
    given = {"reason": "From the sheet.", **more}
    return house.auth.engine.sheets.submit(actor or house.ada, MODEL, SET, path, path.name, **given)


def test_an_edited_value_becomes_a_version_with_the_file_as_its_source(house: House, file: Path) -> None:
    put(file, "floor", 3.75)
    found = preview(house, file)
    assert [(line.field, line.before, line.after) for line in found.changes] == [("floor", 2.5, 3.75)]
    assert found.ready
    made = store(house, file)
    assert made.number == 2
    assert made.values == {"floor": 3.75, "weeks": 26}
    assert made.sources == {"floor": "xlsx:summer.xlsx"}


def test_a_file_that_was_not_edited_changes_nothing(house: House, file: Path) -> None:
    edit(file, lambda book: None)
    assert preview(house, file).changes == []
    with pytest.raises(Invalid, match=r"Nothing in “summer\.xlsx” differs"):
        store(house, file)


def test_a_guarded_change_waits_for_a_second_person(house: House, file: Path) -> None:
    made = store(house, put(file, "margin", 0.25))
    assert made.state == "in-review"
    assert made.values["margin"] == 25.0


def test_a_value_can_inherit_again_and_be_set_again(house: House, file: Path) -> None:
    made = store(house, put(file, "weeks", "inherit", "holds"))
    assert made.values == {"floor": 2.5}
    again = download(house, house.ada, file)
    assert store(house, put(again, "weeks", "set here", "holds")).values == {"floor": 2.5, "weeks": 13}


def test_a_wrong_value_is_told_with_sheet_cell_rule_and_remedy(house: House, file: Path) -> None:
    put(file, "floor", 200)
    found = preview(house, file)
    assert [one.sentence for one in found.problems] == [
        "Sheet “Values”, cell B8: Price floor 200 must be at most 100. Enter at most 100."
    ]
    assert found.wrong == {"floor": "200"}
    with pytest.raises(Invalid) as failure:
        store(house, file)
    assert failure.value.problems[0].where == "Values!B8"


def test_the_models_rules_are_checked_over_the_whole(house: House, file: Path) -> None:
    put(file, "floor", 50)
    assert [one.sentence for one in preview(house, file).problems] == [
        "The price floor must not be above the list price."
    ]


def test_a_formula_gives_its_last_result_and_says_so(house: House, file: Path) -> None:
    put(file, "floor", "=1+2")
    assert "formula without a result" in preview(house, file).problems[0].sentence


def test_a_percentage_without_its_sign_is_asked(house: House, file: Path) -> None:
    def change(book: Any) -> None:
        cell = book["Values"].cell(row_of(book["Values"], "margin"), 2)
        cell.value, cell.number_format = 12.5, "General"

    assert "lacks the percent sign" in preview(house, edit(file, change)).problems[0].sentence
    assert store(house, put(file, "margin", "12.5 %")).values["margin"] == 12.5


def test_what_another_stored_meanwhile_stays(house: House, file: Path) -> None:
    submit(house.auth, house.ben, {**VALUES, "weeks": 30}, base=1)
    put(file, "floor", 3.0)
    found = preview(house, file)
    assert [(one.number, one.changed) for one in found.meanwhile] == [(2, ["weeks"])]
    assert store(house, file).values == {"floor": 3.0, "weeks": 30}


def test_a_field_changed_by_both_is_decided_by_a_person(house: House, file: Path) -> None:
    submit(house.auth, house.ben, {**VALUES, "floor": 4.0}, base=1)
    put(file, "floor", 3.0)
    (conflict,) = preview(house, file).conflicts
    assert (conflict.theirs, conflict.yours) == (4.0, 3.0)
    with pytest.raises(ChangedMeanwhile, match="Ben stored version 2"):
        store(house, file)
    assert store(house, file, choose={"floor": "yours"}).values["floor"] == 3.0


def test_rows_may_be_sorted_deleted_and_the_sheet_renamed(house: House, file: Path) -> None:
    def change(book: Any) -> None:
        sheet = book["Values"]
        rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=6)]
        for n, row in enumerate(reversed(rows), 6):
            for at, value in enumerate(row, 1):
                sheet.cell(n, at).value = value
        sheet.delete_rows(row_of(sheet, "weeks"))
        sheet.cell(row_of(sheet, "floor"), 2).value = 3.0
        sheet.title = "My values"

    found = preview(house, edit(file, change))
    assert [line.field for line in found.changes] == ["floor"]
    assert found.notices == ["The row is not in the file, and left as stored: Weeks ahead."]


def test_a_file_without_its_hidden_sheet_is_compared_with_the_newest(house: House, file: Path) -> None:
    def change(book: Any) -> None:
        del book["_quarterdeck"]

    put(edit(file, change), "floor", 3.0)
    found = preview(house, file)
    assert "hidden sheet" in found.notices[0]
    assert [line.field for line in found.changes] == ["floor"]


def test_who_may_not_change_the_set_cannot_upload(house: House, file: Path) -> None:
    with pytest.raises(Refused):
        preview(house, file, house.dan)


def test_places_inherit_and_say_from_where(house: House, tmp_path: Path) -> None:
    submit(house.auth, house.ada, VALUES)
    house.sets.set_place(house.ada, MODEL, SET, "DE", "Germany", "EUR")
    path = download(house, house.ada, tmp_path / "de.xlsx", place="DE")
    sheet = openpyxl.load_workbook(path)["Values"]
    row = row_of(sheet, "weeks")
    assert [sheet.cell(row, column(sheet, mark)).value for mark in ("value", "holds", "origin")] == [
        26, "inherit", "company",
    ]  # fmt: skip
    made = store(house, put(path, "weeks", 40))
    assert (made.place, made.values) == ("DE", {"weeks": 40})
