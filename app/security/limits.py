"""How large a request may be and how slowly it may come.

A request that is too large or too slow is cut off for the route (it sees a client that went away) and
answered here with 413 or 408.
"""

from __future__ import annotations

import asyncio
import re
import time

from starlette.types import Message, Receive

from engine.settings import Settings

MB = 1 << 20
SMALL = 64 << 10  # forms of the sign-in, and pages, which have no body at all
FRAMING = MB  # boundaries and names around a file
GRACE_SECONDS = 20.0
SLOWEST_BYTES_A_SECOND = 4096  # a 33 kbit/s line
PART = re.compile(r"/api/v1/uploads/[^/]+")


class Limits:
    """The largest body by path."""

    def __init__(self, settings: Settings) -> None:
        self.uploads = settings.upload_limit_mb * MB + FRAMING
        self.requests = settings.request_limit_mb * MB

    def of(self, method: str, path: str) -> int:
        """Most bytes that a request's body may have."""
        if method in ("GET", "HEAD", "OPTIONS"):
            return SMALL
        if path.startswith("/api/"):
            return self.uploads if method == "PUT" and PART.fullmatch(path) else self.requests
        if path.startswith("/_stcore/upload_file/"):
            return self.requests  # Streamlit checks its own, smaller limit
        return SMALL


class Body:
    """Watches one request's body on its way to the route. ``breach`` is 413 or 408 once it was cut off."""

    def __init__(self, receive: Receive, limit: int, grace: float = GRACE_SECONDS) -> None:
        self._receive = receive
        self._limit = limit
        self._grace = grace
        self._began = time.monotonic()
        self._bytes = 0
        self._complete = False
        self.breach = 0

    async def receive(self) -> Message:
        """The next part; a disconnect once the request broke a limit."""
        if self.breach:
            return {"type": "http.disconnect"}
        if self._complete:
            return await self._receive()
        try:
            async with asyncio.timeout(self._left()):  # wait_for would make a task, 30 µs each
                message = await self._receive()
        except TimeoutError:
            return self._cut(408)
        if message["type"] == "http.request":
            self._bytes += len(message.get("body", b""))
            self._complete = not message.get("more_body", False)
            if self._bytes > self._limit:
                return self._cut(413)
        return message

    def _left(self) -> float:
        due = self._began + self._grace + self._bytes / SLOWEST_BYTES_A_SECOND
        return max(due - time.monotonic(), 0.001)

    def _cut(self, status: int) -> Message:
        self.breach = status
        return {"type": "http.disconnect"}


def announced(headers: list[tuple[bytes, bytes]]) -> int | None:
    """The announced length; None where there is none. Raises ValueError for nonsense."""
    lengths = {value for name, value in headers if name == b"content-length"}
    if len(lengths) > 1:
        raise ValueError("several lengths")
    for value in lengths:
        if not value.isdigit():
            raise ValueError("no number")
        return int(value)
    return None
