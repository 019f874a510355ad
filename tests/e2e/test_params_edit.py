"""Editing parameter sets in a browser: the list, the edit page, drafts, places, and two editors at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from auth.service import Auth, opened
from engine.access import LOCAL_ADMIN
from engine.settings import Settings
from tests import signing_in
from tests.e2e.pages import Pages

EVERY = "every-field"
ADA, BEN = ("ada-edits", "editor@Tests"), ("ben-edits", "editor@Tests")
New = Callable[..., Pages]
CHANGES = "What changes"  # the heading of the table below the form


@pytest.fixture(scope="module")
def company(data_folder: Path, server: str) -> Iterator[Auth]:
    """The server's own data, changed beside it as the command line does."""
    auth = opened(Settings(data_folder=data_folder, free_space_floor_mb=1))
    yield auth
    auth.engine.stop()


def a_set(company: Auth, name: str, *versions: dict[str, Any]) -> str:
    """A set of the model of every field with these versions, 30 days apart until today; its edit page's address."""
    sets = company.engine.sets
    sets.create(LOCAL_ADMIN, EVERY, name, name.replace("-", " ").capitalize())
    for n, values in enumerate(versions):
        day = sets.today() - timedelta(days=30 * (len(versions) - 1 - n))
        sets.submit(
            LOCAL_ADMIN, EVERY, name, values, reason="For the test.", base=n or None, effective_from=day
        )
    return f"/params-edit?model={EVERY}&set={name}"


def signed_in(new_pages: New, who: tuple[str, str], **more: Any) -> Pages:
    return new_pages(who=who[0], roles=(who[1],), **more)


def reason(pages: Pages, text: str) -> None:
    pages.page.get_by_label("Reason (kept with the version)").fill(text)
    pages.page.keyboard.press("Tab")
    pages.settle()


def test_a_set_is_made_filled_in_and_saved(new_pages: New) -> None:
    pages = signed_in(new_pages, ADA)
    pages.open("/params")
    pages.press("Make a set")
    pages.choose("For which model", "Every kind of field")
    pages.page.get_by_label("Title").fill("Easter rush")
    pages.page.keyboard.press("Tab")
    pages.sees(re.compile(r"every-field/easter-rush"))
    pages.press("Make it and fill it in")
    pages.sees("Edit Easter rush")
    pages.press("Save version")
    pages.sees("There is a problem")  # a reason is wanted
    reason(pages, "First plan.")
    pages.press("Save version")
    pages.sees("Nothing differs from what holds on that day already")
    pages.type("Weeks ahead", "20")
    pages.type("Budget", "2000")
    pages.reads(
        "Weeks ahead 13 weeks the model's default arrow_forward 20 weeks +7 weeks +53.8 %", after=CHANGES
    )
    pages.press("Save version")
    pages.sees("Version 1 is saved")
    pages.open("/params?params:search=easter")
    pages.sees("In force: version 1")


def test_what_was_used_before_stands_beside_a_field(new_pages: New, company: Auth) -> None:
    address = a_set(company, "used-before", {"horizon": 12, "region": "n"}, {"horizon": 16, "region": "s"})
    pages = signed_in(new_pages, ADA)
    pages.open(address)
    line = pages.page.locator("svg.qd-spark").first
    assert line.get_attribute("aria-label") == "Last values: 12 weeks, 16 weeks"
    pages.reads("from version 2 , since today, by Local administrator, typed")
    pages.type("Weeks ahead", "17")
    pages.sees("Above anything used before (highest: 16 weeks).")
    pages.type("Weeks ahead", "14")
    pages.lacks("anything used before")
    pages.choose("Region", "west")
    pages.sees("Never used before: west.")
    pages.page.get_by_role("button", name="Back to South: Region").click()
    pages.settle()
    pages.lacks("Never used before")
    pages.lacks("Region", after=CHANGES)


def test_a_draft_survives_escape_a_reload_and_a_lost_session(new_pages: New, company: Auth) -> None:
    address = a_set(company, "a-draft", {"horizon": 12})
    pages = signed_in(new_pages, ADA)
    pages.open(address)
    pages.type("Weeks ahead", "99")
    reason(pages, "Half a sent")
    pages.page.get_by_label("Weeks ahead", exact=True).press("Escape")
    pages.page.reload()
    pages.sees("What you typed")
    pages.holds("Weeks ahead", "99")
    other = signed_in(new_pages, ADA)  # another session: the first one is lost
    other.open(address)
    other.holds("Weeks ahead", "99")
    other.sees("Weeks ahead 99 must be between 1 and 52 weeks")
    expect(other.page.get_by_label("Reason (kept with the version)")).to_have_value("Half a sent")
    other.press("Drop it and begin with what holds")
    other.holds("Weeks ahead", "12")


