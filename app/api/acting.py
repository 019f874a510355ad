"""What each route asks for: the engine, and who acts. Async on purpose: a sync one costs a thread hop."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from app import state
from engine.access import Actor
from engine.engine import Engine
from engine.errors import SignedOut


async def _engine() -> Engine:
    return state.engine()


async def _actor(request: Request) -> Actor:
    return acting(request)


def acting(request: Request) -> Actor:
    """Whom the gate let in with this request. Raises SignedOut where it let it pass for nobody (health)."""
    found: Actor | None = request.scope.get("state", {}).get("actor")
    if found is None:
        raise SignedOut("You are not signed in. Send an API token: Authorization: Bearer qd_…")
    return found


TheEngine = Annotated[Engine, Depends(_engine)]
Acting = Annotated[Actor, Depends(_actor)]
