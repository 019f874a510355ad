"""The addresses under /auth/oidc, as a browser and a provider see them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from app import state
from app.gate import Gate
from app.signin.application import create_signin
from auth.service import Auth
from engine.settings import Settings
from tests import signing_in
from tests.oidc.conftest import BASE
from tests.oidc.running import Person, Running
from tests.oidc.test_signing_out import token

PASSWORD = "four quiet words at noon"
START, CALLBACK, CONNECT = "/auth/oidc/start", "/auth/oidc/callback", "/auth/oidc/connect"
BACK_CHANNEL, LEAVE = "/auth/oidc/back-channel-logout", "/auth/oidc/leave"
COOKIE = "quarterdeck"


@pytest.fixture
def client(auth: Auth, configure: Callable[..., Any]) -> Iterator[TestClient]:
    """A browser without any cookies, at the address that the provider knows."""
    configure()
    state.attach(auth)
    with TestClient(Gate(create_signin()), base_url=BASE, follow_redirects=False) as made:
        yield made
    state.detach(auth)


def signed_in(client: TestClient, login: str = "ada", query: str = "") -> Any:
    """Go to the provider and come back; returns our answer."""
    sent = client.get(START + query)
    assert sent.status_code == 303, sent.text
    return client.get(CALLBACK, params=Person(login).go(sent.headers["location"], BASE))


def test_the_button_is_on_the_sign_in_page_while_the_provider_is_in_use(
    client: TestClient, configure: Callable[..., Any]
) -> None:
    assert "Sign in with your company account" in client.get("/auth/sign-in?next=/runs").text
    configure(enabled=False)
    assert START not in client.get("/auth/sign-in").text


def test_the_way_there_says_what_it_must(client: TestClient, idp: Running) -> None:
    from urllib.parse import parse_qs, urlsplit

    answer = client.get(START)
    sent = parse_qs(urlsplit(answer.headers["location"]).query)
    assert answer.headers["location"].startswith(f"{idp.issuer}/auth?")
    assert sent["response_type"] == ["code"]
    assert sent["code_challenge_method"] == ["S256"]
    assert sent["redirect_uri"] == [BASE + CALLBACK]
    assert all(len(sent[name][0]) >= 32 for name in ("state", "nonce", "code_challenge"))
    assert "client_secret" not in sent
    assert answer.headers["cache-control"] == "no-store"
    (cookie,) = answer.headers.get_list("set-cookie")
    assert all(word in cookie for word in ("HttpOnly", "SameSite=Lax", "Max-Age=600", "Path=/"))


def test_coming_back_sets_the_session_and_takes_the_pending_cookie_away(client: TestClient) -> None:
    answer = signed_in(client, query="?next=/runs")
    assert (answer.status_code, answer.headers["location"]) == (303, "/runs")
    assert [name for name in client.cookies if name.startswith("quarterdeck_oidc_")] == []
    assert client.cookies[COOKIE]


def test_the_address_people_open_is_what_the_provider_is_told(
    client: TestClient, auth: Auth, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auth.settings, "public_address", "https://models.example")
    address = client.get(START).headers["location"]
    assert "redirect_uri=https%3A%2F%2Fmodels.example%2Fauth%2Foidc%2Fcallback" in address


@pytest.mark.parametrize("wanted", ["//evil.example", "https://evil.example", "/\\evil.example", "/auth/x"])
def test_nobody_is_led_elsewhere(wanted: str, client: TestClient) -> None:
    assert signed_in(client, query=f"?next={wanted}").headers["location"] == "/"


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?state=x&code=y",
        "?error=access_denied",
        "?state=" + "a" * 3000,
        "?state=%00&code=%ff",
        "?state[]=1",
    ],
)
def test_an_answer_that_nobody_asked_for_is_a_sentence(query: str, client: TestClient) -> None:
    answer = client.get(CALLBACK + query)
    assert answer.status_code == 403
    assert "begun in another browser" in answer.text
    assert COOKIE not in client.cookies


def test_what_was_typed_into_the_answer_is_never_on_the_page(client: TestClient) -> None:
    hostile = {"state": "x", "error": "<script>alert(1)</script>", "error_description": "<img src=x>"}
    answer = client.get(CALLBACK, params=hostile)
    assert "alert(1)" not in answer.text
    assert "src=x" not in answer.text


def test_a_provider_that_is_down_leaves_the_password(client: TestClient, idp: Running, auth: Auth) -> None:
    auth.identity._provider = None
    idp.control(down=True)
    answer = client.get(START)
    assert answer.status_code == 403
    assert "does not answer" in answer.text
    assert 'name="password"' in answer.text


def test_signing_out_leads_to_the_provider_by_a_page_and_not_by_the_form(
    client: TestClient, idp: Running
) -> None:
    signed_in(client)
    form = client.get("/auth/sign-out").text.partition('name="form" value="')[2].partition('"')[0]
    answer = client.post("/auth/sign-out", data={"form": form})
    assert answer.headers["location"].startswith(f"{LEAVE}?of=")
    page = client.get(answer.headers["location"])
    assert page.status_code == 200
    assert page.headers["refresh"].startswith(f"0; url={idp.issuer}/session/end?")
    assert COOKIE not in client.cookies


@pytest.mark.parametrize("sealed", ["", "?of=", "?of=v1.x.y", "?of=" + "a" * 500])
def test_leaving_without_having_signed_out_leads_to_the_sign_in_page(sealed: str, client: TestClient) -> None:
    assert client.get(LEAVE + sealed).headers["location"] == "/auth/sign-in?why=out"


def test_connecting_needs_a_session_the_forms_own_token_and_the_password(
    client: TestClient, auth: Auth
) -> None:
    assert client.get(CONNECT).headers["location"].startswith("/auth/sign-in")
    assert client.post(CONNECT, data={"form": "x"}).status_code == 303
    account = signing_in.person(auth, "ken", "viewer@Marketing", password=PASSWORD)
    client.cookies.set(COOKIE, signing_in.cookie(auth, account))
    assert client.post(CONNECT, data={"form": "guessed"}).status_code == 403
    elsewhere = {"Origin": "https://evil.example"}
    assert client.post(CONNECT, data={"form": "x"}, headers=elsewhere).status_code == 403
    form = client.get(CONNECT).text.partition('name="form" value="')[2].partition('"')[0]
    refused = client.post(CONNECT, data={"form": form, "current": "an open browser is not enough"})
    assert "not your current password" in refused.text
    assert "refresh" not in refused.headers
    answer = client.post(CONNECT, data={"form": form, "current": PASSWORD})
    assert answer.status_code == 200
    assert "url=http://127.0.0.1" in answer.headers["refresh"]


def test_the_providers_word_ends_sessions(client: TestClient, idp: Running, auth: Auth) -> None:
    signed_in(client)
    cookie = client.cookies[COOKIE]
    auth.sessions.actor(cookie)
    answer = client.post(BACK_CHANNEL, data={"logout_token": token(idp)})
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert client.get("/auth/sign-out").status_code == 303  # nobody is signed in any more


@pytest.mark.parametrize("sent", [{}, {"logout_token": ""}, {"logout_token": "x.y.z"}, {"other": "1"}])
def test_other_words_end_nothing(sent: dict[str, str], client: TestClient) -> None:
    signed_in(client)
    answer = client.post(BACK_CHANNEL, data=sent)
    assert answer.status_code == 400
    assert answer.json()["error"] == "invalid_request"
    assert client.get("/auth/sign-out").status_code == 200


def test_a_huge_word_is_not_read(client: TestClient) -> None:
    assert client.post(BACK_CHANNEL, data={"logout_token": "x" * 100_000}).status_code == 400


def test_only_the_methods_that_are_meant(client: TestClient) -> None:
    assert client.post(START).status_code == 405
    assert client.post(CALLBACK).status_code == 405
    assert client.get(BACK_CHANNEL).status_code == 405


def test_no_secret_is_in_any_of_it(
    client: TestClient, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    from tests.oidc.running import SECRET

    answer = signed_in(client)
    pages = [client.get(path).text for path in ("/auth/sign-in", CONNECT, CALLBACK)]
    assert not any(SECRET in text for text in (answer.text, *pages, caplog.text))
