"""uvicorn's HTTP protocol with bounds: how large the head of a request may be, and how slowly it may come.

uvicorn itself waits for ever for the first byte and the last line of a head (a few hundred such connections
would hold the server up), and takes heads of any size.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

HEAD_BYTES = 32 << 10
HEAD_FIELDS = 100
HEAD_SECONDS = 20.0


TOO_LARGE = (
    "The head of the request (address and headers) is too large: at most 32 KB and 100 headers. "
    "Send large values in the body."
)
_SHAPE = {"error": {"code": "request-header-fields-too-large", "message": TOO_LARGE, "problems": []}}
_BODY = json.dumps(_SHAPE).encode()
_HEADERS = b"content-type: application/json\r\ncontent-length: %d\r\nconnection: close\r\n\r\n" % len(_BODY)
ANSWER = STATUS_LINE[431] + _HEADERS + _BODY


class HeadTooLarge(Exception):
    """More than a head may have: ends the parser's work."""


class BoundedProtocol(HttpToolsProtocol):
    """One connection."""

    head_seconds = HEAD_SECONDS

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._waiting: asyncio.TimerHandle | None = None
        self._head_bytes = 0
        self._unparsed = 0
        self._too_large = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client is there; its first head must come in time."""
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is gone."""
        self._waited()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        """The first byte of a request."""
        super().on_message_begin()
        self._head_bytes = 0
        self._wait()

    def on_url(self, url: bytes) -> None:
        """A part of the address."""
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header."""
        self._count(len(name) + len(value))
        if len(self.headers) >= HEAD_FIELDS:
            self._count(HEAD_BYTES)
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The head is there."""
        self._waited()
        super().on_headers_complete()

    def data_received(self, data: bytes) -> None:
        """More bytes. One header that never ends is not told by the parser: counted here."""
        if self._waiting is not None:
            self._unparsed += len(data)
            if self._unparsed > 4 * HEAD_BYTES:
                self._too_large = True
                self.send_400_response("")
                return
        super().data_received(data)
        if self._waiting is None:
            self._unparsed = 0

    def send_400_response(self, msg: str) -> None:
        """Answer a head that cannot be read; 431 (RFC 6585) where it was too large."""
        self._waited()
        if not self._too_large:
            super().send_400_response(msg)
            return
        if not self.transport.is_closing():
            self.transport.write(ANSWER)
            self.transport.close()

    def _count(self, more: int) -> None:
        self._head_bytes += more
        if self._head_bytes > HEAD_BYTES:
            self._too_large = True
            raise HeadTooLarge

    def _wait(self) -> None:
        self._waited()
        self._waiting = self.loop.call_later(self.head_seconds, self._give_up)

    def _waited(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None

    def _give_up(self) -> None:
        self._waiting = None
        if not self.transport.is_closing():
            self.transport.close()
