"""The engine for one command: opened, and closed again whatever happens.

When a server holds the data folder the command only writes to the database and rings the server's bell.
Otherwise, where a command needs runs executed, this process executes them itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from engine.access import Actor
from engine.errors import QuarterdeckError, Unavailable
from engine.settings import Settings

if TYPE_CHECKING:
    from engine.engine import Engine


def actor() -> Actor:
    """Who acts on the command line."""
    from app import state

    return state.actor("cli")


@contextmanager
def opened(*, executing: bool = False) -> Iterator[Engine]:
    """An engine. With ``executing`` it executes queued runs unless a server does."""
    import logging

    from engine.engine import Engine

    settings = Settings()
    logging.getLogger().setLevel(logging.ERROR)
    engine = Engine(settings)
    if executing:
        try:
            engine.start()
        except Unavailable:
            if not served(settings):
                raise
    try:
        yield engine
    finally:
        engine.stop()


def served(settings: Settings) -> bool:
    """Does a server (or another executing command) hold the data folder?"""
    from engine.runs.lock import DataLock

    return settings.data.is_dir() and DataLock(settings.data).held()


def ask_server(settings: Settings, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """Ask the running server. Raises its own error with its sentence, or Unavailable."""
    import http.client
    import json

    from app.server import address_file

    try:
        where = json.loads(address_file(settings).read_text("utf-8"))
        client = http.client.HTTPConnection(
            where["host"], where["port"], timeout=settings.run_timeout_seconds
        )
        client.request("POST", path, json.dumps(body, default=str), {"Content-Type": "application/json"})
        answer = client.getresponse()
        found: dict[str, Any] = json.loads(answer.read())
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise Unavailable(
            f"The running server does not answer ({error}). Look at its log, or stop it: this command then "
            "does the work itself."
        ) from None
    if answer.status >= 400:
        raise Told(answer.status, found)
    return found


class Told(QuarterdeckError):
    """An error that the server answered with; shown as the server put it."""

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        self._body = body
        self.exit_code = {403: 3, 500: 70, 503: 4}.get(status, 2)  # type: ignore[misc]
        super().__init__(body.get("error", {}).get("message", f"The server answered {status}."))

    def as_json(self) -> dict[str, Any]:
        """The server's own answer."""
        return self._body
