"""Signing in and out by a real identity provider, in a real browser, against a real server."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from auth.identity import Mapped, ProviderOptions
from auth.service import opened
from engine.access import LOCAL_ADMIN
from engine.settings import ROOT, Settings
from tests import signing_in
from tests.e2e.conftest import SERVE, _until_up, free_port
from tests.oidc.running import CLIENT, SCOPES, SECRET, Running, provider

PASSWORD = "four quiet words at noon"
TITLE = "your Kronkers account"
MAPPING = (
    Mapped("marketing", "analyst", "Marketing"),
    Mapped("procurement", "modeller", "Procurement"),
    Mapped("quarterdeck-admins", "administrator"),
)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Running]]:
    """A server that signs people in by a provider of its own: its address, and the provider."""
    folder, port = tmp_path_factory.mktemp("oidc"), free_port()
    address = f"http://127.0.0.1:{port}"
    with provider(address, folder / "provider.log") as idp:
        auth = opened(Settings(data_folder=folder / "data", free_space_floor_mb=1))
        try:
            for department in ("Marketing", "Procurement"):
                auth.accounts.add_department(LOCAL_ADMIN, department)
            auth.engine.catalog.register(LOCAL_ADMIN, ROOT / "tests" / "models_tiny" / "sum", promote=True)
            options = ProviderOptions(
                enabled=True,
                title=TITLE,
                address=idp.issuer,
                client_id=CLIENT,
                scopes=SCOPES,
                mapping=MAPPING,
            )
            auth.identity.configure(LOCAL_ADMIN, options, client_secret=SECRET)
            signing_in.person(auth, "ken", "viewer@Marketing", password=PASSWORD)
        finally:
            auth.engine.stop()
        environment = os.environ | {
            "QUARTERDECK_DATA_FOLDER": str(folder / "data"),
            "QUARTERDECK_PORT": str(port),
            "QUARTERDECK_FREE_SPACE_FLOOR_MB": "1",
        }
        with (folder / "server.log").open("w") as log:
            process = subprocess.Popen(
                [sys.executable, "-c", SERVE], cwd=ROOT, env=environment, stdout=log, stderr=log
            )
        try:
            _until_up(address, process)
            yield address, idp
        finally:
            process.terminate()
            process.wait(timeout=20)


class Window:
    """One browser window of a person without any cookies yet."""

    def __init__(self, page: Any, address: str, idp: Running) -> None:
        self.page, self.address, self.idp = page, address, idp

    def choose_provider(self, path: str = "/") -> None:
        """Open one of our pages, be sent to the sign-in page, and press the provider's button."""
        self.page.goto(self.address + path)
        self.page.wait_for_url(re.compile(r"/auth/sign-in"))
        self.page.get_by_role("link", name=f"Sign in with {TITLE}").click()

    def log_in(self, login: str) -> None:
        """Fill in the provider's form."""
        assert self.page.url.startswith(self.idp.issuer)
        self.page.fill("input[name=login]", login)
        self.page.fill("input[name=password]", "any")
        self.page.click("button[type=submit]")

    def sign_in(self, login: str, path: str = "/") -> None:
        """The whole way."""
        self.choose_provider(path)
        self.log_in(login)
        self.page.wait_for_url(lambda url: url.startswith(self.address) and "/auth/" not in url)

    def me(self) -> Any:
        """Who the browser's cookie stands for, by the API."""
        answer = self.page.request.get(f"{self.address}/api/v1/me")
        return answer.json() if answer.ok else answer.status

    def drawn(self) -> str:
        """What the page says, once it is drawn."""
        self.page.wait_for_selector('[data-testid=stApp][data-test-script-state="notRunning"]')
        self.page.wait_for_selector(
            "[data-testid=stMain] .qd-root, [data-testid=stMain] [data-testid=stAlert]"
        )
        return str(self.page.locator("[data-testid=stApp]").inner_text())


@pytest.fixture
def window(browser: Any, running: tuple[str, Running]) -> Iterator[Callable[[], Window]]:
    """Open fresh windows of different people."""
    address, idp = running
    idp.sane()
    contexts: list[Any] = []

    def make() -> Window:
        contexts.append(browser.new_context())
        contexts[-1].set_default_timeout(20_000)
        return Window(contexts[-1].new_page(), address, idp)

    yield make
    for context in contexts:
        context.close()
    idp.sane()


