"""Run the server: one process, small packets sent at once, down within five seconds."""

from __future__ import annotations

import socket
import sys
from types import FrameType

import uvicorn

from app import feed
from engine.errors import Unavailable
from engine.settings import Settings

SHUTDOWN_SECONDS = 5


class StreamEndingServer(uvicorn.Server):
    """Ends the open event streams when told to stop: they would hold the server up otherwise."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """On SIGINT or SIGTERM."""
        feed.end_streams()
        super().handle_exit(sig, frame)


def serve(settings: Settings) -> int:
    """Serve until told to stop (SIGINT or SIGTERM). Returns the process's exit code.

    Raises Unavailable when the address is taken.
    """
    from app.asgi import create_app, refusals

    listening = bind(settings.host, settings.port)
    config = uvicorn.Config(
        create_app(settings),
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        lifespan="on",
        ws_max_size=64 << 20,
    )
    server = StreamEndingServer(config)
    server.run(sockets=[listening])
    if refusals:
        sys.stderr.write(f"{refusals[-1]}\n")
        return 4
    return 0


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
