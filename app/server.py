"""Run the server: one process, small packets sent at once, down within five seconds."""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import socket
import ssl
import sys
from pathlib import Path
from types import FrameType
from typing import Any

import uvicorn

from app import feed, state
from app.cli.output import first_words
from app.security import tls
from app.security.protocol import BoundedProtocol
from app.security.redirect import Redirect
from app.signin import local
from engine.errors import Unavailable
from engine.settings import Settings

SHUTDOWN_SECONDS = 5
TICKS_A_MINUTE = 600


class Server(uvicorn.Server):
    """Says where it is once it answers, and ends the open event streams when told to stop."""

    def __init__(
        self,
        config: uvicorn.Config,
        settings: Settings,
        context: ssl.SSLContext | None = None,
        plain: socket.socket | None = None,
    ) -> None:
        super().__init__(config)
        self.settings = settings
        self.renewal = tls.Renewal(settings, context) if context else None
        self.redirect = Redirect(settings, plain) if plain else None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start; then print the address for people and note it for the command line."""
        await super().startup(sockets)
        if self.started:
            if self.redirect:
                await self.redirect.start()
            note_address(self.settings)
            address = self.settings.public_address or shown_address(self.settings)
            sys.stdout.write(f"Quarterdeck is ready: {address}\n")
            if first := state.auth().accounts.make_first():
                sys.stdout.write(f"{first_words(*first)}\n")
            sys.stdout.flush()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop."""
        address_file(self.settings).unlink(missing_ok=True)
        if self.redirect:
            self.redirect.stop()
        await super().shutdown(sockets)

    async def on_tick(self, counter: int) -> bool:
        """Ten times a second; once a minute a look whether the certificate was renewed."""
        if self.renewal and counter % TICKS_A_MINUTE == 0:
            await asyncio.to_thread(self.renewal.look)
        return await super().on_tick(counter)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """On SIGINT or SIGTERM: streams would hold the server up otherwise."""
        feed.end_streams()
        super().handle_exit(sig, frame)


def serve(settings: Settings) -> int:
    """Serve until told to stop (SIGINT or SIGTERM). Returns the process's exit code.

    Raises Unavailable when the address is taken, another server has the data folder, or the certificate
    is not usable.
    """
    from app.asgi import create_app, refusals

    refuse_second(settings)
    context = tls.context_of(settings)
    listening = bind(settings.host, settings.port)
    plain = bind(settings.host, settings.redirect_port) if context and settings.redirect_port else None
    config = uvicorn.Config(
        create_app(settings),
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        lifespan="on",
        ws_max_size=64 << 20,
        http=BoundedProtocol,
        proxy_headers=False,  # uvicorn would believe any program of this machine; app/security/proxies.py asks whom
        server_header=False,
        **tls.for_uvicorn(context),
    )
    try:
        Server(config, settings, context, plain).run(sockets=[listening])
    except SystemExit:  # uvicorn's way to say that the start failed; the reason is in the log
        if not refusals:
            raise
    return Unavailable.exit_code if refusals else 0


def refuse_second(settings: Settings) -> None:
    """Raise Unavailable when a server has the data folder: sooner, and by name, than the lock itself would."""
    from engine.runs.lock import DataLock

    if settings.data.is_dir() and DataLock(settings.data).held():
        where = running_address(settings)
        raise Unavailable(
            f"Quarterdeck is already running for the data folder {settings.data}"
            f"{f': open {where}' if where else ''}. Stop it first, or set QUARTERDECK_DATA_FOLDER to another folder."
        )


def running_address(settings: Settings) -> str:
    """The address of the running server; empty when it has noted none."""
    try:
        noted = json.loads(address_file(settings).read_text("utf-8"))
    except (OSError, ValueError):
        return ""
    told = {name: noted.get(name) for name in ("host", "port", "certificate")}
    return shown_address(settings.model_copy(update=told))


def address_file(settings: Settings) -> Path:
    """Where a running server notes how it is reached."""
    return settings.data / "server.json"


def note_address(settings: Settings) -> None:
    """For the command line: a real-time call needs this server's warm workers."""
    noted = {"host": reachable(settings.host), "port": settings.port, "pid": os.getpid(), "key": local.KEY}
    noted |= {"certificate": str(settings.certificate.absolute())} if settings.certificate else {}
    path = address_file(settings)
    path.unlink(missing_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump(noted, file)


def connection(noted: dict[str, Any], timeout: float) -> http.client.HTTPConnection:
    """A client of the running server, from what it noted; under TLS only the server's own certificate will do."""
    if certificate := noted.get("certificate"):
        context = tls.local_context(Path(certificate))
        return http.client.HTTPSConnection(noted["host"], noted["port"], timeout=timeout, context=context)
    return http.client.HTTPConnection(noted["host"], noted["port"], timeout=timeout)


def reachable(host: str) -> str:
    """An address of this machine that a client on it can use."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)  # noqa: S104


def shown_address(settings: Settings) -> str:
    """The address as a person types it."""
    host = reachable(settings.host)
    host = {"127.0.0.1": "localhost", "::1": "localhost"}.get(host, f"[{host}]" if ":" in host else host)
    return f"{'https' if settings.certificate else 'http'}://{host}:{settings.port}"


def bind(host: str, port: int) -> socket.socket:
    """A bound TCP socket. Made with protocol TCP, so that asyncio turns Nagle's delay off.

    Raises Unavailable when the address is in use or not ours.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        raise Unavailable(
            f"The address {host}:{port} cannot be used: {error.strerror}. "
            "Stop the other program or choose another port with --port."
        ) from error
    return listening
