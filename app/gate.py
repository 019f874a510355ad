"""In front of everything: who sends this request? Nothing but the sign-in pages is open to nobody.

A plain ASGI middleware, so that pages, websockets, the API, files and media all pass it. A request is let in
with a session's cookie, an API token or the permit of a command on this machine; the person is then in
``scope["state"]["actor"]``. What stays open (a page's websocket, an event stream) is asked again every two
seconds, and closed when its session has ended. Only what people do keeps a session awake: a page that refreshes
itself does not.
"""

from __future__ import annotations

import json
import random
import re
import time
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import quote

from anyio import to_thread
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app import state
from app.security.hosts import is_secure
from app.signin import cookies, local, ownership
from app.signin.activity import PageSocket
from app.signin.watch import Open, Watch
from auth.acting import KNOWN_SECONDS
from engine.access import Actor
from engine.errors import QuarterdeckError, SignedOut

if TYPE_CHECKING:
    from auth.service import Auth

SIGN_IN = "/auth/sign-in"
PUBLIC = frozenset(
    {
        "/_stcore/health",
        "/api/v1/health",
        "/api/v1/health/live",
        "/api/v1/health/ready",
        "/favicon.png",
        "/robots.txt",
    }
)
PUBLIC_PREFIXES = ("/auth/", "/static/")
OWN_PATHS = ("/api/", "/files/")
STREAM = "/_stcore/stream"
EVENTS = "/api/v1/events"
# of Streamlit's own addresses only these: its metrics, its sign-in and its agent interface are not for anybody
CORE = ("/_stcore/health", "/_stcore/host-config", "/_stcore/bidi-components/", ownership.UPLOADS)
GIVEN_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
NOT_SIGNED_IN = (
    "You are not signed in. Send an API token (Authorization: Bearer qd_…), or sign in at /auth/sign-in."
)


def new_request_id() -> str:
    """A name for a request that brought none: no secret, and made without asking the kernel for random bytes.

    Asking lets other threads have the interpreter; a busy one gives it back only after five milliseconds.
    """
    return f"{random.getrandbits(64):016x}"


class Gate:
    """The middleware."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.watch = Watch()
        self._tokens: dict[str, tuple[Actor, int, float]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let it in or turn it away."""
        kind = scope["type"]
        if kind == "http":
            await self._http(scope, receive, send)
        elif kind == "websocket":
            await self._websocket(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        headers = dict(scope["headers"])
        given = headers.get(b"x-request-id", b"")
        request_id = given.decode() if GIVEN_ID.fullmatch(given) else new_request_id()
        scope.setdefault("state", {})["request_id"] = request_id
        own = path.startswith(OWN_PATHS)
        public = path in PUBLIC or path.startswith(PUBLIC_PREFIXES)
        if public and not (own and (b"cookie" in headers or b"authorization" in headers)):
            await self.app(scope, receive, send)
            return
        try:
            credential, is_cookie = _credential(headers, is_secure(scope))
            if not credential or not (is_cookie or own):
                raise SignedOut(NOT_SIGNED_IN)
            actor = await self._actor(state.auth(), credential, is_cookie, scope, request_id, own)
        except QuarterdeckError as error:
            if public:
                await self.app(scope, receive, send)
            else:
                await _turn_away(scope, send, error, own, request_id)
            return
        scope["state"]["actor"] = actor
        if is_cookie and _by_person(scope, headers, own):
            await self._touch(credential)
        if own and path == EVENTS:
            await self._stream(scope, receive, send, credential, is_cookie)
        elif own or await self._belongs(scope, actor, path):
            await self.app(scope, receive, send)
        else:
            await _plain(send, 404, "There is nothing at this address.")

    async def _actor(
        self, auth: Auth, credential: str, is_cookie: bool, scope: Scope, request_id: str, own: bool
    ) -> Actor:
        client = scope.get("client")
        address = client[0] if client else ""
        if is_cookie:
            sessions = auth.sessions
            if sessions.peek(credential) is None:
                await to_thread.run_sync(sessions.look, credential)
            return sessions.actor(
                credential, via="api" if own else "page", request_id=request_id, address=address
            )
        if credential.startswith(local.PREFIX):
            return local.actor(credential, request_id=request_id, address=address)
        generation = auth.sessions.generation
        held = self._tokens.get(credential)
        if held is None or held[1] != generation or held[2] < time.monotonic():
            found = await to_thread.run_sync(auth.tokens.actor, credential)
            if len(self._tokens) > 1000:
                self._tokens.clear()
            held = self._tokens[credential] = found, generation, time.monotonic() + KNOWN_SECONDS
        return replace(held[0], request_id=request_id, address=address)

    async def _touch(self, token: str) -> None:
        sessions = state.auth().sessions
        if sessions.due(token):
            await to_thread.run_sync(sessions.touch, token)

    async def _belongs(self, scope: Scope, actor: Actor, path: str) -> bool:
        """May this person have that address of Streamlit's? Deny what is not known to be theirs."""
        if path.startswith("/_stcore/"):
            if not path.startswith(CORE):
                return False
            return not path.startswith(ownership.UPLOADS) or ownership.may_upload(actor.id, path)
        if path.startswith("/media/"):
            return ownership.may_see(actor.id, path)
        return path != "/oauth2callback"

    async def _stream(
        self, scope: Scope, receive: Receive, send: Send, credential: str, is_cookie: bool
    ) -> None:
        """An event stream ends when its session does."""
        import asyncio

        task = asyncio.ensure_future(self.app(scope, receive, send))

        async def end(_reason: str) -> None:
            task.cancel()

        with self.watch.keeping(Open(credential, is_cookie, end)):
            try:
                await task
            except asyncio.CancelledError:
                task.cancel()
                current = asyncio.current_task()
                if current is not None and current.cancelling():
                    raise

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope["headers"])
        token = cookies.value(headers.get(b"cookie"), cookies.SESSION, is_secure(scope))
        if scope["path"] != STREAM or not token:
            await _refuse_socket(receive, send)
            return
        try:
            actor = await self._actor(state.auth(), token, True, scope, "", False)
        except QuarterdeckError:
            # a page whose sign-in has ended while it was away: tell it where to go, else it tries for ever
            await PageSocket(receive, send, self._touch, token).send_away(headers)
            return
        socket = PageSocket(receive, send, self._touch, token)
        marked = ownership.marked(scope, token, actor.id)
        with self.watch.keeping(Open(token, True, socket.close)):
            await self.app(marked, socket.receive, socket.send)


