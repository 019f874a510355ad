"""The one engine of this process, and who acts: asked here by pages, API and command line.

The server attaches its engine at start. Sign-in will replace the body of ``actor``; nothing else
decides who somebody is.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from engine.access import LOCAL_ADMIN, Actor
from engine.errors import Unavailable

if TYPE_CHECKING:
    from engine.engine import Engine

_attached: list[Engine] = []


def attach(engine: Engine) -> None:
    """Make this the engine of the process. Tests may attach another one; the last one counts."""
    _attached.append(engine)


def detach(engine: Engine) -> None:
    """Take the engine away again; one that was not attached is ignored."""
    if engine in _attached:
        _attached.remove(engine)


def engine() -> Engine:
    """The engine of this process. Raises Unavailable before the server has started."""
    if not _attached:
        raise Unavailable("The server is still starting. Try again in a few seconds.")
    return _attached[-1]


def actor(via: str = "page", request_id: str = "") -> Actor:
    """Who acts: the built-in local administrator until sign-in exists. ``via`` is page, api or cli."""
    return replace(LOCAL_ADMIN, via=via, request_id=request_id)
