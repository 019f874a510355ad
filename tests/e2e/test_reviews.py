"""Four eyes in real browsers: an editor asks, another person sees the effect and approves, the values are run with."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from tests.e2e.pages import Pages

NewPages = Callable[..., Pages]
MODEL, SET = "legacy-reorder-points", "e2e-review"
EDITOR, APPROVER, ELSEWHERE = "e2e-editor", "e2e-approver", "e2e-approver-marketing"
HERE, THERE = "Procurement", "Marketing"
ADDRESS = f"/params-set?model={MODEL}&set={SET}"


@pytest.fixture
def editor(new_pages: NewPages) -> Pages:
    return new_pages(who=EDITOR, roles=(f"editor@{HERE}",))


@pytest.fixture
def approver(new_pages: NewPages) -> Pages:
    return new_pages(who=APPROVER, roles=(f"approver@{HERE}",))


def make(editor: Pages, name: str = SET) -> None:
    """A set of the model, made by the editor over the API."""
    editor.open("/params")
    address = f"{editor.address}/api/v1/models/{MODEL}/sets"
    made = editor.page.request.post(
        address, data={"name": name, "title": f"Set {name}"}, headers={"Origin": editor.address}
    )
    assert made.status == 201, made.text()


def submit(editor: Pages, name: str, values: dict[str, object], base: int | None = None) -> None:
    """A version, over the API."""
    address = f"{editor.address}/api/v1/models/{MODEL}/sets/{name}/versions"
    asked = {"values": values, "reason": "Stock-outs hurt more.", "base": base}
    made = editor.page.request.post(address, data=asked, headers={"Origin": editor.address})
    assert made.status == 201, made.text()


def test_edit_review_with_its_effect_approve_and_run(editor: Pages, approver: Pages) -> None:
    make(editor)
    editor.open(f"/params-edit?model={MODEL}&set={SET}")
    editor.type("Service level", "98.5")
    editor.type("Weeks of history", "20")
    editor.type("Reason (kept with the version)", "Do not run out of stock in December.")
    editor.press("Ask for review")
    editor.sees("waits for a review. It holds nowhere before it is approved.")

    approver.open("/")
    approver.sees("waits for your approval")
    approver.open("/inbox")
    approver.page.get_by_role("button", name=re.compile("Look: .*version 1 waits")).click()
    approver.sees("Do not run out of stock in December.")
    approver.sees("98.5 %")
    approver.sees("+3.5 points")
    approver.settle()

    which = approver.page.get_by_role("combobox", name="Weekly sales")
    if not which.is_visible():  # proposed already: another test ran the model
        approver.page.get_by_text("On which data?").click()
        approver.settle()
    approver.choose("Weekly sales", "Golden reorder")
    approver.press("Compare results")
    approver.sees("Safety stock in all", seconds=90)
    card = approver.page.locator(".qd-metric").filter(has_text="Safety stock in all")
    assert "worse" in card.inner_text()
    approver.type("Comment", "Agreed with the warehouse.")
    approver.press("Approve")
    approver.sees("Version 1 is approved.")
    approver.sees("Agreed with the warehouse.")

    editor.open(ADDRESS)
    editor.sees("in force: version 1")
    editor.press("Run with these values")
    editor.holds("Service level", "98.5 %")
    editor.choose("Weekly sales", "Golden reorder")
    editor.run()
    editor.finish()
    editor.reads(SET)
    editor.open("/runs")
    editor.lacks("Shadow run")


def test_an_author_approves_nothing_of_their_own(new_pages: NewPages) -> None:
    both = new_pages(who="e2e-both", roles=(f"editor@{HERE}", f"approver@{HERE}"))
    make(both, "e2e-own")
    submit(both, "e2e-own", {"service_level": 97})
    both.open(f"/params-set?model={MODEL}&set=e2e-own&version=1")
    both.sees("You wrote this change of guarded fields yourself")
    assert both.page.get_by_role("button", name="Approve", exact=True).count() == 0
    review = f"{both.address}/api/v1/models/{MODEL}/sets/e2e-own/versions/1/review"
    refused = both.page.request.post(review, data={"step": "approve"}, headers={"Origin": both.address})
    assert refused.status == 403
    both.press("Withdraw")
    both.type("Reason", "Not needed any more")
    both.page.get_by_role("dialog").get_by_role("button", name="Withdraw").click()
    both.sees("Version 1 is withdrawn.")


def test_an_approver_of_another_department_sees_nothing_of_it(editor: Pages, new_pages: NewPages) -> None:
    make(editor, "e2e-other")
    submit(editor, "e2e-other", {"service_level": 97})
    stranger = new_pages(who=ELSEWHERE, roles=(f"approver@{THERE}",))
    stranger.open(f"/params-set?model={MODEL}&set=e2e-other&version=1")
    stranger.sees("There is no")
    assert "97" not in stranger.text()
    stranger.open("/params")
    assert "e2e-other" not in stranger.text()
    address = f"{stranger.address}/api/v1/models/{MODEL}/sets/e2e-other/versions/1"
    assert stranger.page.request.get(address).status == 404
    assert stranger.page.request.get(f"{stranger.address}/api/v1/reviews").json()["total"] == 0


def test_a_question_an_answer_and_a_rejection(editor: Pages, approver: Pages) -> None:
    make(editor, "e2e-talk")
    submit(editor, "e2e-talk", {"service_level": 97})
    address = f"/params-set?model={MODEL}&set=e2e-talk&version=1"
    approver.open(address)
    approver.press("Ask the author")
    approver.sees("There is nothing to send: write a sentence.")
    approver.type("Comment", "Why not 96?")
    approver.press("Ask the author")
    approver.sees("The question about version 1 is sent.")
    editor.open(address)
    editor.sees("Why not 96?")
    editor.type("Your answer", "It was too little last year.")
    editor.press("Send answer")
    editor.sees("The answer about version 1 is sent.")
    approver.open(address)
    approver.sees("It was too little last year.")
    approver.press("Reject")
    approver.sees("A rejection needs a reason")
    approver.type("Comment", "Take 96.")
    approver.press("Reject")
    approver.sees("Version 1 is rejected; its author is told.")
    editor.open(address)
    editor.sees("Take 96.")
    assert editor.page.get_by_role("button", name="Withdraw").count() == 0


def test_links_lead_to_another_tab_of_the_same_set(editor: Pages, approver: Pages) -> None:
    make(editor, "e2e-tabs")
    submit(editor, "e2e-tabs", {"history_weeks": 30})
    address = f"/params-set?model={MODEL}&set=e2e-tabs"
    approver.open(address)
    approver.page.get_by_role("tab", name="Places").click()
    approver.sees("A place inherits every value")
    assert "tab=Places" in approver.page.url
    approver.follow("Show its values")
    approver.sees("30 weeks")
    approver.page.reload()
    approver.sees("30 weeks")
