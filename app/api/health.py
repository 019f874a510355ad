"""Is the server alive and ready, how is it doing? For load balancers, monitoring and administrators."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlalchemy import text

from app.api import metrics
from app.api.acting import Acting, TheEngine
from app.api.plain import plain
from engine.access import COMPANY, SYSTEM_READ, require
from engine.engine import Engine

router = APIRouter(tags=["system"])
STARTED = time.time()
Check = Callable[[Engine], dict[str, Any]]


@router.get("/health/live", summary="Is the process alive?")
async def live() -> dict[str, str]:
    """Answers without touching database or disk: restart the server when this does not."""
    return {"status": "ok"}


@router.get("/health", summary="Alive and ready, with details", operation_id="health")
@router.get("/health/ready", summary="Ready for work?")
def ready(engine: TheEngine, request: Request, response: Response) -> dict[str, Any]:
    """``status`` is ok or failing (503). To who is signed in, ``checks`` says of each part how it is and how long
    it took.
    """
    checks = {name: _timed(check, engine) for name, check in CHECKS.items()}
    well = all(check["ok"] for check in checks.values())
    if not well:
        response.status_code = 503
    if request.scope["state"].get("actor") is None:
        return {"status": "ok" if well else "failing"}
    return {
        "status": "ok" if well else "failing",
        "up_seconds": round(time.time() - STARTED, 1),
        "checks": checks,
    }


@router.get("/metrics", summary="Metrics in Prometheus's text format", response_class=Response)
def prometheus(engine: TheEngine, actor: Acting) -> Response:
    """Requests, runs by state, events, memory of workers and of the server. A scraper uses an API token."""
    require(engine.authorizer, actor, SYSTEM_READ, COMPANY, engine.auditor)
    return Response(metrics.exposition(), media_type="text/plain; version=0.0.4; charset=utf-8")


@router.get("/doctor", summary="What is installed and what is missing")
def doctor(engine: TheEngine, actor: Acting) -> dict[str, Any]:
    """The report of ``quarterdeck doctor --json``."""
    from engine.doctor import report

    require(engine.authorizer, actor, SYSTEM_READ, COMPANY, engine.auditor)
    found: dict[str, Any] = plain(report(engine.settings))
    return found


def _timed(check: Check, engine: Engine) -> dict[str, Any]:
    started = time.perf_counter()
    try:
        found = {"ok": True, **check(engine)}
    except Exception as error:  # whatever it is: the part does not work, and that is the answer
        found = {"ok": False, "reason": f"{type(error).__name__}"}
    return {**found, "milliseconds": round((time.perf_counter() - started) * 1000, 2)}


def _database(engine: Engine) -> dict[str, Any]:
    with engine.database.read() as session:
        session.connection().execute(text("SELECT 1"))
    return {}


def _space(engine: Engine) -> dict[str, Any]:
    free = shutil.disk_usage(engine.settings.data).free >> 20
    return {"ok": free > engine.settings.free_space_floor_mb, "free_mb": free}


def _workers(engine: Engine) -> dict[str, Any]:
    return {"memory_mb": engine.pool.memory() >> 20}


CHECKS: dict[str, Check] = {"database": _database, "space": _space, "workers": _workers}
