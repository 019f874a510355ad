"""The audit log in the browser: found by person and object, verified, exported; shut to others."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import expect

from tests.e2e.pages import Pages


def test_entries_are_found_read_and_verified(pages: Pages) -> None:
    pages.open("/audit")
    pages.sees("Audit log")
    pages.choose("What", "Model registered")
    expect(pages.page.get_by_text("Local administrator").first).to_be_visible()
    pages.type("Object", "nothing*")
    expect(pages.page.get_by_text("No entry was found")).to_be_visible()
    pages.type("Object", "tiny-slow")
    row = pages.page.locator(".qd-audit .qd-row")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("Done")
    row.get_by_role("button", name="Details").click()
    dialog = pages.page.get_by_role("dialog")
    expect(dialog).to_contain_text("Os user")
    expect(dialog).to_contain_text(re.compile("[0-9a-f]{64}"))
    pages.page.keyboard.press("Escape")
    pages.settle()
    pages.press("Verify")
    pages.sees("The audit log is as it was written")


def test_a_run_is_told_by_its_model_and_leads_to_its_page(pages: Pages) -> None:
    answer = pages.page.request.post(
        f"{pages.address}/api/v1/runs",
        data={"model": "tiny-slow", "values": {"seconds": 0}},
        headers={"Origin": pages.address},
    )
    run = answer.json()["id"]
    pages.open(f"/audit?object={run}")
    row = pages.page.locator(".qd-audit .qd-row").filter(has_text="Run submitted")
    expect(row).to_contain_text(f"run Tiny slow (…{run[-6:]})")
    expect(row).not_to_contain_text("→")
    row.get_by_role("link", name="Tiny slow").click()
    pages.page.wait_for_url(re.compile(rf"/run\?run={run}"))
    pages.sees("Tiny slow")


def test_what_was_found_is_exported(pages: Pages) -> None:
    pages.open("/audit?object=tiny-slow")
    with pages.page.expect_download() as started:
        pages.page.get_by_role("link", name="Export as CSV").click()
    rows = list(csv.DictReader(io.StringIO(Path(started.value.path()).read_text("utf-8-sig"))))
    assert {row["object"] for row in rows} == {"tiny-slow"}
    assert "model-registered" in {row["action"] for row in rows}


def test_an_analyst_is_refused_and_an_auditor_sees_it(new_pages: Callable[..., Pages]) -> None:
    analyst = new_pages(who="ann", roles=("analyst@Marketing",))
    analyst.open("/audit")
    analyst.sees("You may not do this (audit.read)")
    expect(analyst.page.get_by_role("link", name="Audit log")).to_have_count(0)
    assert analyst.page.request.get(f"{analyst.address}/files/audit").status == 403
    auditor = new_pages(who="otto", roles=("auditor@",), width=390, dark=True)
    auditor.open("/audit")
    auditor.choose("Person", "Ann")
    auditor.choose("Result", "Refused")
    auditor.sees("audit.read")
    expect(auditor.page.get_by_role("button", name="Write an anchor")).to_have_count(0)
