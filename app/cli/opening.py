"""The engine for one command: opened, and closed again whatever happens.

When a server holds the data folder the command only writes to the database and rings the server's bell.
Otherwise, where a command needs runs executed, this process executes them itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from engine.access import Actor
from engine.errors import Unavailable
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
