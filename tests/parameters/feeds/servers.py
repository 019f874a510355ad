"""A real web server on this machine for feeds: https with a certificate of its own, or without, and ill-behaved."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

Answer = Callable[[BaseHTTPRequestHandler], None]


class Site:
    """What the server answers, by path, and what it was asked."""

    def __init__(self, port: int, scheme: str) -> None:
        self.port, self.scheme = port, scheme
        self.answers: dict[str, Answer] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []

    @property
    def address(self) -> str:
        """Where it is."""
        return f"{self.scheme}://localhost:{self.port}"

    @property
    def origin(self) -> str:
        """How the setting ``feed_hosts`` names it."""
        return f"localhost:{self.port}" if self.scheme == "https" else self.address

    def says(self, path: str, body: str | bytes, status: int = 200, **headers: str) -> None:
        """A plain answer."""
        content = body.encode() if isinstance(body, str) else body

        def answer(request: BaseHTTPRequestHandler) -> None:
            request.send_response(status)
            for name, value in headers.items():
                request.send_header(name.replace("_", "-"), value)
            request.send_header("Content-Length", str(len(content)))
            request.end_headers()
            request.wfile.write(content)

        self.answers[path] = answer

    def drops(self, path: str, seconds: float = 0.1) -> None:
        """An answer that comes a byte at a time and never ends."""

        def answer(request: BaseHTTPRequestHandler) -> None:
            request.send_response(200)
            request.send_header("Content-Length", "1000000")
            request.end_headers()
            for _ in range(600):
                request.wfile.write(b" ")
                request.wfile.flush()
                time.sleep(seconds)

        self.answers[path] = answer

    def floods(self, path: str) -> None:
        """An answer without an end, as fast as it goes."""

        def answer(request: BaseHTTPRequestHandler) -> None:
            request.protocol_version = "HTTP/1.1"
            request.send_response(200)
            request.send_header("Transfer-Encoding", "chunked")
            request.end_headers()
            piece = b"10000\r\n" + b"1" * 0x10000 + b"\r\n"
            for _ in range(4000):
                request.wfile.write(piece)

        self.answers[path] = answer

    def breaks_off(self, path: str, body: bytes, promised: int) -> None:
        """Half an answer."""

        def answer(request: BaseHTTPRequestHandler) -> None:
            request.send_response(200)
            request.send_header("Content-Length", str(promised))
            request.end_headers()
            request.wfile.write(body)

        self.answers[path] = answer


@contextmanager
def site(certificate: tuple[Path, Path] | None = None, host: str = "127.0.0.1") -> Iterator[Site]:
    """The running server; with a certificate and its key it speaks https."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            made.asked.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
            answer = made.answers.get(self.path.partition("?")[0])
            if answer is None:
                self.send_error(404)
                return
            with suppress(OSError):
                answer(self)

        def log_message(self, *_: Any) -> None:
            """Nothing is printed."""

    server = ThreadingHTTPServer((host, 0), Handler)
    server.daemon_threads = True
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    made = Site(server.server_address[1], "https" if certificate else "http")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
