"""Nobody comes in without signing in: each surface of the server, asked by a stranger."""

from __future__ import annotations

import pytest

from tests.security.world import World

PAGES = (
    "/",
    "/models",
    "/model?name=hostile",
    "/runs",
    "/datasets",
    "/people",
    "/audit",
    "/secrets",
    "/account",
)
API = (
    "/api/v1/models",
    "/api/v1/runs",
    "/api/v1/datasets",
    "/api/v1/datasets/procurement-list/page",
    "/api/v1/metrics",
    "/api/v1/doctor",
    "/api/v1/openapi.json",
    "/api/v1/nothing",
)


@pytest.mark.asvs("4.1.1")
@pytest.mark.parametrize("path", PAGES)
def test_a_page_sends_a_stranger_to_the_sign_in(world: World, path: str) -> None:
    answer = world.get(path, Accept="text/html")
    assert answer.status == 303
    assert answer.headers["location"].startswith("/auth/sign-in")
    assert b"<script" not in answer.body


@pytest.mark.asvs("4.1.1")
@pytest.mark.parametrize("path", API)
def test_the_api_says_401_to_a_stranger(world: World, path: str) -> None:
    answer = world.get(path)
    assert answer.status == 401
    assert answer.json()["error"]["code"] == "signed-out"
    assert "bearer" in answer.headers["www-authenticate"].lower()


@pytest.mark.asvs("4.1.1")
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/v1/runs"),
        ("POST", "/api/v1/models/marketing-sum/predict"),
        ("POST", "/api/v1/uploads"),
        ("PUT", "/api/v1/uploads/01ARZ3NDEKTSV4RRFFQ69G5FAV?offset=0"),
        ("POST", "/api/v1/query"),
        ("DELETE", "/api/v1/uploads/01ARZ3NDEKTSV4RRFFQ69G5FAV"),
    ],
)
def test_a_stranger_changes_nothing(world: World, method: str, path: str) -> None:
    assert world.ask(method, path, body={}).status == 401


@pytest.mark.asvs("4.1.1")
def test_files_are_not_given_to_a_stranger(world: World) -> None:
    for path in (f"/files/runs/{world.ids['hostile']}", "/files/datasets/marketing-list"):
        assert world.get(path).status == 401
        assert world.ask("HEAD", path).status == 401


@pytest.mark.asvs("4.1.1")
def test_media_addresses_are_not_answered_to_a_stranger(world: World) -> None:
    assert world.get("/media/0123456789abcdef.png").status == 401


@pytest.mark.asvs("4.1.1")
@pytest.mark.parametrize(
    "path",
    ["/_stcore/host-config", "/_stcore/upload_file/a/b", "/_stcore/bidi-components/quarterdeck.view/view.js"],
)
def test_streamlits_own_addresses_are_closed_to_a_stranger(world: World, path: str) -> None:
    assert world.get(path).status == 401


@pytest.mark.asvs("4.1.1")
@pytest.mark.parametrize(
    "path",
    [
        "/_stcore/agent/interact",
        "/_stcore/agent/mcp",
        "/_stcore/agent/openapi.json",
        "/_stcore/metrics",
        "/_stcore/script-health-check",
        "/oauth2callback",
    ],
)
def test_what_streamlit_brings_and_we_do_not_use_is_closed_even_to_an_administrator(
    world: World, path: str
) -> None:
    assert world.get(path, "root").status == 404
    assert world.ask("POST", path, "root", {}).status == 404


@pytest.mark.asvs("4.1.1")
def test_the_event_stream_is_closed_to_a_stranger(world: World) -> None:
    assert world.get("/api/v1/events").status == 401


@pytest.mark.asvs("13.1.2")
def test_a_websocket_without_a_session_is_not_opened(world: World) -> None:
    assert " 101 " not in world.handshake(Origin=world.origin)


@pytest.mark.asvs("3.5.3")
def test_made_up_cookies_and_tokens_open_nothing(world: World) -> None:
    for headers in (
        {"Cookie": "quarterdeck=" + "A" * 43},
        {"Cookie": "quarterdeck="},
        {"Cookie": "__Host-quarterdeck=" + world.people["root"]},
        {"Authorization": "Bearer qd_01ARZ3NDEKTSV4RRFFQ69G5FAV_guess"},
        {"Authorization": "Bearer " + world.people["root"]},
        {"Authorization": "Basic cm9vdDpyb290"},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer " + "é" * 10},
    ):
        latin = {name: value.encode().decode("latin-1") for name, value in headers.items()}
        assert world.ask("GET", "/api/v1/runs", headers=latin).status == 401, headers


@pytest.mark.asvs("3.4.4")
def test_two_session_cookies_are_worth_none(world: World) -> None:
    both = f"quarterdeck={world.people['root']}; quarterdeck={world.people['mia']}"
    assert world.get("/api/v1/runs", Cookie=both).status == 401


@pytest.mark.asvs("4.1.1")
@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/../v1/runs",
        "/static/../api/v1/runs",
        "/auth/../api/v1/runs",
        "/auth/%2e%2e/api/v1/runs",
        "/static/%2e%2e/files/datasets/marketing-list",
        "/auth/..%2fmodels",
        "//api/v1/runs",
        "/auth\\..\\models",
        "/API/v1/runs",
        "/api/v1/runs;/auth/sign-in",
        "/api/v1/runs%00/auth/",
    ],
)
def test_a_crooked_address_is_no_way_around_the_sign_in(world: World, path: str) -> None:
    answer = world.get(path)
    assert answer.status in (303, 400, 401, 404)
    assert b"marketing" not in answer.body


@pytest.mark.asvs("4.1.1")
@pytest.mark.parametrize(
    "name", ["X-Original-URL", "X-Rewrite-URL", "X-Forwarded-Prefix", "X-Accel-Redirect"]
)
def test_no_header_leads_an_open_address_to_a_closed_one(world: World, name: str) -> None:
    answer = world.ask("GET", "/_stcore/health", headers={name: "/api/v1/runs"})
    assert answer.body == b"ok"


@pytest.mark.asvs("7.4.1")
def test_health_tells_a_stranger_nothing_but_that_it_lives(world: World) -> None:
    for path in ("/api/v1/health", "/api/v1/health/ready", "/api/v1/health/live"):
        answer = world.get(path)
        assert answer.status == 200
        assert set(answer.json()) <= {"status"}
