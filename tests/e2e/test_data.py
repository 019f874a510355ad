"""Datasets in the browser: upload, damaged files, rows, versions, and the way into a form."""

from __future__ import annotations

from pathlib import Path

from tests.e2e.pages import Pages

SALES = "week,brand,units\n2026-01-05,tea,10\n2026-01-12,tea,12.5\n"


def test_a_file_becomes_a_dataset(pages: Pages, tmp_path: Path) -> None:
    file = tmp_path / "Büro Sales 2026.csv"
    file.write_text(SALES)
    pages.open("/datasets")
    pages.page.get_by_text("Upload a new dataset").click()
    pages.page.wait_for_timeout(500)
    pages.upload(file)
    pages.page.wait_for_url("**dataset=buro-sales-2026**")
    pages.sees("Rows 1–2 of 2")
    pages.sees("tea")


def test_a_damaged_file_is_a_sentence_and_nothing_is_kept(pages: Pages, tmp_path: Path) -> None:
    file = tmp_path / "damaged.parquet"
    file.write_bytes(b"PAR1 this is no Parquet file")
    pages.open("/datasets")
    pages.page.get_by_text("Upload a new dataset").click()
    pages.page.wait_for_timeout(500)
    pages.upload(file)
    pages.page.locator(".u-state .qd-note").wait_for()
    assert "damaged.parquet" in pages.page.locator(".u-state").inner_text()
    pages.open("/datasets?dataset=damaged")
    pages.sees("There is no dataset")


def test_an_empty_file_is_refused(pages: Pages, tmp_path: Path) -> None:
    file = tmp_path / "nothing.csv"
    file.write_bytes(b"")
    pages.open("/datasets")
    pages.page.get_by_text("Upload a new dataset").click()
    pages.page.wait_for_timeout(500)
    pages.upload(file)
    pages.sees("nothing.csv is empty")


def test_an_upload_in_the_form_is_chosen_and_shown(pages: Pages, tmp_path: Path) -> None:
    file = tmp_path / "form-sales.csv"
    file.write_text(SALES)
    pages.open("/run-model?model=every-field")
    pages.press("Clear form")
    pages.page.get_by_text("Upload another table").click()
    pages.settle()
    pages.upload(file)
    pages.page.get_by_text("Preview").click()
    pages.sees("First 2 of 2 rows, 3 columns")
    pages.run()
    pages.finish()
    pages.sees("form-sales · version 1")


def test_a_table_that_does_not_fit_is_said_plainly(pages: Pages, tmp_path: Path) -> None:
    file = tmp_path / "misfit.csv"
    file.write_text("week,product,units\nsoon,tea,10\n")
    pages.open("/run-model?model=every-field")
    pages.press("Clear form")
    pages.page.get_by_text("Upload another table").click()
    pages.settle()
    pages.upload(file)
    pages.sees("This table does not fit")
    pages.sees("brand")
    pages.press("Run model")
    assert "/run-model" in pages.page.url
