"""The one engine of this process with all of ``auth``, and who acts: asked here by pages and the API.

The server attaches at start. A page's actor is the person of the browser that shows it, found anew at each run
of the script and of each fragment; requests of the API carry theirs (``app.gate`` puts it there). Nobody signed
in is SignedOut: there is no actor to fall back on.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from engine.access import Actor
from engine.errors import Unavailable

if TYPE_CHECKING:
    from auth.service import Auth
    from engine.engine import Engine


@dataclass(frozen=True)
class _Attached:
    engine: Engine
    auth: Auth | None


_attached: list[_Attached] = []
_acting: list[Actor] = []


def attach(part: Engine | Auth) -> None:
    """Make this the engine of the process. Tests may attach another one; the last one counts."""
    engine = getattr(part, "engine", None)
    _attached.append(_Attached(part, None) if engine is None else _Attached(engine, part))  # type: ignore[arg-type]


def detach(part: Engine | Auth) -> None:
    """Take it away again; one that was not attached is ignored."""
    _attached[:] = [one for one in _attached if part is not one.engine and part is not one.auth]


def engine() -> Engine:
    """The engine of this process. Raises Unavailable before the server has started."""
    return _last().engine


def auth() -> Auth:
    """People, sessions, tokens, audit of this process. Raises Unavailable before the server has started."""
    found = _last().auth
    if found is None:
        raise Unavailable("This process has no accounts: it works on the engine alone.")
    return found


def actor(via: str = "page", request_id: str = "") -> Actor:
    """The person whose browser shows the page that asks. Raises SignedOut."""
    if _acting:
        return replace(_acting[-1], via=via, request_id=request_id)
    from app.signin.browser import token

    return auth().sessions.actor(token(), via=via, request_id=request_id)


@contextmanager
def acting(who: Actor) -> Iterator[Actor]:
    """Within this, pages of the process act as ``who``: for tests and tools that draw pages without a browser."""
    _acting.append(who)
    try:
        yield who
    finally:
        _acting.remove(who)


def _last() -> _Attached:
    if not _attached:
        raise Unavailable("The server is still starting. Try again in a few seconds.")
    return _attached[-1]
