"""Every page lives with the content policy, and what a hostile model makes stays harmless in a real browser.

``Pages`` collects whatever the policy blocks and each request to another server; any of it fails the test.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.components.nav import PAGES
from tests.e2e.pages import Pages
from tests.security.world import HOSTILE, IMAGE, MAKE, SCRIPT, add_model

QUERIES = {"model": "?model=every-chart", "run-model": "?model=every-field"}
FOUND_BY_RUN = {"run"}  # needs a run's id: the tests below open it


@pytest.mark.parametrize("name", sorted(PAGES.keys() - FOUND_BY_RUN))
def test_a_page_breaks_no_rule_of_the_policy(pages: Pages, name: str) -> None:
    pages.open(f"/{PAGES[name][1]}{QUERIES.get(name, '')}")
    pages.page.wait_for_timeout(500)
    for opener in pages.page.locator("[data-testid=stMain] details > summary").all():
        opener.click()
    pages.settle()
    assert pages.errors == []


def test_charts_their_picture_and_tables_break_no_rule(pages: Pages) -> None:
    pages.open("/run-model?model=every-chart")
    pages.run()
    pages.finish()
    pages.page.wait_for_function("() => document.querySelectorAll('.js-plotly-plot .main-svg').length > 0")
    plot = pages.page.locator(".js-plotly-plot").first
    plot.hover()
    with pages.page.expect_download() as saved:
        pages.page.locator(".modebar-btn").first.click()
    assert saved.value.suggested_filename.endswith(".png")
    assert pages.errors == []


def test_the_sign_in_page_breaks_no_rule(new_pages: Callable[..., Pages]) -> None:
    pages = new_pages(who=None)
    pages.page.goto(f"{pages.address}/auth/sign-in")
    pages.page.get_by_label("Name").fill("somebody")
    pages.page.get_by_label("Password").fill("wrong")
    pages.page.keyboard.press("Enter")
    pages.page.wait_for_load_state()
    assert pages.errors == []


@pytest.fixture
def hostile(data_folder: Path, server: str) -> str:
    """A model whose title, summary and outputs hold scripts."""
    from auth.service import opened
    from engine.access import LOCAL_ADMIN
    from engine.settings import Settings

    auth = opened(Settings(data_folder=data_folder, free_space_floor_mb=1))
    try:
        folder = data_folder.parent / "hostile"
        add_model(folder, HOSTILE.format(image=IMAGE, script=SCRIPT), MAKE)
        auth.engine.catalog.register(LOCAL_ADMIN, folder, promote=True)
    finally:
        auth.engine.stop()
    return "hostile"


def test_what_a_hostile_model_makes_is_shown_and_harmless(pages: Pages, hostile: str) -> None:
    """Its names are text; its page runs in a frame that has no origin, no cookies and no connection."""
    alarms: list[str] = []

    def alarm(dialog: Any) -> None:
        alarms.append(dialog.message)
        dialog.dismiss()

    pages.page.on("dialog", alarm)
    pages.open("/models")
    pages.sees(IMAGE)
    pages.open(f"/model?model={hostile}")
    pages.sees(SCRIPT)
    pages.open(f"/run-model?model={hostile}")
    run = pages.run()
    pages.finish()
    frame = pages.page.frame_locator("iframe.qd-frame")
    said = frame.locator("#out")
    said.wait_for()
    pages.page.wait_for_timeout(1000)
    assert said.inner_text() == "no cookie, no parent, no fetch"
    assert alarms == []
    blocked, pages.errors[:] = list(pages.errors), []
    assert all("onnect" in error for error in blocked), blocked  # its own fetch, and nothing else
    for path in (f"/files/runs/{run}/drawing?inline=true", f"/files/runs/{run}/page?inline=true"):
        _opened_alone(pages, path)
    pages.errors.clear()
    assert alarms == []


def _opened_alone(pages: Pages, path: str) -> None:
    """A file opened by its own address is nobody's page: it has no origin of ours."""
    answer = pages.page.goto(pages.address + path)
    assert answer is not None
    assert answer.status == 200
    pages.page.wait_for_timeout(300)
    assert pages.page.evaluate("() => self.origin") == "null"


def test_markup_that_slipped_into_a_page_would_not_run(pages: Pages) -> None:
    """The last line of defence: inline scripts, event attributes and evaluated text are blocked by the browser."""
    pages.open("/models")
    ran: Any = pages.page.evaluate(
        """() => new Promise((done) => {
          window.ran = []
          const box = document.createElement("div")
          box.innerHTML = '<img src="data:x" onerror="window.ran.push(1)">'
          document.body.appendChild(box)
          const script = document.createElement("script")
          script.textContent = "window.ran.push(2)"
          document.body.appendChild(script)
          const far = document.createElement("script")
          far.src = URL.createObjectURL(new Blob(["window.ran.push(3)"], { type: "text/javascript" }))
          document.body.appendChild(far)
          const button = document.createElement("button")
          button.setAttribute("onclick", "window.ran.push(4)")
          document.body.appendChild(button)
          button.click()
          fetch("https://elsewhere.example/").then(() => window.ran.push(5), () => null)
          setTimeout(() => done(window.ran), 800)
        })"""
    )
    assert ran == []
    assert any("script-src" in error for error in pages.errors)
    pages.errors.clear()


def test_no_page_can_be_put_into_a_frame(pages: Pages, new_pages: Callable[..., Pages]) -> None:
    other = new_pages()
    other.page.goto("about:blank")
    other.page.set_content(f'<iframe src="{pages.address}/models"></iframe>')
    other.page.wait_for_timeout(1500)
    frames = [frame for frame in other.page.frames if frame.parent_frame]
    assert all("/models" not in frame.url or frame.url.startswith("chrome-error") for frame in frames)
    other.errors.clear()
