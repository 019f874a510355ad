"""Seen by people in a browser: a stored secret that a run takes, a check on request, a sign-in that is ended."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.e2e.pages import Pages

NewPages = Callable[..., Pages]
SHOTS = os.environ.get("QUARTERDECK_SHOTS")  # a folder: pictures of what was seen
VALUE = "correct horse battery"


def picture(pages: Pages, name: str) -> None:
    if SHOTS:
        pages.page.screenshot(path=str(Path(SHOTS) / f"{name}.png"), full_page=True)


def test_a_stored_secret_is_chosen_on_the_form_and_stays_hidden(new_pages: NewPages) -> None:
    pages = new_pages(dark=True)
    pages.open("/secrets")
    for name in ("weather.key", "api_key"):  # one is chosen on the form, one the manifest asks for
        pages.type("Name", name)
        pages.page.get_by_label("Value", exact=True).fill(VALUE)
        pages.type("What it is for (optional)", "The weather service")
        pages.page.get_by_role("button", name="Store").click()
        pages.sees(f"The secret {name} is stored.")
    picture(pages, "secrets-dark")
    pages.open("/run-model?model=tiny-secret")
    pages.choose("Password", "weather.key")
    picture(pages, "run-form-secret-dark")
    pages.run()
    pages.finish()
    picture(pages, "run-secret-dark")
    assert VALUE not in pages.page.content()
    narrow = new_pages(width=390)
    narrow.open(pages.page.url.removeprefix(pages.address))
    expect(narrow.page.get_by_text(str(len(VALUE))).first).to_be_visible()
    wide = narrow.page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 390, "nothing has to be scrolled sideways"
    picture(narrow, "run-390")


def test_golden_cases_are_checked_on_request(new_pages: NewPages) -> None:
    pages = new_pages(dark=True)
    pages.open("/model?model=legacy-reorder-points")
    pages.page.get_by_role("tab", name="Fields").click()
    pages.press("Check now")
    expect(pages.page.get_by_text(re.compile("^Checked .* by Test Admin"))).to_be_visible(timeout=60_000)
    expect(pages.page.get_by_role("cell", name="Passed")).to_have_count(2)
    expect(pages.page.get_by_role("cell", name="Leave out weeks with a deal: no")).to_be_visible()
    picture(pages, "model-checked-dark")


def test_an_ended_sign_in_closes_the_page_of_that_browser(new_pages: NewPages) -> None:
    victim, admin = new_pages(who="vera", roles=("viewer@Marketing",)), new_pages(dark=True)
    victim.open("/models")
    admin.open("/sessions")
    admin.type("Search by person or address", "vera")
    admin.page.get_by_role("button", name=re.compile("^End")).first.click()
    dialog = admin.page.get_by_role("dialog")
    dialog.get_by_role("textbox").first.fill("left the office")
    dialog.get_by_role("textbox").first.press("Tab")
    admin.settle()
    picture(admin, "session-end-question-dark")
    dialog.get_by_role("button", name=re.compile("End$")).click()
    admin.sees("The sign-in of Vera is ended.")
    picture(admin, "session-ended-dark")
    victim.page.wait_for_url(re.compile("/auth/sign-in"), timeout=15_000)


@pytest.mark.parametrize(
    ("role", "sees", "not_there"),
    [
        ("editor@Marketing", "Parameters", "People"),
        ("approver@Marketing", "Parameters", "Audit log"),
        ("auditor@", "Audit log", "Company"),
    ],
)
def test_each_role_finds_its_pages_in_the_menu(
    new_pages: NewPages, role: str, sees: str, not_there: str
) -> None:
    name = role.partition("@")[0]
    pages = new_pages(who=f"one-{name}", roles=(role,), dark=name == "approver")
    pages.open("/")
    menu = pages.page.get_by_test_id("stSidebarNav")
    expect(menu.get_by_role("link", name=sees)).to_be_visible()
    expect(menu.get_by_role("link", name=not_there)).to_have_count(0)
    picture(pages, f"home-{name}")
