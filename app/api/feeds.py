"""Feeds of parameter sets: define them, fetch, accept or decline what they bring."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Path, Query

from app.api import shapes
from app.api.acting import Acting, TheEngine
from app.api.feeds_shapes import (
    DecisionRequest,
    FeedChangeRequest,
    FeedOut,
    FeedRequest,
    FeedTryOut,
    FreshnessOut,
    LookedOut,
    LookRequest,
)
from engine.parameters.feeds.sources import plain

router = APIRouter(tags=["feeds"], prefix="/models/{name}/sets/{set}")
FeedId = Annotated[str, Path(max_length=40)]
TryId = Annotated[str, Path(max_length=40)]


@router.get("/feeds", summary="List a set's feeds")
def list_feeds(
    engine: TheEngine,
    actor: Acting,
    name: str,
    set: str,
    place: Annotated[str | None, Query(max_length=200, description="Only of this place.")] = None,
) -> shapes.Listing[FeedOut]:
    """With the last try of each, and what waits for a decision."""
    found = engine.feeds.list(actor, name, set, place)
    return shapes.Listing(items=[FeedOut.model_validate(one) for one in found], total=len(found))


@router.post("/feeds", status_code=201, summary="Make a feed")
def add_feed(engine: TheEngine, actor: Acting, name: str, set: str, request: FeedRequest) -> FeedOut:
    """It reads with the caller's rights from then on."""
    made = engine.feeds.add(
        actor, name, set, request.field, plain(request.source), place=request.place, title=request.title,
        guard=request.rails.model_dump(), mode=request.mode, trigger=request.trigger, reason=request.reason,
    )  # fmt: skip
    return FeedOut.model_validate(made)


@router.post("/feeds-looked", summary="Try a source without storing anything")
def look_at_source(engine: TheEngine, actor: Acting, name: str, set: str, request: LookRequest) -> LookedOut:
    """What a feed would bring, and which guard rail it would break."""
    found = engine.feeds.look(
        actor, name, set, request.field, plain(request.source), request.place, request.rails.model_dump()
    )
    return LookedOut.model_validate(found)


@router.get("/feeds/{feed}", summary="One feed")
def get_feed(engine: TheEngine, actor: Acting, name: str, set: str, feed: FeedId) -> FeedOut:
    """Its source, guard rails and last try."""
    return FeedOut.model_validate(engine.feeds.get(actor, name, set, feed))


@router.patch("/feeds/{feed}", summary="Change, pause or resume a feed")
def change_feed(
    engine: TheEngine, actor: Acting, name: str, set: str, feed: FeedId, request: FeedChangeRequest
) -> FeedOut:
    """Whoever changes or resumes it answers for it: it reads with their rights."""
    feeds = engine.feeds
    if request.model_dump(exclude={"state", "reason"}, exclude_none=True):
        feeds.change(
            actor, name, set, feed, title=request.title, mode=request.mode, trigger=request.trigger,
            source=None if request.source is None else plain(request.source),
            guard=None if request.rails is None else request.rails.model_dump(), reason=request.reason,
        )  # fmt: skip
    if request.state == "paused":
        feeds.pause(actor, name, set, feed, request.reason)
    elif request.state == "active":
        feeds.resume(actor, name, set, feed, request.reason)
    return FeedOut.model_validate(feeds.get(actor, name, set, feed))


@router.delete("/feeds/{feed}", status_code=204, summary="Remove a feed")
def remove_feed(
    engine: TheEngine,
    actor: Acting,
    name: str,
    set: str,
    feed: FeedId,
    reason: Annotated[str, Query(max_length=2000)] = "",
) -> None:
    """What it brought stays."""
    engine.feeds.remove(actor, name, set, feed, reason)


@router.post("/feeds/{feed}/fetch", summary="Fetch now")
def fetch_feed(engine: TheEngine, actor: Acting, name: str, set: str, feed: FeedId) -> FeedTryOut:
    """The answer is the try, also where it failed: then `outcome` is failed and `sentence` says why."""
    return FeedTryOut.model_validate(engine.feeds.fetch(actor, name, set, feed))


@router.get("/feeds/{feed}/tries", summary="What a feed tried, newest first")
def list_tries(
    engine: TheEngine,
    actor: Acting,
    name: str,
    set: str,
    feed: FeedId,
    offset: Annotated[int, Query(ge=0, le=2**31)] = 0,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> shapes.Listing[FeedTryOut]:
    """What became a version is kept for ever, of the others the last 500."""
    found, total = engine.feeds.tries(actor, name, set, feed, offset=offset, limit=limit)
    return shapes.Listing(items=[FeedTryOut.model_validate(one) for one in found], total=total, offset=offset)


@router.post("/feeds/{feed}/tries/{wanted}/decision", summary="Accept or decline what a feed suggests")
def decide_on_try(
    engine: TheEngine,
    actor: Acting,
    name: str,
    set: str,
    feed: FeedId,
    wanted: TryId,
    request: DecisionRequest,
) -> FeedTryOut:
    """Accepting makes a version with the caller as its author; a guarded field is then reviewed as ever."""
    decide = engine.feeds.accept if request.decision == "accept" else engine.feeds.decline
    return FeedTryOut.model_validate(decide(actor, name, set, feed, wanted, request.reason))


@router.get("/freshness", summary="How old fed values are")
def fed_values(
    engine: TheEngine,
    actor: Acting,
    name: str,
    set: str,
    place: Annotated[str, Query(max_length=200)] = "",
    on: Annotated[date | None, Query(description="The business day; today if left out.")] = None,
) -> dict[str, FreshnessOut]:
    """By field; counted from the day that each value was observed."""
    found = engine.feeds.freshness(actor, name, set, place, on)
    return {field: FreshnessOut.model_validate(one) for field, one in found.items()}