def test_signing_in_leads_to_the_page_that_was_wanted_with_the_roles_of_ones_groups(
    window: Callable[[], Window],
) -> None:
    ada = window()
    ada.sign_in("ada", "/models?search=sum")
    assert ada.page.url == f"{ada.address}/models?search=sum"
    ada.drawn()
    me = ada.me()
    assert (me["name"], me["kind"]) == ("Ada Lovelace", "person")
    assert me["roles"] == [{"role": "analyst", "department": "Marketing"}]


def test_the_cookies_are_out_of_reach_for_scripts(window: Callable[[], Window]) -> None:
    ada = window()
    ada.choose_provider()
    pending = [c for c in ada.page.context.cookies(ada.address) if c["name"].startswith("quarterdeck_oidc_")]
    assert [(c["httpOnly"], c["sameSite"]) for c in pending] == [(True, "Lax")]
    assert 0 < pending[0]["expires"] - ada.page.evaluate("Date.now() / 1000") <= 600
    ada.log_in("ada")
    ada.page.wait_for_url(lambda url: url.startswith(ada.address))
    kept = {c["name"]: c for c in ada.page.context.cookies(ada.address)}
    assert not any(name.startswith("quarterdeck_oidc_") for name in kept)
    assert kept["quarterdeck"]["httpOnly"]


def test_signing_out_here_signs_out_there(window: Callable[[], Window]) -> None:
    ada = window()
    ada.sign_in("ada")
    ada.page.goto(f"{ada.address}/auth/sign-out")
    ada.page.get_by_role("button", name="Sign out").click()
    ada.page.wait_for_url(lambda url: url.startswith(f"{ada.idp.issuer}/session/end"))
    ada.page.get_by_role("button", name=re.compile("Yes", re.IGNORECASE)).click()
    ada.page.wait_for_url(lambda url: url.startswith(f"{ada.address}/auth/sign-in"))
    assert ada.me() == 401
    ada.page.get_by_role("link", name=f"Sign in with {TITLE}").click()
    ada.page.wait_for_selector("input[name=login]")  # the provider does not know the browser any more


def test_signing_out_there_signs_out_here(window: Callable[[], Window]) -> None:
    grace = window()
    grace.sign_in("grace")
    assert grace.me()["roles"][0] == {"role": "administrator", "department": ""}
    there = grace.page.context.new_page()
    there.goto(f"{grace.idp.issuer}/session/end")
    there.get_by_role("button", name=re.compile("Yes", re.IGNORECASE)).click()
    there.wait_for_load_state()
    for _ in range(40):
        if grace.me() == 401:
            break
        grace.page.wait_for_timeout(250)
    assert grace.me() == 401
    grace.page.wait_for_url(re.compile("/auth/sign-in"), timeout=15_000)  # the open page too, by itself


def test_who_is_signed_in_there_needs_no_password_again(window: Callable[[], Window]) -> None:
    ada = window()
    ada.sign_in("ada")
    ada.page.context.clear_cookies(domain="127.0.0.1", name="quarterdeck")
    ada.choose_provider()
    ada.page.wait_for_url(lambda url: url.startswith(ada.address) and "/auth/" not in url)
    assert ada.me()["name"] == "Ada Lovelace"


def test_somebody_without_a_group_is_told_so(window: Callable[[], Window]) -> None:
    eve = window()
    eve.sign_in("eve")
    eve.page.goto(f"{eve.address}/account")
    eve.page.get_by_text("You have no role yet").first.wait_for()
    assert eve.me()["roles"] == []
    assert eve.page.request.get(f"{eve.address}/api/v1/models/sum").status in (403, 404)


def test_what_goes_wrong_there_is_a_sentence_on_our_sign_in_page(window: Callable[[], Window]) -> None:
    ada = window()
    ada.idp.control(deny="access_denied")
    ada.choose_provider()
    alert = ada.page.get_by_role("alert")
    assert "was cancelled or refused" in alert.inner_text()
    assert "administrator</b>" not in ada.page.content()
    assert "alert(1)" not in ada.page.content()
    assert ada.page.get_by_label("Password").is_visible()
    assert ada.me() == 401


