"""What each route asks for: the engine, and who acts. Async on purpose: a sync one costs a thread hop."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from app import state
from engine.access import Actor
from engine.engine import Engine


async def _engine() -> Engine:
    return state.engine()


async def _actor(request: Request) -> Actor:
    return state.actor("api", getattr(request.state, "request_id", ""))


TheEngine = Annotated[Engine, Depends(_engine)]
Acting = Annotated[Actor, Depends(_actor)]
