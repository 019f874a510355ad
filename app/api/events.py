"""The stream of events (server-sent events), resumable by ``Last-Event-ID``."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Header, Query
from starlette.responses import StreamingResponse

from app import feed
from app.api.acting import Acting, TheEngine
from engine.access import EVENTS_READ, require
from engine.events import EVENTS

router = APIRouter(tags=["events"])
HEARTBEAT_SECONDS = 15.0


@router.get(
    "/events",
    summary="Follow what happens, as server-sent events",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {}}}},
)
async def events(
    engine: TheEngine,
    actor: Acting,
    name: Annotated[list[str] | None, Query(description="Only these events; may be repeated.")] = None,
    object_kind: Annotated[str, Query(description="Only about this kind: run, model, dataset …")] = "",
    object_id: Annotated[str, Query(description="Only about this object, for instance a run's id.")] = "",
    last_event_id: Annotated[str, Header(description="Send what came after this event first.")] = "",
    heartbeat: Annotated[float, Query(ge=1, le=60, description="Seconds between signs of life.")] = 15.0,
) -> StreamingResponse:
    """Each event: ``id``, ``event`` (its name) and ``data`` (JSON). After a reconnect an event may come
    twice (compare ids), never not at all. A comment line comes as a heartbeat while nothing happens.
    """
    require(engine.authorizer, actor, EVENTS_READ)
    wanted = feed.Wanted(frozenset(name or ()), object_kind, object_id)
    unknown = sorted(wanted.names - EVENTS.keys())
    if unknown:
        from engine.errors import Invalid, Problem

        known = ", ".join(sorted(EVENTS))
        sentence = f"There is no event “{unknown[0]}”. Choose among: {known}."
        raise Invalid("the request", [Problem("query.name", sentence, unknown[0], "known-event")])

    async def stream() -> AsyncIterator[str]:
        yield "retry: 2000\n: open\n\n"
        async for row in feed.follow(engine, actor, wanted, last_event_id, heartbeat):
            if row is None:
                yield ": heartbeat\n\n"
            else:
                data = json.dumps(feed.as_json(row), ensure_ascii=False)
                yield f"id: {row.id}\nevent: {row.name}\ndata: {data}\n\n"

    headers = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
    return StreamingResponse(stream(), media_type="text/event-stream", headers=headers)
