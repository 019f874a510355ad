"""Is the server alive and ready? For load balancers, monitoring and ``quarterdeck up``."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from app import state

router = APIRouter(tags=["health"])


@router.get("/health", summary="Alive and ready, with details")
def health() -> dict[str, Any]:
    """Answers as soon as the server serves; ``status`` is ``ok``."""
    state.engine()
    return {"status": "ok"}