def test_the_second_of_two_editors_merges_field_by_field(new_pages: New, company: Auth) -> None:
    address = a_set(company, "two-at-once", {"horizon": 12, "price": 3.0, "floor": 1.0})
    ada, ben = signed_in(new_pages, ADA), signed_in(new_pages, BEN)
    ada.open(address)
    ben.open(address)
    ada.type("Weeks ahead", "20")
    ada.type("List price (€)", "4")
    ben.type("Weeks ahead", "30")
    ben.type("Price floor (€)", "2")
    reason(ben, "Ben has his reasons.")
    ben.press("Save version")
    ben.sees("Version 2 is saved")
    ada.sees("Somebody saved another version meanwhile")  # without a touch
    reason(ada, "Ada too.")
    ada.press("Show what changed")
    ada.sees("Ben Edits saved a version just now:")
    ada.reads("Price floor : 1 € → 2 €")
    ada.reads("Reason: “Ben has his reasons.”")
    expect(ada.page.get_by_role("button", name="Bring both together").first).to_be_disabled()
    ada.page.get_by_text("Yours: 20 weeks").click()
    ada.settle()
    ada.press("Bring both together")
    ada.sees("Taken over: Price floor")
    ada.holds("Weeks ahead", "20")
    ada.holds("Price floor (€)", "2")
    ada.press("Save version")
    ada.sees("Version 3 is saved")
    held = company.engine.sets.in_force(LOCAL_ADMIN, EVERY, "two-at-once").values
    assert held == {"horizon": 20, "price": 4.0, "floor": 2.0}


def weights(**rows: float) -> dict[str, Any]:
    """The table of weights by product."""
    columns = [{"name": "product", "type": "text"}, {"name": "weight", "type": "number"}]
    return {"columns": columns, "rows": [[name, weight] for name, weight in rows.items()]}


def test_of_a_table_that_two_changed_only_the_cells_that_collide_are_asked_for(
    new_pages: New, company: Auth
) -> None:
    address = a_set(company, "two-tables", {"weights": weights(tea=0.5, coffee=1.5, cocoa=2.0)})
    ada = signed_in(new_pages, ADA)
    typed = {"weights": weights(tea=0.75, coffee=1.75, cocoa=2.0)}
    who = company.accounts.actor_of(signing_in.person(company, ADA[0]))
    company.engine.sets.save_draft(who, EVERY, "two-tables", typed, base=1)
    theirs = {"weights": weights(tea=0.5, coffee=1.6, cocoa=2.5, mate=3.0)}
    company.engine.sets.submit(LOCAL_ADMIN, EVERY, "two-tables", theirs, reason="New weights.", base=1)
    ada.open(address)
    ada.sees("Somebody changed this set meanwhile")
    ada.reads("coffee: weight 1.5 1.6 1.75")
    ada.lacks("tea: weight")
    ada.page.get_by_text("Take yours there").click()
    ada.settle()
    ada.press("Bring both together")
    ada.sees("Taken over: Weights")
    reason(ada, "Both of us.")
    ada.press("Save version")
    ada.sees("Version 3 is saved")
    held = company.engine.sets.in_force(LOCAL_ADMIN, EVERY, "two-tables").values
    assert held == {"weights": weights(tea=0.75, coffee=1.75, cocoa=2.5, mate=3.0)}


def test_a_place_inherits_until_something_is_set_there(new_pages: New, company: Auth) -> None:
    address = a_set(company, "by-place", {"horizon": 12, "price": 3.0})
    pages = signed_in(new_pages, ADA)
    pages.open(address)
    pages.press("Add a place")
    pages.page.get_by_label("Path").fill("DE")
    pages.page.get_by_label("Currency (optional)").fill("eur")
    pages.page.keyboard.press("Tab")
    pages.press("Add this place")
    pages.sees("inherited from Whole company")
    assert "place=DE" in pages.page.url
    pages.type("Weeks ahead", "8")
    pages.reads("12 weeks inherited from Whole company arrow_forward 8 weeks", after=CHANGES)
    pages.page.get_by_role("button", name="Set here: List price").click()
    pages.settle()
    pages.reads("List price", after=CHANGES)
    pages.page.get_by_role("button", name="Inherit again: List price").click()
    pages.settle()
    pages.lacks("List price", after=CHANGES)
    reason(pages, "Germany plans shorter.")
    pages.press("Save version")
    pages.sees("Version 2 is saved")
    values = company.engine.sets.in_force(LOCAL_ADMIN, EVERY, "by-place", place="DE").values
    assert values == {"horizon": 8, "price": 3.0}


def test_the_pages_fit_a_telephone(new_pages: New, company: Auth) -> None:
    address = a_set(company, "narrow", {"horizon": 12}, {"horizon": 14, "price": 2.0})
    pages = signed_in(new_pages, ADA, width=390, height=844, dark=True)
    for where in (address, "/params"):
        pages.open(where)
        wide = pages.page.evaluate(
            "() => { const m = document.querySelector('[data-testid=stMain]'); return m.scrollWidth - m.clientWidth }"
        )
        assert wide <= 0, where


def test_who_may_only_look_gets_a_sentence(new_pages: New, company: Auth) -> None:
    address = a_set(company, "only-looking", {"horizon": 12})
    pages = new_pages(who="vera-looks", roles=("viewer@Tests",))
    pages.open(address)
    pages.sees("You may not do this (params.write)")
    pages.open("/params")
    pages.sees("Only looking")
    pages.lacks("Make a set")
    assert pages.page.get_by_role("link", name="Edit").count() == 0
