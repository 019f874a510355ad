"""The spreadsheet round trip in a browser: download, edit with another program, upload, see the differences, store."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.pages import Pages
from tests.parameters.spreadsheet.test_sheets import edit, put

NewPages = Callable[..., Pages]
MODEL, ROWS = "every-field", 2000
COLUMNS = [{"name": "product", "type": "text"}, {"name": "weight", "type": "number"}]
PRODUCTS = [[f"{n:06d}", n + 0.25] for n in range(1, ROWS + 1)]
VALUES = {"horizon": 20, "weights": {"columns": COLUMNS, "rows": PRODUCTS}}


@pytest.fixture
def editor(new_pages: NewPages) -> Pages:
    return new_pages(who="e2e-sheets", roles=("editor@Tests",))


def ask(pages: Pages, path: str, **body: Any) -> Any:
    """Send something to the API, as the person in the browser."""
    address = f"{pages.address}/api/v1/models/{MODEL}/sets{path}"
    answer = pages.page.request.post(address, data=body, headers={"Origin": pages.address})
    assert answer.status == 201, answer.text()
    return answer.json()


def in_force(pages: Pages, name: str) -> Any:
    """The values that hold today."""
    return pages.page.request.get(f"{pages.address}/api/v1/models/{MODEL}/sets/{name}/in-force").json()[
        "values"
    ]


def made(pages: Pages, name: str, tmp_path: Path) -> Path:
    """A set with a table of 2,000 rows, downloaded from its page."""
    pages.open("/params")
    ask(pages, "", name=name, title=f"Set {name}")
    ask(pages, f"/{name}/versions", values=VALUES, reason="The first ones.")
    tab(pages, name)
    path = tmp_path / "plan.xlsx"
    pages.sees("Download XLSX")
    pages.settle()
    path.write_bytes(pages.download("Download XLSX").read_bytes())
    return path


def tab(pages: Pages, name: str) -> None:
    """The set's page with its spreadsheet tab."""
    pages.open(f"/params-set?model={MODEL}&set={name}&tab=Spreadsheet")


def test_a_set_with_two_thousand_rows_goes_through_a_spreadsheet_and_back(
    editor: Pages, tmp_path: Path
) -> None:
    file = put(made(editor, "round-trip", tmp_path), "horizon", 30)

    def rows(book: Any) -> None:
        sheet = book["Weights"]
        sheet.cell(6, 3).value = 9.5
        sheet.delete_rows(1000, 2)
        sheet.append([None, "=1+1 tea", 3.5])
        sheet.cell(sheet.max_row, 2).data_type = "s"

    editor.upload(edit(file, rows))
    editor.sees("“plan.xlsx” was downloaded from version 1.")
    for told in (
        "+10 weeks",
        "1 changed, 1 added, 2 removed",
        "weight: 1.25 arrow_forward 9.5",
        "000995",
        "=1+1 tea",
    ):
        editor.reads(told)
    editor.page.reload()
    editor.sees("“plan.xlsx” was downloaded from version 1.")  # what was uploaded is not lost
    editor.settle()
    editor.type("Reason", "Prices of the spring catalogue.")
    editor.press("Save as a new version")
    editor.sees("Version 2 holds from")
    editor.sees("Prices of the spring catalogue.")
    expected = [["000001", 9.5], *PRODUCTS[1:994], *PRODUCTS[996:], ["=1+1 tea", 3.5]]
    held = in_force(editor, "round-trip")
    assert held == {"horizon": 30, "weights": {"columns": COLUMNS, "rows": expected}}


def test_wrong_cells_are_told_and_mended_on_the_edit_page(editor: Pages, tmp_path: Path) -> None:
    file = put(put(made(editor, "wrong-cells", tmp_path), "horizon", 99), "growth", 0.04)
    editor.upload(file)
    editor.sees("1 cell cannot be taken as it is")
    editor.sees("Sheet “Values”, cell B8: Weeks ahead 99 must be between 1 and 52 weeks. Enter at most 52.")
    editor.press("Continue on the edit page")
    editor.holds("Weeks ahead", "99")
    editor.holds("Growth", "4 %")
    editor.type("Weeks ahead", "52")
    editor.type("Reason (kept with the version)", "Mended.")
    editor.press("Save version")
    editor.sees("Version 2 is saved and holds from")
    held = in_force(editor, "wrong-cells")
    assert (held["horizon"], held["growth"], len(held["weights"]["rows"])) == (52, 4.0, ROWS)


def test_both_sides_of_a_change_are_shown_and_one_is_chosen(editor: Pages, tmp_path: Path) -> None:
    file = put(made(editor, "both-sides", tmp_path), "horizon", 30)
    ask(
        editor,
        "/both-sides/versions",
        values={**VALUES, "horizon": 25, "price": 4.0},
        reason="Theirs.",
        base=1,
    )
    tab(editor, "both-sides")
    editor.upload(file)
    editor.sees("Others changed the set since the download")
    editor.page.get_by_text("in the file: 30 weeks").click()
    editor.settle()
    editor.type("Reason", "Longer.")
    editor.press("Save as a new version")
    editor.sees("Version 3 holds from")
    held = in_force(editor, "both-sides")
    assert (held["horizon"], held["price"]) == (30, 4.0)


def test_of_a_table_that_both_changed_only_the_cells_that_collide_are_asked_for(
    editor: Pages, tmp_path: Path
) -> None:
    def rows(book: Any) -> None:
        book["Weights"].cell(6, 3).value = 9.5
        book["Weights"].cell(7, 3).value = 8.5

    file = edit(made(editor, "both-rows", tmp_path), rows)
    theirs = [["000001", 7.5], *PRODUCTS[1:5], ["000006", 6.5], *PRODUCTS[6:]]
    weights = {"columns": COLUMNS, "rows": theirs}
    ask(editor, "/both-rows/versions", values={**VALUES, "weights": weights}, reason="Theirs.", base=1)
    tab(editor, "both-rows")
    editor.upload(file)
    editor.reads("000001: weight 1.25 7.5 9.5")
    editor.page.get_by_text("Take yours there").click()
    editor.settle()
    editor.type("Reason", "Both of us.")
    editor.press("Save as a new version")
    editor.sees("Version 3 holds from")
    expected = [["000001", 9.5], ["000002", 8.5], *theirs[2:]]
    assert in_force(editor, "both-rows")["weights"]["rows"] == expected
