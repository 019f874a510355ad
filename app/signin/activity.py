"""A page's websocket: tells what people do from what the page does by itself, and can be closed from here."""

from __future__ import annotations

import json
import time
from collections.abc import Awaitable, Callable
from urllib.parse import quote, urlsplit

from starlette.types import Message, Receive, Send

TOUCH_SECONDS = 15.0
# what our own components report without anybody having done anything (live.js, progress.js)
AUTOMATIC = frozenset({"tick", "changed"})
SIGN_IN = "/auth/sign-in"
GOING_AWAY = 1008


class PageSocket:
    """Stands between the server and Streamlit on one websocket."""

    def __init__(
        self, receive: Receive, send: Send, touch: Callable[[str], Awaitable[None]], token: str
    ) -> None:
        self._receive, self._send = receive, send
        self._touch, self._token = touch, token
        self._closed = False
        self._first = True
        self._touched = 0.0
        self._where = ""

    async def receive(self) -> Message:
        """The next message of the browser."""
        if self._closed:
            return {"type": "websocket.disconnect", "code": GOING_AWAY}
        message = await self._receive()
        if self._closed:
            return {"type": "websocket.disconnect", "code": GOING_AWAY}
        if (data := message.get("bytes")) and self._by_person(data):
            now = time.monotonic()
            if now - self._touched >= TOUCH_SECONDS:
                self._touched = now
                await self._touch(self._token)
        return message

    async def send(self, message: Message) -> None:
        """Pass on to the browser, unless it was sent away."""
        if not self._closed:
            await self._send(message)

    async def close(self, reason: str) -> None:
        """Send the browser to the sign-in page, then close. Called when the session has ended."""
        if self._closed:
            return
        self._closed = True
        await self._send({"type": "websocket.send", "bytes": redirect(reason, self._where)})
        await self._send({"type": "websocket.close", "code": GOING_AWAY, "reason": reason})

    async def send_away(self, headers: dict[bytes, bytes]) -> None:
        """Answer a browser that comes back after its session ended: where to sign in, nothing else."""
        await self._receive()
        spoken = headers.get(b"sec-websocket-protocol", b"").decode("latin-1").partition(",")[0].strip()
        await self._send({"type": "websocket.accept", "subprotocol": spoken or None})
        await self.close("ended")

    def _by_person(self, data: bytes) -> bool:
        """Did a person do something? Not: a timer's rerun, our live components, a page that connects again."""
        from google.protobuf.message import DecodeError
        from streamlit.proto.BackMsg_pb2 import BackMsg

        message = BackMsg()
        try:
            message.ParseFromString(data)
        except DecodeError:
            return False
        if message.WhichOneof("type") != "rerun_script":
            return False
        state = message.rerun_script
        if state.context_info.url:
            self._where = state.context_info.url
        first, self._first = self._first, False
        if first or state.is_auto_rerun:
            return False
        triggers = [w for w in state.widget_states.widgets if w.WhichOneof("value") in TRIGGERS]
        return not triggers or not all(_is_automatic(widget) for widget in triggers)


TRIGGERS = frozenset({"trigger_value", "string_trigger_value", "json_trigger_value", "chat_input_value"})


def _is_automatic(widget: object) -> bool:
    raw = getattr(widget, "json_trigger_value", "")
    try:
        events = json.loads(raw) if raw else []
    except ValueError:
        return False
    if isinstance(events, dict):
        events = [events]
    names = [event.get("event") for event in events if isinstance(event, dict)]
    return bool(names) and AUTOMATIC.issuperset(names)


def redirect(reason: str, where: str) -> bytes:
    """Streamlit's own message that makes the browser go elsewhere, as it is sent on the websocket."""
    from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

    parts = urlsplit(where)
    wanted = parts.path + (f"?{parts.query}" if parts.query else "")
    target = f"{SIGN_IN}?why={quote(reason)}"
    if wanted.startswith("/") and wanted != "/":
        target += f"&next={quote(wanted, safe='')}"
    message = ForwardMsg()
    message.auth_redirect.url = target
    return message.SerializeToString()
