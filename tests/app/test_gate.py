"""The gate: everything but the sign-in pages is for people who are signed in, and only what is theirs."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from app.asgi import Server
from app.gate import Gate
from app.signin import local
from app.signin.activity import PageSocket
from app.signin.application import create_signin
from app.signin.cookies import SESSION
from auth.service import Auth
from engine.access import LOCAL_ADMIN
from engine.engine import Engine
from tests import signing_in
from tests.asynchronous import finished
from tests.conftest import TINY


async def inside(scope: Any, receive: Any, send: Any) -> None:
    """Stands for what is behind the gate: says who was let in."""
    actor = scope.get("state", {}).get("actor")
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        told = {name.decode(): value.decode() for name, value in scope["headers"]}
        await send({"type": "websocket.send", "text": json.dumps(told)})
        while (await receive())["type"] != "websocket.disconnect":
            pass
        return
    if scope["type"] == "lifespan":
        for event in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{event}.complete"})
        return
    body = json.dumps({"id": actor.id if actor else None, "via": actor.via if actor else None}).encode()
    head = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": 200, "headers": head})
    if scope["path"] == "/api/v1/events":
        while True:
            await send({"type": "http.response.body", "body": b"x", "more_body": True})
            await asyncio.sleep(0.05)
    await send({"type": "http.response.body", "body": body})


@pytest.fixture
def gate(auth: Auth) -> Iterator[TestClient]:
    with TestClient(Gate(Server(inside, inside, create_signin())), follow_redirects=False) as made:
        yield made


@pytest.fixture
def ada(auth: Auth) -> str:
    return signing_in.person(auth, "ada")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/", 303),
        ("/models?model=x", 303),
        ("/no-such-page", 303),
        ("/api/v1/runs", 401),
        ("/api/v1/openapi.json", 401),
        ("/files/runs/01X", 401),
        ("/media/abc.png", 401),
        ("/_stcore/host-config", 401),
        ("/_stcore/upload_file/s/f", 401),
        ("/_stcore/metrics", 401),
        ("/auth/sign-in", 200),
        ("/auth/assets/signin.css", 200),
        ("/_stcore/health", 200),
        ("/api/v1/health/live", 200),
        ("/static/js/index.js", 200),
    ],
)
def test_what_nobody_gets(gate: TestClient, path: str, status: int) -> None:
    assert gate.get(path).status_code == status


def test_a_page_leads_to_the_sign_in_and_back(gate: TestClient) -> None:
    answer = gate.get("/run?run=01X&a=b%20c")
    assert answer.headers["location"] == "/auth/sign-in?next=%2Frun%3Frun%3D01X%26a%3Db%2520c"
    assert gate.get("/").headers["location"] == "/auth/sign-in"


def test_the_api_says_how_to_sign_in(gate: TestClient) -> None:
    answer = gate.get("/api/v1/runs", headers={"X-Request-ID": "mine"})
    assert answer.json()["error"]["code"] == "signed-out"
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert answer.headers["x-request-id"] == "mine"


@pytest.mark.parametrize("path", ["/component/x", "/api/v1/runs", "/files/x"])
def test_a_cookie_lets_in(gate: TestClient, auth: Auth, ada: str, path: str) -> None:
    answer = gate.get(path, headers=signing_in.header(auth, ada))
    assert answer.json() == {"id": ada, "via": "page" if path == "/component/x" else "api"}


def test_a_cookie_opens_a_page(gate: TestClient, auth: Auth, ada: str) -> None:
    answer = gate.get("/", headers=signing_in.header(auth, ada))
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")


@pytest.mark.parametrize("stage", ["totp", "password"])
def test_half_a_sign_in_lets_nobody_in(gate: TestClient, auth: Auth, ada: str, stage: str) -> None:
    token = signing_in.cookie(auth, ada, stage=stage)
    assert gate.get("/api/v1/runs", headers={"Cookie": f"{SESSION}={token}"}).status_code == 401


def test_a_token_is_for_the_api_only_and_outweighs_a_cookie(gate: TestClient, auth: Auth, ada: str) -> None:
    _, text = auth.tokens.create(auth.accounts.actor_of(ada), "test")
    bearer = {"Authorization": f"Bearer {text}"}
    assert gate.get("/api/v1/runs", headers=bearer).json()["id"] == ada
    assert gate.get("/", headers=bearer).status_code == 303
    for wrong in ("Bearer qd_x", "Bearer", "Basic YTpi", f"Token {text}"):
        headers = {"Authorization": wrong, **signing_in.header(auth, ada)}
        assert gate.get("/api/v1/runs", headers=headers).status_code == 401


def test_a_revoked_token_is_out_at_once(gate: TestClient, auth: Auth, ada: str) -> None:
    actor = auth.accounts.actor_of(ada)
    token, text = auth.tokens.create(actor, "test")
    bearer = {"Authorization": f"Bearer {text}"}
    assert gate.get("/api/v1/runs", headers=bearer).status_code == 200
    auth.tokens.revoke(actor, token.id)
    assert gate.get("/api/v1/runs", headers=bearer).status_code == 401


def test_the_command_line_of_this_machine_comes_in_by_its_key(gate: TestClient) -> None:
    good = local.credential(local.KEY)
    found = gate.get("/api/v1/runs", headers={"Authorization": f"Bearer {good}"}).json()
    assert found == {"id": "local-admin", "via": "cli"}
    head, _, mark = good.rpartition(".")
    old = head.replace(head.split(".")[1], str(int(time.time()) - 120))
    forged = f"{head}.{mark[:-1]}{'1' if mark.endswith('0') else '0'}"
    for wrong in (local.credential("other key"), forged, f"{old}.{mark}", "local.", "local.x.y.z"):
        answer = gate.get("/api/v1/runs", headers={"Authorization": f"Bearer {wrong}"})
        assert answer.status_code == 401, wrong


def test_a_permit_of_the_command_line_is_over_after_a_minute(
    gate: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = local.credential(local.KEY)
    now = time.time()
    monkeypatch.setattr(local.time, "time", lambda: now + 90)
    assert gate.get("/api/v1/runs", headers={"Authorization": f"Bearer {made}"}).status_code == 401


def test_two_cookies_of_the_name_are_none(gate: TestClient, auth: Auth, ada: str) -> None:
    token = signing_in.cookie(auth, ada)
    twice = f"{SESSION}={token}; other=1; {SESSION}={signing_in.cookie(auth)}"
    assert gate.get("/api/v1/runs", headers={"Cookie": twice}).status_code == 401
    assert gate.get("/api/v1/runs", headers={"Cookie": f"x=1; {SESSION}={token}"}).status_code == 200


def test_under_tls_only_the_host_prefixed_cookie_counts(auth: Auth, ada: str) -> None:
    token = signing_in.cookie(auth, ada)
    with TestClient(Gate(inside), base_url="https://testserver", follow_redirects=False) as secure:
        assert secure.get("/api/v1/runs", headers={"Cookie": f"{SESSION}={token}"}).status_code == 401
        assert secure.get("/api/v1/runs", headers={"Cookie": f"__Host-{SESSION}={token}"}).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/_stcore/agent/interact",
        "/_stcore/metrics",
        "/oauth2callback",
        "/_stcore/upload_file/somebodys-session/file",
        "/media/0123456789abcdef.png",
    ],
)
def test_what_is_not_known_to_be_ones_own_is_not_there(
    gate: TestClient, auth: Auth, ada: str, path: str
) -> None:
    assert gate.get(path, headers=signing_in.header(auth, ada)).status_code == 404


@pytest.mark.parametrize("path", ["/_stcore/stream", "/api/v1/events", "/anything"])
def test_a_websocket_does_not_slip_past(gate: TestClient, path: str) -> None:
    with pytest.raises(WebSocketDisconnect) as refused, gate.websocket_connect(path):
        pass
    assert refused.value.code == 1008


def test_a_websocket_is_marked_with_whose_it_is(gate: TestClient, auth: Auth, ada: str) -> None:
    forged = {
        "x-quarterdeck-account": "boss",
        "x-quarterdeck-session": "stolen",
        **signing_in.header(auth, ada),
    }
    with gate.websocket_connect("/_stcore/stream", headers=forged) as socket:
        told = socket.receive_json()
    assert told["x-quarterdeck-account"] == ada
    assert told["x-quarterdeck-session"] == forged["Cookie"].partition("=")[2]


def test_a_share_that_was_taken_back_is_gone_for_tokens_at_once(auth: Auth, engine: Engine, ada: str) -> None:
    seen = []

    async def behind(scope: Any, receive: Any, send: Any) -> None:
        seen.append(len(scope["state"]["actor"].shares))
        await inside(scope, receive, send)

    engine.catalog.register(LOCAL_ADMIN, TINY / "sum", promote=True)
    bob = signing_in.person(auth, "bob", "viewer@Elsewhere")
    _, token = auth.tokens.create(auth.accounts.actor_of(bob), "a script")
    client = TestClient(Gate(behind), headers={"Authorization": f"Bearer {token}"})
    auth.sharing.share(LOCAL_ADMIN, "model", "tiny-sum", f"person:{bob}", "viewer")
    client.get("/api/v1/models")
    auth.sharing.unshare(LOCAL_ADMIN, "model", "tiny-sum", f"person:{bob}", "viewer")
    client.get("/api/v1/models")
    assert seen == [1, 0]


def test_an_open_page_is_sent_away_within_five_seconds(gate: TestClient, auth: Auth, ada: str) -> None:
    header = signing_in.header(auth, ada)
    with gate.websocket_connect("/_stcore/stream", headers=header) as socket:
        socket.receive_json()
        started = time.monotonic()
        auth.sessions.revoke_all(auth.accounts.actor_of(ada))
        assert b"/auth/sign-in?why=ended" in socket.receive_bytes()
        with pytest.raises(WebSocketDisconnect):
            socket.receive_bytes()
    assert time.monotonic() - started < 5


def test_a_page_that_comes_back_too_late_is_told_where_to_sign_in(
    gate: TestClient, auth: Auth, ada: str
) -> None:
    header = signing_in.header(auth, ada)
    auth.sessions.revoke_all(auth.accounts.actor_of(ada))
    with gate.websocket_connect("/_stcore/stream", headers=header, subprotocols=["streamlit"]) as socket:
        assert b"/auth/sign-in" in socket.receive_bytes()
        with pytest.raises(WebSocketDisconnect):
            socket.receive_bytes()


def test_an_event_stream_ends_with_its_session(auth: Auth, ada: str) -> None:
    header = [(b"cookie", f"{SESSION}={signing_in.cookie(auth, ada)}".encode())]
    scope = {
        "type": "http", "method": "GET", "path": "/api/v1/events", "query_string": b"", "scheme": "http",
        "headers": header, "client": ("127.0.0.1", 1),
    }  # fmt: skip
    got = 0

    async def send(message: dict[str, Any]) -> None:
        nonlocal got
        got += 1
        if got == 3:
            auth.sessions.revoke_all(auth.accounts.actor_of(ada))

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(60)
        return {"type": "http.disconnect"}

    async def follow() -> None:
        await asyncio.wait_for(Gate(inside)(scope, receive, send), 5)  # type: ignore[arg-type]

    finished(follow())
    assert got >= 3


def rerun(**fields: Any) -> bytes:
    from streamlit.proto.BackMsg_pb2 import BackMsg

    message = BackMsg()
    message.rerun_script.query_string = ""
    for name, value in fields.pop("widgets", {}).items():
        widget = message.rerun_script.widget_states.widgets.add(id="x")
        setattr(widget, name, value)
    for name, value in fields.items():
        setattr(message.rerun_script, name, value)
    return message.SerializeToString()


@pytest.mark.parametrize(
    ("message", "person"),
    [
        (rerun(), True),
        (rerun(widgets={"string_value": "typed"}), True),
        (rerun(widgets={"trigger_value": True}), True),
        (rerun(widgets={"json_trigger_value": '[{"event": "go", "value": 1}]'}), True),
        (rerun(is_auto_rerun=True, fragment_id="f"), False),
        (
            rerun(fragment_id="f", widgets={"json_trigger_value": '[{"event": "tick", "value": "open-1"}]'}),
            False,
        ),
        (
            rerun(fragment_id="f", widgets={"json_trigger_value": '[{"event": "changed", "value": "x"}]'}),
            False,
        ),
        (b"\xff\xff", False),
        (b"", False),
    ],
)
def test_only_what_a_person_does_keeps_a_session_awake(message: bytes, person: bool) -> None:
    touched: list[str] = []

    async def touch(token: str) -> None:
        touched.append(token)

    messages = [rerun(), message]  # the first is the page coming up by itself

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.receive", "bytes": messages.pop(0)}

    async def go() -> None:
        socket = PageSocket(receive, receive, touch, "token")  # type: ignore[arg-type]
        await socket.receive()
        assert touched == []
        await socket.receive()

    finished(go())
    assert bool(touched) == person


@pytest.mark.parametrize(
    ("method", "path", "accept", "counts"),
    [
        ("GET", "/", "text/html,*/*", True),
        ("GET", "/static/x.js", "*/*", False),
        ("GET", "/api/v1/runs/x", "*/*", False),
        ("GET", "/files/runs/x", "*/*", True),
        ("POST", "/api/v1/runs", "*/*", True),
    ],
)
def test_requests_that_a_page_sends_by_itself_do_not_count(
    gate: TestClient, auth: Auth, ada: str, method: str, path: str, accept: str, counts: bool
) -> None:
    token = signing_in.cookie(auth, ada)
    gate.request(method, path, headers={"Cookie": f"{SESSION}={token}", "Accept": accept})
    touched = not auth.sessions.due(token)
    assert touched == counts
