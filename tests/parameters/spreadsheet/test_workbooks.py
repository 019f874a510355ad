"""What a workbook holds: rules, locked cells, tables, other versions beside; and files that came from elsewhere."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from auth.service import Auth
from engine.access import LOCAL_ADMIN
from engine.errors import Conflict
from engine.parameters.spreadsheet.layout import titles
from tests.parameters.conftest import House
from tests.parameters.making import field
from tests.parameters.sets import HOME, MODEL, SET, person, submit
from tests.parameters.spreadsheet.sheets import content, read, write
from tests.parameters.spreadsheet.test_sheets import column, download, edit, preview, put, row_of, store
from tests.parameters.test_masked_sets import MANIFEST as LETTERS

PRICES: Any = field(
    type="table",
    title="Price list",
    columns={"article": "text", "price": "number", "pack": "integer", "since": "date", "active": "boolean"},
    max_rows=5000,
)
FIELDS = {
    "weeks": field(type="integer", title="Weeks", unit="weeks", minimum=1, maximum=52, help="How many."),
    "margin": field(type="percent", minimum=0, maximum=60, decimals=2, guarded=True),
    "rounding": field(type="choice", choices=[{"value": "99", "label": "To .99"}, "Not, at all"]),
    "freight": field(type="money", currencies=["EUR", "CHF"]),
    "prices": PRICES,
}  # fmt: skip
ROWS = [[f"{n:04d}", n + 0.5, 12, "2026-01-01", True] for n in range(1, 51)]
VALUES: dict[str, Any] = {
    "weeks": 13,
    "margin": 12.5,
    "rounding": "99",
    "freight": {"amount": "91.20", "currency": "EUR"},
    "prices": {"columns": [{"name": n, "type": t} for n, t in PRICES.columns.items()], "rows": ROWS},
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    write(content(FIELDS, VALUES), tmp_path / "a.xlsx")
    return tmp_path / "a.xlsx"


def test_each_cell_has_its_rule_and_only_values_can_be_changed(path: Path) -> None:
    sheet = openpyxl.load_workbook(path)["Values"]
    rules = {str(one.sqref): one for one in sheet.data_validations.dataValidation}
    weeks = rules[f"B{row_of(sheet, 'weeks')}"]
    assert (weeks.type, weeks.operator or "between", weeks.formula1, weeks.formula2) == (
        "whole",
        "between",
        "1",
        "52",
    )
    assert weeks.prompt == "Whole number, 1 to 52.\nHow many."
    assert weeks.error == "This is not allowed here. Whole number, 1 to 52."
    margin = rules[f"B{row_of(sheet, 'margin')}"]
    assert (float(margin.formula1), float(margin.formula2)) == (0.0, 0.6)
    assert "A change needs a second person" in margin.prompt
    assert rules[f"B{row_of(sheet, 'rounding')}"].formula1 == "'_lists'!$A$1:$A$2"
    assert rules[f"C{row_of(sheet, 'freight')}"].formula1 == '"EUR,CHF"'
    assert sheet.protection.sheet
    cells = [cell for row in sheet.iter_rows(min_row=6) for cell in row if not cell.protection.locked]
    unlocked = {cell.coordinate.rstrip("0123456789") for cell in cells}
    assert unlocked == {"B", "C", "E"}  # value, currency, set here or not


def test_hidden_sheets_are_not_to_be_unhidden_by_a_click(path: Path) -> None:
    book = openpyxl.load_workbook(path)
    assert {sheet.title: sheet.sheet_state for sheet in book} == {
        "Values": "visible", "Price list": "visible", "_quarterdeck": "veryHidden", "_lists": "veryHidden",
    }  # fmt: skip


def test_a_tables_rows_are_changed_added_deleted_and_sorted(path: Path) -> None:
    def change(book: Any) -> None:
        sheet = book["Price list"]
        rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=6)]
        del rows[3]
        rows[0][2] = 9.75
        rows = [*rows[10:], *rows[:10], [None, "0051", "1,5", "24", "2026-02-03", "no"]]
        sheet.delete_rows(6, 60)
        for row in rows:
            sheet.append(row)

    made = content(FIELDS, VALUES)
    found = read(edit(path, change), made)
    assert not found.problems
    expected = [*ROWS[11:], ["0001", 9.75, 12, "2026-01-01", True], *ROWS[1:3], *ROWS[4:11]]
    assert found.set["prices"]["rows"] == [*expected, ["0051", 1.5, 24, "2026-02-03", False]]
    assert [number for number, _ in found.rows["prices"]][-3:] == [10, 11, None]


def test_a_wrong_cell_of_a_table_is_named_and_the_table_left_alone(path: Path) -> None:
    def change(book: Any) -> None:
        book["Price list"]["C9"].value = "cheap"
        book["Price list"]["D10"].value = 1.5
        book["Price list"]["H6"].value = "a remark"

    found = read(edit(path, change), content(FIELDS, VALUES))
    assert [one.cell for one in found.problems] == ["C9", "D10"]
    assert found.problems[0].sentence == (
        "Sheet “Price list”, cell C9: price “cheap” is not a number. Enter digits, for instance 12 or 12.5."
    )
    assert found.notices == ["Sheet “Price list”, cell H6: the table has no such column; it was left out."]
    assert found.set == {}


def test_a_column_that_is_gone_is_told(path: Path) -> None:
    found = read(edit(path, lambda book: book["Price list"].delete_cols(3)), content(FIELDS, VALUES))
    assert "The column “price” is missing" in found.problems[0].sentence


def test_a_currency_alone_can_be_changed(path: Path) -> None:
    found = read(put(path, "freight", "CHF", "unit"), content(FIELDS, VALUES))
    assert found.set == {"freight": {"amount": "91.20", "currency": "CHF"}}


def test_titles_of_sheets_are_what_programs_allow_and_each_once() -> None:
    long = "A very long title of a table that goes on and on"
    made = titles(
        [("a", "Prices: 2026/27"), ("b", "prices  2026 27"), ("c", long), ("d", long), ("e", "History")],
        {"Values"},
    )
    assert made["a"] == "Prices  2026 27"
    assert len({title.casefold() for title in made.values()}) == 5
    assert all(len(title) <= 31 for title in made.values())


def test_other_versions_stand_beside_and_change_nothing(house: House, tmp_path: Path) -> None:
    submit(house.auth, house.ada, {"weeks": 20})
    submit(house.auth, house.ada, {"weeks": 26}, base=1)
    path = download(house, house.ada, tmp_path / "b.xlsx", number=2, beside=[f"{SET}@1", SET])
    sheet = openpyxl.load_workbook(path)["Values"]
    row = row_of(sheet, "weeks")
    shown = [sheet.cell(row, column(sheet, mark)).value for mark in ("value", "beside 0", "beside 1")]
    assert (shown, sheet.cell(5, column(sheet, "beside 0")).value) == ([26, 20, 26], f"{SET}@1")
    assert preview(house, path).changes == []


def test_a_file_of_another_set_says_so_and_is_compared_with_the_newest(house: House, tmp_path: Path) -> None:
    submit(house.auth, house.ada, {"weeks": 20})
    house.sets.create(house.ada, MODEL, "winter")
    submit(house.auth, house.ada, {"weeks": 30}, name="winter")
    path = tmp_path / "w.xlsx"
    house.auth.engine.sheets.export(house.ada, MODEL, "winter", path)
    found = preview(house, path)
    assert found.notices[0] == f"The file was downloaded from the set “winter” of the model “{MODEL}”."
    assert [(one.field, one.before, one.after) for one in found.changes] == [("weeks", 20, 30)]


def test_a_preset_goes_through_a_spreadsheet_as_well(house: House, tmp_path: Path) -> None:
    engine, path = house.auth.engine, tmp_path / "p.xlsx"
    house.sets.create(house.dan, MODEL, "~mine")
    engine.sheets.export(house.dan, MODEL, "~mine", path)
    made = engine.sheets.submit(house.dan, MODEL, "~mine", put(path, "weeks", 40), "p.xlsx")
    assert (made.values, made.state) == ({"weeks": 40}, "approved")


def test_who_saw_an_older_version_looks_again(house: House, tmp_path: Path) -> None:
    submit(house.auth, house.ada, {"weeks": 20})
    path = put(download(house, house.ada, tmp_path / "s.xlsx"), "weeks", 30)
    submit(house.auth, house.ben, {"weeks": 20, "floor": 2.0}, base=1)
    with pytest.raises(Conflict, match="look at the differences again"):
        store(house, path, seen=1)
    assert store(house, path, seen=2).values == {"weeks": 30, "floor": 2.0}


def test_an_old_version_as_a_start_brings_only_what_was_changed_in_it(house: House, tmp_path: Path) -> None:
    submit(house.auth, house.ada, {"weeks": 20, "floor": 2.0})
    submit(house.auth, house.ada, {"weeks": 26, "floor": 3.0}, base=1)
    path = put(download(house, house.ada, tmp_path / "o.xlsx", number=1), "weeks", 40)
    with pytest.raises(Conflict, match="You yourself stored version 2"):
        store(house, path)
    assert store(house, path, choose={"weeks": "yours"}).values == {"weeks": 40, "floor": 3.0}


def test_masked_values_are_neither_in_the_file_nor_lost_by_it(auth: Auth, tmp_path: Path) -> None:
    folder, file, path = tmp_path / "letters", tmp_path / "people.csv", tmp_path / "usual.xlsx"
    folder.mkdir()
    (folder / "model.toml").write_text(LETTERS)
    (folder / "model.py").write_text("def write(who, copies):\n    return {'total': copies}\n")
    file.write_text("e_mail,units\nada@example.com,5\nbob@example.com,3\n")
    auth.accounts.add_department(LOCAL_ADMIN, HOME)
    engine, sets = auth.engine, auth.engine.sets
    engine.catalog.register(LOCAL_ADMIN, folder)
    engine.datasets.ingest(LOCAL_ADMIN, "people", file, department=HOME)
    engine.datasets.classify(LOCAL_ADMIN, "people", {"e_mail": "personal"})
    steward, ada = person(auth, "stella", "steward", "editor"), person(auth, "ada", "editor")
    sets.create(ada, "letters", "usual")
    sets.submit(steward, "letters", "usual", {"who": "ada@example.com"}, reason="First.")
    engine.sheets.export(ada, "letters", "usual", path, beside=["usual"])
    with zipfile.ZipFile(path) as archive:
        assert not any(b"example.com" in archive.read(name) for name in archive.namelist())
    put(put(path, "copies", 5), "who", "somebody@example.com")
    made = engine.sheets.submit(ada, "letters", "usual", path, "usual.xlsx", reason="More.")
    assert made.values["copies"] == 5
    assert sets.in_force(steward, "letters", "usual").values == {"who": "ada@example.com", "copies": 5}


def test_values_of_an_older_form_of_the_model_are_written_and_stay(tmp_path: Path) -> None:
    older: dict[str, Any] = {
        "weeks": "a quarter",
        "margin": {"amount": "1.00", "currency": "EUR"},
        "rounding": 3,
        "freight": 91.2,
        "prices": {
            "columns": [{"name": "price", "type": "text"}, {"name": "gone", "type": "text"}],
            "rows": [["cheap", "x"]],
        },
    }  # fmt: skip
    made = content(FIELDS, older)
    write(made, tmp_path / "older.xlsx")
    book = openpyxl.load_workbook(tmp_path / "older.xlsx")
    assert book["Values"]["B6"].value == "a quarter"
    assert [cell.value for cell in book["Price list"][6]][:4] == [1, None, "cheap", None]
    found = read(tmp_path / "older.xlsx", made)
    assert (found.set, found.dropped, found.problems) == ({}, [], [])
