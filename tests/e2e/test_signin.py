"""Signing in with a real browser: first password, wrong ones, a link, a second factor, and pages that close."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from auth import totp
from auth.service import Auth, opened
from engine.access import LOCAL_ADMIN
from engine.settings import Settings
from engine.store.tables_access import ThrottleRow
from tests import signing_in
from tests.e2e.pages import Pages
from tests.signing_in import PASSWORD

NEW = "another walnut fjord"


@pytest.fixture(scope="module")
def people(data_folder: Path, server: str) -> Iterator[Auth]:
    """The server's accounts, as another process sees them (the command line)."""
    made = opened(Settings(data_folder=data_folder, free_space_floor_mb=1))
    yield made
    made.engine.stop()


@pytest.fixture
def stranger(new_pages: Callable[..., Pages]) -> Any:
    """A browser in which nobody is signed in."""
    return new_pages(who=None).page


def sign_in(page: Any, address: str, name: str, password: str, path: str = "/") -> None:
    page.goto(address + path)
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in").click()


def tried_before(auth: Auth, times: int) -> None:
    """As if everything that has been tried in vain had been tried so often."""
    with auth.engine.database.change(LOCAL_ADMIN) as change:
        change.connection.execute(update(ThrottleRow).values(failures=times))


def on_page(page: Any, path: str) -> None:
    page.wait_for_url(re.compile(re.escape(path)))
    page.wait_for_selector("[data-testid=stMain]")


def new_password(page: Any, password: str, again: str | None = None) -> None:
    page.get_by_label("New password", exact=True).fill(password)
    page.get_by_label("New password once more").fill(password if again is None else again)
    page.get_by_role("button", name="Save the password").click()


def test_a_one_time_password_must_be_changed(stranger: Any, server: str, people: Auth) -> None:
    signing_in.person(people, "carla", password="given-once-only", must_change=True)
    sign_in(stranger, server, "Carla", "given-once-only", "/models")
    stranger.wait_for_url("**/auth/password?next=*")
    new_password(stranger, NEW, "typed otherwise")
    assert "not the same" in stranger.get_by_role("alert").inner_text()
    new_password(stranger, "carla-2026!!")
    assert "quickly guessed" in stranger.get_by_role("alert").inner_text()
    stranger.goto(f"{server}/models")  # nothing else opens meanwhile
    assert "/auth/" in stranger.url
    new_password(stranger, NEW)
    on_page(stranger, "/")
    cookie = next(one for one in stranger.context.cookies() if one["name"] == "quarterdeck")
    assert cookie["httpOnly"]
    assert cookie["sameSite"] == "Lax"


def test_wrong_passwords_say_one_thing_and_too_many_have_to_wait(
    new_pages: Callable[..., Pages], stranger: Any, server: str, people: Auth
) -> None:
    signing_in.person(people, "dora", password=PASSWORD)
    said = set()
    for name in ("dora", "nobody-here"):
        sign_in(stranger, server, name, "wrong guess")
        said.add(stranger.get_by_role("alert").inner_text())
        assert stranger.get_by_label("Name").input_value() == name
    assert len(said) == 1
    tried_before(people, 9)  # a slow machine takes longer for a guess than the first waiting times last
    sign_in(stranger, server, "dora", "wrong guess")
    for password in ("wrong guess", PASSWORD):
        sign_in(stranger, server, "dora", password)
        assert re.search(r"Wait \d\d+ seconds", stranger.get_by_role("alert").inner_text())
        assert "/auth/sign-in" in stranger.url


def test_a_link_sets_a_new_password(stranger: Any, server: str, people: Auth) -> None:
    account = signing_in.person(people, "erik", password=PASSWORD)
    path = people.links.make(people.accounts.actor_of(account), account)
    stranger.goto(server + path)
    assert "erik" in stranger.inner_text("main")
    new_password(stranger, NEW)
    on_page(stranger, "/")
    stranger.goto(server + path)
    assert "does not work" in stranger.inner_text("h1")


def test_forgetting_the_password_tells_nothing_about_names(stranger: Any, server: str) -> None:
    stranger.goto(f"{server}/auth/sign-in")
    stranger.get_by_role("link", name="Forgotten your password?").click()
    assert "administrator" in stranger.inner_text("main")  # this server sends no e-mail


