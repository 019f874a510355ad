"""Requests that another site makes a browser send, and sessions that somebody plants."""

from __future__ import annotations

import re

import pytest

from tests import signing_in
from tests.security.world import World

EVIL = "https://evil.example"
RUN = {"model": "marketing-sum"}


@pytest.mark.asvs("13.2.3")
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": EVIL},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1.evil.example"},
        {"Origin": "https://127.0.0.1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_a_change_from_another_sites_page_is_refused(world: World, headers: dict[str, str]) -> None:
    answer = world.ask("POST", "/api/v1/runs", "mia", RUN, headers)
    assert answer.status == 403
    assert world.ask("DELETE", "/api/v1/uploads/x", "mia", headers=headers).status == 403


@pytest.mark.asvs("13.2.3")
def test_a_form_of_another_site_cannot_start_a_run(world: World) -> None:
    """Browsers send such a form without asking; text/plain carries JSON."""
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        answer = world.ask(
            "POST",
            "/api/v1/runs",
            "mia",
            '{"model": "marketing-sum"}',
            {"Content-Type": kind, "Origin": EVIL},
        )
        assert answer.status == 403


@pytest.mark.asvs("13.1.5")
def test_json_sent_as_something_else_is_not_taken_for_json(world: World) -> None:
    for path, body in (
        ("/api/v1/runs", '{"model": "marketing-sum"}'),
        ("/api/v1/uploads", '{"name": "a.csv"}'),
    ):
        for kind in ("text/plain", "application/x-www-form-urlencoded"):
            answer = world.ask("POST", path, "mia", body, {"Content-Type": kind})
            assert answer.status in (415, 422), (path, kind)
    answer = world.ask(
        "POST",
        "/api/v1/models/marketing-sum/predict",
        "mia",
        '{"values": {"a": 1}}',
        {"Content-Type": "text/plain"},
    )
    assert answer.status in (415, 422)


@pytest.mark.asvs("14.5.3")
@pytest.mark.parametrize("path", ["/api/v1/runs", "/api/v1/events", "/media/x.png", "/_stcore/host-config"])
def test_another_sites_page_cannot_load_our_answers(world: World, path: str) -> None:
    answer = world.get(
        path, "mia", Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="no-cors", Sec_Fetch_Dest="image"
    )
    assert answer.status == 403


@pytest.mark.asvs("13.1.2")
@pytest.mark.parametrize(
    "origin", ["", EVIL, "null", "https://127.0.0.1", "http://localhost.evil.example", "http://127.0.0.1:1"]
)
def test_a_websocket_from_another_sites_page_is_not_opened(world: World, origin: str) -> None:
    first = world.handshake(Origin=origin, Cookie=world.cookie("mia"))
    assert " 403" in first


@pytest.mark.asvs("13.1.2")
def test_our_own_pages_websocket_is_opened(world: World) -> None:
    assert " 101 " in world.handshake(Origin=world.origin, Cookie=world.cookie("mia"))


@pytest.mark.asvs("13.1.2")
def test_there_is_no_websocket_at_any_other_address(world: World) -> None:
    for path in ("/", "/api/v1/events", "/_stcore/stream/", "/_stcore/other"):
        assert " 101 " not in world.handshake(path, Origin=world.origin, Cookie=world.cookie("root"))


@pytest.mark.asvs("3.3.1")
def test_signing_out_needs_more_than_a_link(world: World) -> None:
    """An image on another page would otherwise sign people out."""
    cookie = signing_in.cookie_for(world.data, "leaver", "viewer@Marketing")
    world.get("/auth/sign-out", Cookie=f"quarterdeck={cookie}")
    assert world.get("/api/v1/runs", Cookie=f"quarterdeck={cookie}").status == 200


def _form(world: World, cookies: str = "") -> tuple[str, str]:
    """The hidden field and the cookie of the sign-in form."""
    page = world.get("/auth/sign-in", **({"Cookie": cookies} if cookies else {}))
    field = re.search(r'name="form" value="([^"]+)"', page.text)
    assert field is not None
    held = next((c.split(";")[0] for c in page.cookies if c.startswith("quarterdeck-form=")), cookies)
    return field[1], held


def _send(world: World, field: str, cookie: str, name: str, password: str, next_page: str = "") -> object:
    from urllib.parse import urlencode

    body = urlencode({"form": field, "name": name, "password": password, "next": next_page})
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Origin": world.origin, "Cookie": cookie}
    return world.ask("POST", "/auth/sign-in", body=body, headers=headers)


@pytest.mark.asvs("3.2.1")
def test_signing_in_makes_a_new_session_whatever_cookie_was_planted(world: World) -> None:
    field, cookie = _form(world)
    planted = f"{cookie}; quarterdeck={'P' * 43}"
    answer = _send(world, field, planted, "typed", signing_in.PASSWORD)
    made = [c for c in answer.cookies if c.startswith("quarterdeck=")]  # type: ignore[attr-defined]
    assert len(made) == 1
    assert "P" * 43 not in made[0]
    assert world.get("/api/v1/runs", Cookie=f"quarterdeck={'P' * 43}").status == 401
    assert world.get("/api/v1/runs", Cookie=made[0].split(";")[0]).status == 200


@pytest.mark.asvs("3.4.1", "3.4.2", "3.4.3")
def test_the_sessions_cookie_is_out_of_reach_of_scripts_and_other_sites(world: World) -> None:
    field, cookie = _form(world)
    answer = _send(world, field, cookie, "typed", signing_in.PASSWORD)
    made = next(c for c in answer.cookies if c.startswith("quarterdeck="))  # type: ignore[attr-defined]
    assert "httponly" in made.lower()
    assert "samesite=lax" in made.lower()
    assert "path=/" in made.lower()
    assert "domain" not in made.lower()


@pytest.mark.asvs("4.2.2")
def test_a_sign_in_form_without_its_own_token_is_refused(world: World) -> None:
    field, cookie = _form(world)
    other_field, _ = _form(world)
    for wrong in ("", "guess", other_field):
        answer = _send(world, wrong, cookie, "typed", signing_in.PASSWORD)
        assert not [c for c in answer.cookies if c.startswith("quarterdeck=")]  # type: ignore[attr-defined]
    answer = _send(world, field, "", "typed", signing_in.PASSWORD)
    assert not [c for c in answer.cookies if c.startswith("quarterdeck=")]  # type: ignore[attr-defined]


@pytest.mark.asvs("5.1.5")
@pytest.mark.parametrize(
    "target",
    [
        EVIL,
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "///evil.example",
        "/%2f%2fevil.example",
        "javascript:alert(1)",
        "/\t/evil.example",
        "https:evil.example",
        "/auth/../\\evil.example",
        "data:text/html,x",
        "/ok\r\nSet-Cookie: a=b",
    ],
)
def test_signing_in_leads_only_to_pages_of_ours(world: World, target: str) -> None:
    field, cookie = _form(world)
    answer = _send(world, field, cookie, "typed", signing_in.PASSWORD, target)
    where = answer.headers.get("location", "/")  # type: ignore[attr-defined]
    assert re.match(r"/(?![/\\])", where), where
    assert "\n" not in where
    assert not any(c.startswith("a=") for c in answer.cookies)  # type: ignore[attr-defined]


@pytest.mark.asvs("5.1.5")
def test_the_way_to_the_sign_in_keeps_an_address_as_plain_data(world: World) -> None:
    answer = world.get("//evil.example/%0d%0aSet-Cookie:%20a=b")
    assert answer.status == 400
    answer = world.get("/models?x=%0d%0aSet-Cookie:%20a=b")
    assert answer.status == 303
    assert answer.headers["location"].startswith("/auth/sign-in?next=%2Fmodels")
    assert "set-cookie" not in answer.headers or "a=b" not in answer.headers["set-cookie"]


@pytest.mark.asvs("13.2.1")
@pytest.mark.parametrize("name", ["X-HTTP-Method-Override", "X-Method-Override", "X-HTTP-Method"])
def test_no_header_turns_reading_into_changing(world: World, name: str) -> None:
    before = world.get("/api/v1/runs", "mia").json()
    answer = world.ask("GET", "/api/v1/runs?_method=POST", "mia", headers={name: "POST"})
    assert answer.status == 200
    assert world.get("/api/v1/runs", "mia").json() == before


@pytest.mark.asvs("14.5.1")
@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "TRACK", "PROPFIND", "DEBUG"])
def test_methods_that_nobody_needs_are_not_answered(world: World, method: str) -> None:
    answer = world.raw(
        f"{method} / HTTP/1.1\r\nHost: 127.0.0.1:{world.port}\r\nConnection: close\r\nX-Secret: canary\r\n\r\n".encode()
    )
    assert answer.split()[1] in (b"400", b"405")
    assert b"canary" not in answer
