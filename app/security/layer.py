"""The middleware itself: one request at a time through proxies, names, origins, limits and policies."""

from __future__ import annotations

import json
import secrets
from html import escape
from http import HTTPStatus

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.security import limits, policies
from app.security.checks import METHODS, Check, Refusal
from app.security.hosts import Hosts, is_secure
from app.security.proxies import Proxies
from app.text import t
from engine.settings import Settings

log = structlog.get_logger(__name__)
POLICY_VIOLATION = 1008  # RFC 6455, 7.4.1
JSON_PATHS = ("/api/", "/files/", "/media/", "/_stcore/")


class Security:
    """Wraps the whole server."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self.settings = settings
        self.proxies = Proxies(settings.proxies)
        self.check = Check(Hosts(settings), settings)
        self.limits = limits.Limits(settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, websocket or the lifespan."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        scope = self.proxies.seen(scope)
        if scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
        else:
            await self._request(scope, receive, send)

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = self.check.websocket(scope)
        if refusal is None:
            await self.app(self.check.same_host(scope), receive, send)
            return
        _note(scope, refusal)
        await receive()
        await send({"type": "websocket.close", "code": POLICY_VIOLATION, "reason": ""})

    async def _request(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = Answer(scope, send, self.settings)
        limit = self.limits.of(scope["method"], scope["path"])
        refusal = self.check.request(scope, limit)
        if refusal is not None:
            _note(scope, refusal)
            await answer.refuse(refusal.status, refusal.sentence)
            return
        body = limits.Body(receive, limit)
        answer.body = body
        try:
            await self.app(scope, body.receive, answer.send)
        except Exception as error:
            if not body.breach:
                await self._failed(scope, answer, error)
        if body.breach and not answer.begun:
            key = "too-large" if body.breach == HTTPStatus.REQUEST_ENTITY_TOO_LARGE else "too-slow"
            answer.body = None
            await answer.refuse(body.breach, t(f"refused.{key}"), close=True)

    async def _failed(self, scope: Scope, answer: Answer, error: Exception) -> None:
        reference = secrets.token_hex(4)
        log.error("request failed", id=reference, path=scope["path"], exc_info=error)
        if answer.begun:
            raise error  # the head is sent: only breaking off tells the client
        await answer.refuse(500, t("refused.failed", id=reference))


class Answer:
    """What goes back: our headers on every head, and refusals in the form that the client reads."""

    def __init__(self, scope: Scope, send: Send, settings: Settings) -> None:
        self.scope = scope
        self._send = send
        self._secure = is_secure(scope)
        self._hsts = settings.hsts_days * 86400
        self.body: limits.Body | None = None
        self.begun = False

    async def send(self, message: Message) -> None:
        """Pass on what the route answers; nothing once the request was cut off."""
        if self.body is not None and self.body.breach and not self.begun:
            return
        if message["type"] == "http.response.start":
            self.begun = True
            headers = policies.answered(
                message.get("headers", ()),
                self.scope["path"],
                secure=self._secure,
                hsts_seconds=self._hsts,
            )
            message = {**message, "headers": headers}
        await self._send(message)

    async def refuse(self, status: int, sentence: str, *, close: bool = False) -> None:
        """Answer with a sentence: JSON for programs, a small page for people."""
        if self.scope["path"].startswith(JSON_PATHS):
            code = HTTPStatus(status).phrase.lower().replace(" ", "-")
            shape = {"error": {"code": code, "message": sentence, "problems": []}}
            kind, content = b"application/json", json.dumps(shape, ensure_ascii=False).encode()
        else:
            title = escape(t("refused.title"))
            content = (
                f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>'
                f"<h1>{title}</h1><p>{escape(sentence)}</p></html>"
            ).encode()
            kind = b"text/html; charset=utf-8"
        head = [(b"content-type", kind), (b"content-length", str(len(content)).encode())]
        head += [(b"content-security-policy", policies.NOTHING.encode())]
        head += [(b"connection", b"close")] if close else []
        head += [(b"allow", b", ".join(sorted(m.encode() for m in METHODS)))] if status == 405 else []
        await self.send({"type": "http.response.start", "status": status, "headers": head})
        await self.send(
            {"type": "http.response.body", "body": b"" if self.scope["method"] == "HEAD" else content}
        )


def _note(scope: Scope, refusal: Refusal) -> None:
    log.info(
        "request refused",
        reason=refusal.reason,
        path=scope["path"][:200],
        client=(scope.get("client") or ("",))[0],
    )
