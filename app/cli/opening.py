"""The engine for one command: opened, and closed again whatever happens.

When a server holds the data folder the command only writes to the database and rings the server's bell.
Otherwise, where a command needs runs executed, this process executes them itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from engine.access import LOCAL_ADMIN, Actor
from engine.errors import QuarterdeckError, Unavailable
from engine.settings import Settings

if TYPE_CHECKING:
    from auth.service import Auth
    from engine.engine import Engine


def actor() -> Actor:
    """Who acts on the command line: who may read the data folder is its administrator (the audit log has the name)."""
    return LOCAL_ADMIN


@contextmanager
def opened(*, executing: bool = False) -> Iterator[Engine]:
    """An engine. With ``executing`` it executes queued runs unless a server does."""
    with opened_auth(executing=executing) as auth:
        yield auth.engine


@contextmanager
def opened_auth(*, executing: bool = False) -> Iterator[Auth]:
    """The same with people, tokens, secrets and the audit log; what a command changes is audited."""
    import logging

    from auth import service

    settings = Settings()
    logging.getLogger().setLevel(logging.ERROR)
    auth = service.opened(settings)
    if executing:
        try:
            auth.engine.start()
        except Unavailable:
            if not served(settings):
                raise
    try:
        yield auth
    finally:
        auth.engine.stop()


def served(settings: Settings) -> bool:
    """Does a server (or another executing command) hold the data folder?"""
    from engine.runs.lock import DataLock

    return settings.data.is_dir() and DataLock(settings.data).held()


def ask_server(settings: Settings, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """Ask the running server. Raises its own error with its sentence, or Unavailable."""
    import http.client
    import json

    from app.server import address_file, connection
    from app.signin import local

    try:
        where = json.loads(address_file(settings).read_text("utf-8"))
        client = connection(where, settings.run_timeout_seconds)
        headers = {
            "Content-Type": "application/json",
            "Authorization": f"Bearer {local.credential(where['key'])}",
        }
        client.request("POST", path, json.dumps(body, default=str), headers)
        answer = client.getresponse()
        found: dict[str, Any] = json.loads(answer.read())
    except (OSError, ValueError, KeyError, http.client.HTTPException) as error:
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
