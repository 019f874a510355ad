"""Runs: they go on without the browser, can be cancelled, repeated, edited and shared."""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Callable

from tests.e2e.pages import Pages


def test_a_run_goes_on_when_the_browser_is_closed(new_pages: Callable[..., Pages]) -> None:
    first = new_pages()
    first.open("/run-model?model=tiny-slow")
    first.type("Seconds", "4")
    run = first.run()
    first.page.close()
    second = new_pages()
    second.open(f"/run?run={run}")
    second.finish(seconds=30)
    assert second.metric("Slept") == 4


def test_progress_and_log_are_live(pages: Pages) -> None:
    pages.open("/run-model?model=tiny-slow")
    pages.type("Seconds", "5")
    pages.run()
    pages.page.locator(".p-text").filter(has_text="sleeping").wait_for()
    pages.page.locator(".qd-log").filter(has_text="begins").wait_for()
    pages.sees("elapsed")
    pages.finish(seconds=30)


def test_cancel_stops_the_run_within_seconds(pages: Pages) -> None:
    pages.open("/run-model?model=tiny-slow")
    pages.type("Seconds", "600")
    pages.page.get_by_text("In a busy loop").click()
    pages.settle()
    pages.run()
    pages.sees("Running")
    pages.press("Cancel run")
    pages.finish("Cancelled", seconds=15)
    pages.sees("This run was cancelled")


def made_of(pages: Pages) -> str:
    """The values that the page of a run shows."""
    shown = pages.page.locator("dl.qd-facts").filter(has_text="Budget")
    shown.first.wait_for()
    return str(shown.first.inner_text())


def test_again_is_exactly_the_same_and_edit_begins_with_its_values(pages: Pages) -> None:
    pages.open("/run-model?model=every-field")
    pages.press("Clear form")
    pages.type("Weeks ahead", "7")
    pages.type("Targets", "3; 4.5")
    first = pages.run()
    pages.finish()
    values = made_of(pages)
    pages.press("Run again")
    pages.page.wait_for_function(f"() => !location.search.includes('{first}')")
    pages.settle()
    pages.finish()
    assert pages.run_id() != first
    assert "7 weeks" in values
    assert made_of(pages) == values
    pages.press("Edit and run")
    pages.holds("Weeks ahead", "7")
    pages.holds("Targets", "3; 4.5")


def test_a_failure_is_said_in_plain_words(pages: Pages) -> None:
    pages.open("/run-model?model=tiny-error")
    pages.run()
    pages.finish("Failed")
    pages.sees("This run failed")
    pages.page.get_by_text("Technical log").click()
    pages.sees("model.py")


def test_results_are_downloaded(pages: Pages) -> None:
    pages.open("/run-model?model=every-field")
    pages.press("Clear form")
    pages.type("Weeks ahead", "5")
    pages.run()
    pages.finish()
    with pages.download("CSV").open(encoding="utf-8-sig") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["week", "brand", "units", "lower", "upper"]
    assert len(rows) == 11
    assert pages.download("XLSX").read_bytes()[:2] == b"PK"
    assert pages.download("Parquet").read_bytes()[:4] == b"PAR1"
    names = zipfile.ZipFile(pages.download("Download all")).namelist()
    assert any(name.endswith("plan.csv") for name in names)


def test_a_table_is_sorted_and_filtered_by_the_server(pages: Pages) -> None:
    pages.open("/run-model?model=every-field")
    pages.press("Clear form")
    pages.type("Weeks ahead", "40")
    pages.run()
    pages.finish()
    pages.page.get_by_text("Table · 80 rows").click()
    pages.sees("Rows 1–50 of 80")
    pages.page.get_by_role("button", name="units", exact=True).click()
    pages.settle()
    pages.page.locator("th[aria-sort=ascending]").wait_for()
    pages.page.get_by_role("button", name="Next", exact=True).click()
    pages.sees("Rows 51–80 of 80")
    pages.choose("Column", "brand")
    pages.choose("Condition", "=")
    pages.type("Value", "tea")
    pages.sees("Rows 1–40 of 40")


def test_the_history_finds_a_run_by_its_name(pages: Pages) -> None:
    pages.open("/run-model?model=tiny-slow")
    pages.page.get_by_text("Name and seed").click()
    pages.page.get_by_label("Name of this run (optional)").fill("Cautious plan")
    pages.page.keyboard.press("Tab")
    pages.settle()
    run = pages.run()
    pages.finish()
    pages.open("/runs")
    pages.type("Search runs", "cautious")
    pages.sees("1 run")
    pages.page.locator(".qd-row a").first.click()
    pages.page.wait_for_url(f"**/run?run={run}")


def test_an_unknown_run_is_a_sentence(pages: Pages) -> None:
    pages.open("/run?run=01ARZ3NDEKTSV4RRFFQ69G5FAV")
    pages.sees("There is no run")