def test_an_answer_that_another_browser_asked_for_is_refused(window: Callable[[], Window]) -> None:
    mallory, ada = window(), window()
    mallory.page.route(re.compile("/auth/oidc/callback"), lambda route: route.abort())
    answers: list[str] = []
    mallory.page.on(
        "request", lambda request: answers.append(request.url) if "/oidc/callback" in request.url else None
    )
    mallory.choose_provider()
    mallory.log_in("mallory")
    mallory.page.wait_for_timeout(1500)
    assert answers
    ada.page.goto(answers[0])  # Mallory sends Ada the link, so that Ada works in Mallory's name
    assert "begun in another browser" in ada.page.get_by_role("alert").inner_text()
    assert ada.me() == 401


@pytest.mark.parametrize(
    "wanted", ["//evil.example", "https://evil.example", "/\\evil.example", "/auth/sign-out"]
)
def test_nobody_is_led_to_another_site_after_signing_in(wanted: str, window: Callable[[], Window]) -> None:
    ada = window()
    ada.page.goto(f"{ada.address}/auth/oidc/start?next={wanted}")
    ada.log_in("ada")
    ada.page.wait_for_url(lambda url: url.startswith(ada.address) and "/oidc/" not in url)
    assert ada.page.url.rstrip("/") == ada.address


def test_an_account_of_ones_own_is_connected_by_a_form(
    window: Callable[[], Window], running: tuple[str, Running], tmp_path_factory: Any
) -> None:
    ken = window()
    ken.page.goto(f"{ken.address}/auth/oidc/connect")
    assert ken.page.url.startswith(f"{ken.address}/auth/sign-in")  # only for who is signed in
    ken.page.locator("#name").fill("ken")
    ken.page.locator("#password").fill(PASSWORD)
    ken.page.get_by_role("button", name="Sign in", exact=True).click()
    ken.page.wait_for_url(lambda url: "/auth/sign-in" not in url)
    ken.page.goto(f"{ken.address}/auth/oidc/connect")
    answer = ken.page.request.post(f"{ken.address}/auth/oidc/connect", form={"form": "guessed"})
    assert answer.status == 403
    ken.page.locator("#current").fill(PASSWORD)
    ken.page.get_by_role("button").click()
    ken.page.wait_for_url(lambda url: url.startswith(ken.idp.issuer))
    ken.log_in("barbara")
    ken.page.wait_for_url(re.compile("/auth/oidc/callback"))
    assert ken.page.get_by_role("heading", name="Your account is connected").is_visible()


def test_an_administrator_tries_the_provider_by_a_button(window: Callable[[], Window]) -> None:
    grace = window()
    grace.sign_in("grace", "/identity")
    grace.page.get_by_role("button", name="Test").first.click()
    grace.page.get_by_text(f"The provider is {grace.idp.issuer}.").wait_for()
    grace.page.get_by_text("The provider knows the client and its secret.").wait_for()
    assert SECRET not in grace.page.content()


def test_pictures_for_people_to_look_at(window: Callable[[], Window], tmp_path_factory: Any) -> None:
    folder = Path(os.environ.get("QUARTERDECK_PICTURES", str(tmp_path_factory.mktemp("pictures"))))
    ada = window()
    ada.page.goto(f"{ada.address}/auth/sign-in")
    ada.page.screenshot(path=folder / "oidc-sign-in.png")
    ada.sign_in("ada")
    ada.page.goto(f"{ada.address}/auth/oidc/connect")
    ada.page.screenshot(path=folder / "oidc-connect.png")
    grace = window()
    grace.sign_in("grace", "/identity")
    grace.page.set_viewport_size({"width": 1440, "height": 1900})
    grace.page.get_by_role("button", name="Test").first.click()
    grace.page.get_by_text("The provider knows the client and its secret.").wait_for()
    grace.page.screenshot(path=folder / "oidc-set-up.png")
    eve = window()
    eve.sign_in("eve")
    eve.page.get_by_text("You have no role yet").first.wait_for()
    eve.page.screenshot(path=folder / "oidc-no-role.png")