def test_a_second_factor_from_the_qr_code_to_the_recovery_code(
    new_pages: Callable[..., Pages], stranger: Any, server: str, people: Auth
) -> None:
    signing_in.person(people, "fay", password=PASSWORD)
    sign_in(stranger, server, "fay", PASSWORD, "/auth/second-factor")
    stranger.wait_for_url("**/auth/second-factor")
    assert stranger.locator(".qr svg").is_visible()
    secret = _decoded(stranger.locator("code").inner_text())
    stranger.get_by_label("Code that the app shows").fill("000000")
    stranger.get_by_label("Current password").fill(PASSWORD)
    stranger.get_by_role("button", name="Switch on").click()
    assert "not right" in stranger.get_by_role("alert").inner_text()
    assert _decoded(stranger.locator("code").inner_text()) == secret  # the same offer as was scanned
    stranger.get_by_label("Code that the app shows").fill(totp.code(secret, int(time.time() // 30) - 1))
    stranger.get_by_label("Current password").fill(PASSWORD)
    stranger.get_by_role("button", name="Switch on").click()
    codes = stranger.locator(".codes li").all_inner_texts()
    assert len(codes) == 10

    other = new_pages(who=None).page
    sign_in(other, server, "fay", PASSWORD, "/runs")
    assert other.get_by_label("Code", exact=True).is_visible()
    other.get_by_label("Code", exact=True).fill("999999")
    other.get_by_role("button", name="Continue").click()
    assert "not right" in other.get_by_role("alert").inner_text()
    other.get_by_label("Code", exact=True).fill(codes[0])
    other.get_by_role("button", name="Continue").click()
    on_page(other, "/")


def _decoded(shown: str) -> bytes:
    import base64

    return base64.b32decode(shown.replace(" ", ""))


def test_an_open_page_closes_when_its_session_is_ended_elsewhere(
    new_pages: Callable[..., Pages], server: str, people: Auth
) -> None:
    pages = new_pages(who="gina")
    pages.open("/models")
    account = signing_in.person(people, "gina")
    started = time.monotonic()
    people.sessions.revoke_all(people.accounts.actor_of(account))
    pages.page.wait_for_url("**/auth/sign-in?*", timeout=8000)
    assert time.monotonic() - started < 5.5
    assert "has ended" in pages.page.inner_text("main")
    assert "next=%2Fmodels" in pages.page.url


def test_signing_out_asks_and_then_nothing_opens(new_pages: Callable[..., Pages], server: str) -> None:
    pages = new_pages(who="hal")
    pages.open("/models")
    page = pages.page
    page.goto(f"{server}/auth/sign-out")
    page.get_by_role("button", name="Sign out").click()
    assert "signed out" in page.get_by_role("status").inner_text()
    page.goto(f"{server}/models")
    assert "/auth/sign-in" in page.url


@pytest.mark.parametrize(
    ("wanted", "reached"),
    [
        ("/runs?x=1", "/runs?x=1"),
        ("//evil.example/", "/"),
        ("https://evil.example/", "/"),
        ("/\\evil.example", "/"),
    ],
)
def test_after_signing_in_one_lands_on_this_server_only(
    stranger: Any, server: str, people: Auth, wanted: str, reached: str
) -> None:
    from urllib.parse import quote

    signing_in.person(people, "ida", password=PASSWORD)
    sign_in(stranger, server, "ida", PASSWORD, f"/auth/sign-in?next={quote(wanted, safe='')}")
    stranger.wait_for_selector("[data-testid=stMain]")
    assert stranger.url == server + reached


@pytest.mark.parametrize("path", ["/auth/sign-in", "/auth/reset", "/auth/reset/none"])
@pytest.mark.parametrize("dark", [False, True])
def test_the_pages_fit_a_phone(new_pages: Callable[..., Pages], server: str, path: str, dark: bool) -> None:
    page = new_pages(width=390, height=800, dark=dark, who=None).page
    page.goto(server + path)
    assert page.evaluate("() => document.documentElement.scrollWidth <= window.innerWidth")
    assert page.evaluate("() => getComputedStyle(document.body).backgroundColor") == (
        "rgb(16, 22, 29)" if dark else "rgb(243, 246, 249)"
    )


@pytest.mark.parametrize("dark", [False, True])
def test_the_pages_keep_the_rules_of_accessibility(
    new_pages: Callable[..., Pages], server: str, people: Auth, dark: bool
) -> None:
    """axe-core, WCAG 2.1 A and AA; what it finds on a page is in the failure."""
    from axe_playwright_python.sync_playwright import Axe

    account = signing_in.person(people, "jo", password=PASSWORD)
    link = people.links.make(people.accounts.actor_of(account), account)
    rules = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]}
    found = {}
    page = new_pages(dark=dark, who=None).page
    for path in ("/auth/sign-in?why=ended", "/auth/reset", link, "/auth/reset/none", "/auth/nothing"):
        page.goto(server + path)
        found[path] = [one["id"] for one in Axe().run(page, options=rules).response["violations"]]
    sign_in(page, server, "jo", "wrong guess")
    found["wrong"] = [one["id"] for one in Axe().run(page, options=rules).response["violations"]]
    sign_in(page, server, "jo", PASSWORD, "/auth/second-factor")
    for path in ("/auth/second-factor", "/auth/password", "/auth/sign-out"):
        page.goto(server + path)
        found[path] = [one["id"] for one in Axe().run(page, options=rules).response["violations"]]
    assert {path: ids for path, ids in found.items() if ids} == {}