def _credential(headers: dict[bytes, bytes], secure: bool) -> tuple[str, bool]:
    """The token sent with the request, or the cookie's value (True); a token that was sent is the one that counts."""
    authorization = headers.get(b"authorization", b"").decode("latin-1")
    scheme, _, credential = authorization.partition(" ")
    if authorization:
        return (credential.strip() if scheme.lower() == "bearer" else ""), False
    return cookies.value(headers.get(b"cookie"), cookies.SESSION, secure), True


def _by_person(scope: Scope, headers: dict[bytes, bytes], own: bool) -> bool:
    """Did a person cause this request? Pages also ask by themselves (progress, events): those only read the API."""
    if scope["method"] not in SAFE_METHODS:
        return True
    if own:
        return str(scope["path"]).startswith("/files/")
    return b"text/html" in headers.get(b"accept", b"")


async def _turn_away(scope: Scope, send: Send, error: QuarterdeckError, own: bool, request_id: str) -> None:
    if own or error.status != 401:
        body = json.dumps(error.as_json(), ensure_ascii=False).encode()
        more = [(b"x-request-id", request_id.encode())]
        if error.status == 401:
            more.append((b"www-authenticate", b'Bearer realm="Quarterdeck"'))
        await _answer(send, error.status, b"application/json", body, more)
    elif scope["method"] in ("GET", "HEAD") and _is_page(scope["path"]):
        wanted = scope["path"] + (
            f"?{scope['query_string'].decode('latin-1')}" if scope["query_string"] else ""
        )
        target = SIGN_IN if wanted == "/" else f"{SIGN_IN}?next={quote(wanted, safe='')}"
        await _answer(send, 303, b"text/plain", b"", [(b"location", target.encode())])
    else:
        await _plain(send, 401, "You are not signed in.")


def _is_page(path: str) -> bool:
    return not path.startswith(("/_stcore/", "/media/", "/component/"))


async def _plain(send: Send, status: int, sentence: str) -> None:
    await _answer(send, status, b"text/plain; charset=utf-8", sentence.encode(), [])


async def _answer(send: Send, status: int, kind: bytes, body: bytes, more: list[tuple[bytes, bytes]]) -> None:
    head = [
        (b"content-type", kind),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": [*head, *more]})
    await send({"type": "http.response.body", "body": body})


async def _refuse_socket(receive: Receive, send: Send) -> None:
    await receive()
    message: Message = {"type": "websocket.close", "code": 1008, "reason": "not signed in"}
    await send(message)
