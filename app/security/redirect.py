"""Under TLS: a second port that answers every http request by sending the browser to the https address."""

from __future__ import annotations

import asyncio
import re
import socket
from contextlib import suppress

from app.security.hosts import Hosts, split_host
from engine.settings import Settings

HEAD_BYTES = 16 << 10
SECONDS = 10.0
REQUEST = re.compile(rb"(?:GET|HEAD) (/[\x21-\x7e]*) HTTP/1\.[01]\r\n")
HOST = re.compile(rb"\r\nhost:[ \t]*([^\r\n]*?)[ \t]*\r\n", re.IGNORECASE)
CLOSE = b"Content-Length: 0\r\nConnection: close\r\n\r\n"


class Redirect:
    """The port. Nothing is read but the first line and the name; nothing is kept."""

    def __init__(self, settings: Settings, listening: socket.socket) -> None:
        self.settings = settings
        self.listening = listening
        self.hosts = Hosts(settings)
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Begin to answer."""
        self._server = await asyncio.start_server(self._serve, sock=self.listening, limit=HEAD_BYTES)

    def stop(self) -> None:
        """Take no more."""
        if self._server is not None:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with suppress(TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, OSError):
                head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), SECONDS)
                here = writer.get_extra_info("sockname")
                writer.write(self.answer(head, str(here[0]) if here else ""))
                await asyncio.wait_for(writer.drain(), SECONDS)
        finally:
            writer.close()

    def answer(self, head: bytes, own_address: str = "") -> bytes:
        """The answer to a request's head: 308 to the same path, or 400 where there is nowhere to send it."""
        request, host = REQUEST.match(head), HOST.search(head)
        address = self._address(host[1].decode("latin-1") if host else "", own_address)
        if request is None or not address:
            return b"HTTP/1.1 400 Bad Request\r\n" + CLOSE
        where = address.encode() + b"/" + request[1].lstrip(b"/")
        return b"HTTP/1.1 308 Permanent Redirect\r\nLocation: " + where + b"\r\n" + CLOSE

    def _address(self, host: str, own_address: str) -> str:
        public = self.settings.public_address
        if public is not None and public.startswith("https://"):
            return public
        found = split_host(host)
        if found is None or not self.hosts.knows(found[0], {"server": (own_address, None)}):
            return ""
        name = f"[{found[0]}]" if ":" in found[0] else found[0]
        return f"https://{name}" + ("" if self.settings.port == 443 else f":{self.settings.port}")
