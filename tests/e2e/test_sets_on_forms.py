"""Parameter sets on the Run page, presets of one's own, and sets side by side."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from auth.service import opened
from engine.access import LOCAL_ADMIN
from engine.settings import Settings
from tests.e2e.pages import Pages

MODEL, SET = "every-field", "plan"
FORM = f"/run-model?model={MODEL}"
FIRST = {"horizon": 20, "budget": {"amount": "2000", "currency": "EUR"}, "region": "s", "promotion": True}
SECOND = FIRST | {"horizon": 26}
Submit = Callable[..., Any]


@pytest.fixture(scope="module")
def submit(data_folder: Path, server: str) -> Submit:
    """Store a version beside the server, as the command line does; the set has two to begin with."""

    def act(values: dict[str, Any], **more: Any) -> Any:
        auth = opened(Settings(data_folder=data_folder, free_space_floor_mb=1))
        try:
            return auth.engine.sets.submit(LOCAL_ADMIN, MODEL, SET, values, reason="For the test.", **more)
        finally:
            auth.engine.stop()

    auth = opened(Settings(data_folder=data_folder, free_space_floor_mb=1))
    try:
        auth.engine.sets.create(LOCAL_ADMIN, MODEL, SET, "Plan of the year")
        auth.engine.sets.set_place(LOCAL_ADMIN, MODEL, SET, "DE", "Germany", "EUR")
    finally:
        auth.engine.stop()
    act(FIRST)
    act(SECOND, base=1)
    act({"horizon": 8}, place="DE")
    return act


def fresh(pages: Pages) -> None:
    pages.open(FORM)
    pages.press("Clear form")


def test_a_set_fills_the_form_and_the_run_records_what_was_set_otherwise(
    pages: Pages, submit: Submit
) -> None:
    fresh(pages)
    pages.choose("Parameter set", "Plan of the year")
    pages.choose("Place", "DE")
    pages.holds("Weeks ahead", "8")
    pages.holds("Budget", "2000.00 EUR")
    pages.sees("Discount")  # shows because the set says that there is a promotion
    pages.type("Weeks ahead", "9")
    pages.sees("Not as in Plan of the year")
    pages.run()
    pages.finish()
    pages.reads("Company: version 2 · DE: version 3 · set otherwise: Weeks ahead")
    pages.reads("Plan of the year: 8 weeks")
    pages.press("Edit and run")
    pages.sees("Not as in Plan of the year")
    pages.page.get_by_role("button", name="Not as in Plan of the year").click()
    pages.settle()
    pages.holds("Weeks ahead", "8")


def test_another_set_is_taken_over_what_was_typed_and_can_be_put_back(pages: Pages, submit: Submit) -> None:
    fresh(pages)
    pages.type("Weeks ahead", "33")
    pages.choose("Parameter set", "Plan of the year")
    pages.choose("Version", "Version 1")
    pages.holds("Weeks ahead", "20")
    fresh(pages)
    pages.type("Weeks ahead", "33")
    pages.choose("Parameter set", "Plan of the year")
    pages.press("Put back what was there before")
    pages.holds("Weeks ahead", "33")
    pages.lacks("Not as in")


def test_a_version_that_comes_into_force_meanwhile_is_told_and_never_taken_silently(
    pages: Pages, submit: Submit
) -> None:
    fresh(pages)
    pages.choose("Parameter set", "Plan of the year")
    pages.type("Budget", "3,000")
    submit(SECOND | {"horizon": 30}, base=2)
    pages.open(FORM)  # what was typed is back, and what it began from
    pages.sees("Version 4 is in force now")
    pages.holds("Weeks ahead", "26")
    pages.press("keep what I set otherwise")
    pages.holds("Weeks ahead", "30")
    pages.holds("Budget", "3,000")
    pages.sees("Not as in Plan of the year")


def test_a_preset_is_saved_loaded_renamed_and_removed(
    new_pages: Callable[..., Pages], submit: Submit
) -> None:
    pages = new_pages(who="pia", roles=("analyst@Tests",))
    fresh(pages)
    pages.type("Weeks ahead", "44")
    pages.press("Save as my preset")
    name(pages, "Harvest rush", "Save preset")
    pages.sees("Saved in your preset “Harvest rush” as version 1")
    fresh(pages)
    pages.choose("Parameter set", "Harvest rush")
    pages.holds("Weeks ahead", "44")
    pages.press("Rename preset")
    name(pages, "Whitsun", "Rename preset")
    pages.sees("The preset is called “Whitsun” now")
    pages.press("Remove preset")
    pages.page.get_by_role("dialog").get_by_role("button", name="Remove preset").click()
    pages.sees("The preset “Whitsun” is removed")
    pages.holds("Weeks ahead", "44")  # what stands in the form stays


def name(pages: Pages, title: str, button: str) -> None:
    box = pages.page.get_by_label("Name of the preset", exact=True)
    box.fill(title)
    box.press("Tab")
    pages.settle()
    pages.page.get_by_role("dialog").get_by_role("button", name=button).click()
    pages.settle()


def test_sets_are_compared_with_what_differs_first(pages: Pages, submit: Submit) -> None:
    pages.open(f"/params-compare?model={MODEL}&ref={SET}@1&ref={SET}:DE")
    pages.reads("1 of 17 fields differs")
    pages.reads("Weeks ahead (differs) 20 weeks 8 weeks −12 weeks")
    pages.choose("Parameter set", "Plan of the year")
    pages.choose("Version", "Version 2")
    pages.press("Add column")
    pages.page.wait_for_url("**ref=plan%402*")
    pages.sees("26 weeks")
    pages.follow("Compare without plan@1")
    assert "ref=plan%401" not in pages.page.url
    pages.lacks("20 weeks")


def test_a_comparison_offers_a_beginning_only_where_there_is_one(pages: Pages, submit: Submit) -> None:
    pages.open(f"/params-compare?model={MODEL}")
    pages.reads("Add two to five columns, or begin with one of these:")
    pages.open("/params")
    sets = f"{pages.address}/api/v1/models/legacy-price-elasticity/sets"
    asked = {"": {"name": "first", "title": "First"}, "/first/versions": {"values": {}, "reason": "Begin."}}
    for path, data in asked.items():
        made = pages.page.request.post(sets + path, data=data, headers={"Origin": pages.address})
        assert made.status == 201, made.text()
    pages.open("/params-compare?model=legacy-price-elasticity")
    pages.reads("Add two to five columns: sets, or versions of a set.")


@pytest.mark.parametrize("width", [390, 1440])
def test_nothing_is_cut_off_on_a_narrow_window(
    new_pages: Callable[..., Pages], submit: Submit, width: int
) -> None:
    pages = new_pages(width=width, dark=width == 390)
    for path in (
        f"{FORM}&set={SET}&place=DE",
        f"/params-compare?model={MODEL}&ref={SET}@1&ref={SET}@2&ref={SET}:DE",
    ):
        pages.open(path)
        wide = pages.page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth")
        assert wide <= width
