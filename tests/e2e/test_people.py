"""People in a real browser: added, signed in, seeing their own department; sharing opens one thing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest

from tests.e2e.pages import Pages

NewPages = Callable[..., Pages]
OWN, OTHER, OTHERS_TOO = "Product recommendation", "Demand forecast", "Markdown plan"
ANALYST = "e2e-marketing"
NEW_PASSWORD = "gravel otter lantern 7"


@pytest.fixture
def analyst(new_pages: NewPages) -> Pages:
    """An analyst of Marketing."""
    return new_pages(who=ANALYST, roles=("analyst@Marketing",))


def add(pages: Pages, name: str, title: str, role: str, department: str) -> str:
    """Add a person; returns the one-time password."""
    pages.open("/people")
    pages.press("Add a person")
    pages.type("Sign-in name", name)
    pages.type("Name as shown (optional)", title)
    pages.choose("First role", role)
    pages.choose("In", department)
    pages.press("Add person")
    box = pages.page.get_by_role("group", name=f"One-time password of {title}")
    password: str = box.locator("code").inner_text()
    pages.press("I have copied it")
    pages.sees(f"{title} is added.")
    return password


def sign_in(pages: Pages, name: str, password: str) -> None:
    """Sign in with a one-time password and choose an own one."""
    page = pages.page
    page.goto(f"{pages.address}/models")
    page.fill("#name", name)
    page.fill("#password", password)
    page.get_by_role("button", name="Sign in").click()
    page.fill("#new", NEW_PASSWORD)
    page.fill("#again", NEW_PASSWORD)
    page.locator("main form button[type=submit]").first.click()
    page.wait_for_selector("[data-testid=stMain] .qd-root")
    pages.settle()


def test_a_person_is_added_signs_in_and_sees_only_the_own_department(new_pages: NewPages) -> None:
    password = add(new_pages(), "joan.clarke", "Joan Clarke", "Analyst", "Marketing")
    joan = new_pages(who=None)
    sign_in(joan, "joan.clarke", password)
    joan.open("/models")
    joan.sees(OWN)
    assert OTHER not in joan.text()
    side = joan.page.get_by_test_id("stSidebar")
    assert side.get_by_text("Joan Clarke").count() == 1
    assert side.get_by_role("link", name="Models").count() == 1
    assert side.get_by_role("link", name="People").count() == 0
    joan.page.get_by_role("link", name="Sign out").click()
    joan.page.get_by_role("button", name=re.compile("Sign out")).click()
    joan.page.goto(f"{joan.address}/models")
    joan.page.wait_for_selector("#password")


@pytest.mark.parametrize("path", ["/model?model=demand-forecast", "/run-model?model=demand-forecast"])
def test_another_departments_model_is_not_there_by_its_address(analyst: Pages, path: str) -> None:
    analyst.open(path)
    analyst.sees("There is no model “demand-forecast”")
    assert "Weekly" not in analyst.text()


def test_another_departments_model_is_in_no_list_and_no_search(analyst: Pages) -> None:
    analyst.open("/models")
    analyst.sees(OWN)
    assert OTHER not in analyst.text()
    analyst.type("Search models", "reorder")
    analyst.sees("Nothing found")
    analyst.open("/")
    assert OTHER not in analyst.text()


def test_another_departments_model_is_not_there_for_the_api(analyst: Pages) -> None:
    analyst.open("/models")
    ask, base = analyst.page.request, f"{analyst.address}/api/v1"
    names = {one["name"] for one in ask.get(f"{base}/models").json()["items"]}
    assert "product-recommendation" in names
    assert "demand-forecast" not in names
    assert ask.get(f"{base}/models/demand-forecast").status == 404
    origin = {"Origin": analyst.address}
    tried = ask.post(f"{base}/runs", data={"model": "demand-forecast", "values": {}}, headers=origin)
    assert tried.status == 404


@pytest.mark.parametrize(
    "path", ["/people", "/sessions", "/secrets", "/health", "/company", "/email", "/identity"]
)
def test_administration_is_closed_to_an_analyst_also_by_address(analyst: Pages, path: str) -> None:
    analyst.open(path)
    analyst.sees("You may not do this")
    assert analyst.page.locator("[data-testid=stMain] input").count() == 0


@pytest.fixture
def shared(new_pages: NewPages, analyst: Pages) -> Iterator[Pages]:
    """One model of Procurement is shared with the analyst of Marketing; afterwards it is taken back."""
    analyst.open("/")
    pages = new_pages()
    pages.open("/model?model=demand-forecast")
    pages.press("Share")
    pages.choose("Share with", "E2E Marketing")
    pages.choose("As", "Analyst")
    pages.press("Give access")
    pages.page.get_by_role("button", name="Take back: E2E Marketing").wait_for()
    yield analyst
    pages.page.get_by_role("button", name="Take back: E2E Marketing").click()
    pages.sees("Shared with nobody so far")
    analyst.open("/model?model=demand-forecast")
    analyst.sees("There is no model")


def test_sharing_one_model_opens_exactly_that_one(shared: Pages) -> None:
    shared.open("/models")
    shared.sees(OTHER)
    listed = shared.page.locator(".qd-card .qd-name").all_inner_texts()
    assert OTHER in listed
    assert not [title for title in listed if "reorder" in title.lower() or "markdown" in title.lower()]
    shared.open("/model?model=demand-forecast")
    shared.page.get_by_role("button", name="Run this model").wait_for()
    assert shared.page.get_by_role("button", name="Share").count() == 0
    assert shared.page.request.get(f"{shared.address}/api/v1/models/demand-forecast").status == 200


def test_somebody_without_a_role_is_told_so(new_pages: NewPages) -> None:
    pages = new_pages(who="e2e-nobody", roles=("viewer@Marketing",))
    admin = new_pages()
    admin.open("/people")
    admin.follow("E2E Nobody")
    admin.page.get_by_label("Viewer in Marketing").uncheck()
    admin.sees("Taken away: Viewer in Marketing")
    admin.press("Save roles")
    admin.sees("Give a reason")
    admin.type("Reason for the change", "left the department")
    admin.press("Save roles")
    admin.sees("The roles of E2E Nobody are changed")
    pages.open("/")
    pages.sees("You have no role yet")
    pages.open("/account")
    pages.sees("You have no role yet")


def test_an_auditor_finds_who_did_what(new_pages: NewPages) -> None:
    admin = new_pages()
    add(admin, "katherine", "Katherine Johnson", "Viewer", "Procurement")
    admin.open("/people")
    admin.follow("Katherine Johnson")
    admin.page.get_by_role("button", name="Disable", exact=True).click()
    admin.type("Reason", "on leave until spring")
    admin.page.get_by_role("dialog").get_by_role("button", name="Disable").click()
    admin.sees("Katherine Johnson is disabled")
    auditor = new_pages(who="e2e-auditor", roles=("auditor@",))
    auditor.open("/audit")
    auditor.sees("on leave until spring")
    auditor.reads("Katherine Johnson")
    auditor.reads("Test Admin")
    auditor.open("/secrets")
    auditor.sees("You may not do this")


def test_what_is_wrong_is_said_and_what_was_typed_stays(pages: Pages) -> None:
    pages.open("/secrets")
    pages.type("Name", "two words")
    pages.type("Value", "planted-canary-value")
    pages.press("Store secret")
    pages.sees("cannot be the name of a secret")
    pages.holds("Name", "two words")
    pages.holds("Value", "planted-canary-value")
    pages.type("Name", "e2e-secret")
    pages.press("Store secret")
    pages.sees("The secret e2e-secret is stored.")
    assert "planted-canary-value" not in pages.page.content()
    assert pages.page.get_by_label("Value", exact=True).input_value() == ""


def test_a_token_is_shown_once_and_works_until_it_is_revoked(pages: Pages) -> None:
    pages.open("/account")
    pages.press("Make a token")
    pages.type("What is it for?", "e2e export")
    pages.press("Make token")
    token = pages.page.get_by_role("group", name="Your token “e2e export”").locator("code").inner_text()
    pages.press("I have copied it")
    assert token not in pages.page.content() + pages.text()
    bearer = {"Authorization": f"Bearer {token}"}
    fresh = pages.page.context.browser.new_context()
    try:
        assert fresh.request.get(f"{pages.address}/api/v1/models", headers=bearer).status == 200
        pages.page.get_by_role("button", name="Revoke: e2e export").click()
        pages.type("Reason", "test is over")
        pages.page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
        pages.sees("is revoked")
        assert fresh.request.get(f"{pages.address}/api/v1/models", headers=bearer).status == 401
    finally:
        fresh.close()


def test_the_assistant_keeps_each_step_and_can_be_left(pages: Pages) -> None:
    pages.open("/welcome?step=company")
    pages.type("Company name", "")
    pages.press("Save and continue")
    pages.sees("The company needs a name")
    pages.type("Company name", "Kronkers")
    pages.press("Save and continue")
    pages.sees("More departments, one a line")
    pages.page.get_by_label("More departments, one a line").fill("Logistics\nFinance and controlling")
    pages.page.keyboard.press("Tab")
    pages.settle()
    pages.press("Add department")
    pages.sees("Finance and controlling")
    pages.open("/models")
    pages.open("/welcome?step=company")
    pages.holds("Company name", "Kronkers")
