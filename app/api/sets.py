"""Parameter sets: versions, what is in force, submitting, reviewing, comparing."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query
from pydantic import AwareDatetime, Field

from app.api import shapes
from app.api.acting import Acting, TheEngine
from app.api.plain import plain
from app.api.sets_shapes import (
    ComparisonOut,
    InForceOut,
    PlaceOut,
    PlaceRequest,
    ReviewRequest,
    SetChange,
    SetOut,
    SetRequest,
    SubmitRequest,
    VersionOut,
)
from engine.parameters.set_records import PRESET

router = APIRouter(tags=["parameter sets"], prefix="/models/{name}")
Number = Annotated[int, Path(ge=1, le=2**31 - 1)]
Day = Annotated[date | None, Query(description="The business day; today if left out.")]
Known = Annotated[
    AwareDatetime | None, Query(description="As known at that moment, with its time zone; now.")
]
AtPlace = Annotated[str, Query(max_length=200, description="For instance DE/S001; empty: the company.")]
Refs = Annotated[list[str], Query(description="Two to five of `name`, `name@3`, `name:DE`.", max_length=20)]


class PastOut(shapes.Shape):
    """A value that a field had."""

    number: int
    value: Any = None
    effective_from: date
    approved_at: datetime
    author: str
    source: str = Field(description="typed, xlsx:FILE, import:FILE or feed:ID.")


@router.get("/sets", summary="List a model's parameter sets")
def list_sets(
    engine: TheEngine,
    actor: Acting,
    name: str,
    search: Annotated[str, Query(max_length=200, description="Words in name or title.")] = "",
) -> shapes.Listing[SetOut]:
    """The sets that the caller may see, and their own presets (whose names begin with `~`)."""
    engine.catalog.version(actor, name)
    cards = engine.sets.list(actor, name, search)
    return shapes.Listing(items=[SetOut.model_validate(card) for card in cards], total=len(cards))


@router.post("/sets", status_code=201, summary="Make a parameter set")
def create_set(engine: TheEngine, actor: Acting, name: str, request: SetRequest) -> SetOut:
    """Of a department, or with a name like `~mine` a preset of one's own. It has no version yet."""
    engine.catalog.version(actor, name)
    made = engine.sets.create(
        actor,
        name,
        request.name,
        request.title,
        department=request.department,
        guarded=request.guarded,
    )
    return SetOut.model_validate(made)


@router.get("/sets-compared", summary="Compare versions of parameter sets")
def compare_sets(engine: TheEngine, actor: Acting, name: str, ref: Refs) -> ComparisonOut:
    """Side by side by the groups of the form; groups and fields that differ come first."""
    return ComparisonOut.model_validate(engine.sets.compare(actor, name, ref))


@router.get("/sets/{set}", summary="One parameter set")
def get_set(engine: TheEngine, actor: Acting, name: str, set: str) -> SetOut:
    """Its card: owner, department, the version in force today, how many wait for a review."""
    return SetOut.model_validate(engine.sets.get(actor, name, set))


@router.patch("/sets/{set}", summary="Change a set's title")
def change_set(engine: TheEngine, actor: Acting, name: str, set: str, request: SetChange) -> SetOut:
    """A preset of one's own gets the name that goes with its new title; a department's set keeps its name."""
    if set.startswith(PRESET):
        return SetOut.model_validate(engine.sets.rename_preset(actor, name, set, request.title))
    changed = engine.sets.change(actor, name, set, title=request.title, reason=request.reason)
    return SetOut.model_validate(changed)


@router.delete("/sets/{set}", status_code=204, summary="Remove a preset of one's own")
def remove_set(engine: TheEngine, actor: Acting, name: str, set: str) -> None:
    """With all its versions; runs that used it stay as they are. A department's set is never removed (409)."""
    engine.sets.remove_preset(actor, name, set)


@router.get("/sets/{set}/places", summary="The places of a set")
def list_places(engine: TheEngine, actor: Acting, name: str, set: str) -> shapes.Listing[PlaceOut]:
    """Places inherit field by field: `DE/S001` from `DE`, that from the company."""
    return _places(engine.sets.places(actor, name, set))


@router.put("/sets/{set}/places", summary="Add or change a place of a set")
def put_place(
    engine: TheEngine, actor: Acting, name: str, set: str, request: PlaceRequest
) -> shapes.Listing[PlaceOut]:
    """The place above it must be there."""
    made = engine.sets.set_place(actor, name, set, request.place, request.title, request.currency)
    return _places(made)


@router.get("/sets/{set}/in-force", summary="The values in force")
def values_in_force(
    engine: TheEngine,
    actor: Acting,
    name: str,
    set: str,
    on: Day = None,
    known_at: Known = None,
    place: AtPlace = "",
) -> InForceOut:
    """On a day, as far as they were known at a moment, at a place; `origin` says which place sets each field."""
    return InForceOut.model_validate(engine.sets.in_force(actor, name, set, on, known_at, place))


@router.get("/sets/{set}/history", summary="The last values of each field")
def field_history(
    engine: TheEngine,
    actor: Acting,
    name: str,
    set: str,
    field: Annotated[str | None, Query(max_length=200)] = None,
    place: AtPlace = "",
) -> dict[str, list[PastOut]]:
    """At most eight for a field, the oldest first."""
    found = engine.sets.history(actor, name, set, field, place)
    return {one: [PastOut.model_validate(past) for past in pasts] for one, pasts in found.items()}


@router.get("/sets/{set}/versions", summary="A set's versions, newest first")
def list_set_versions(
    engine: TheEngine,
    actor: Acting,
    name: str,
    set: str,
    place: Annotated[str | None, Query(max_length=200, description="Only of this place.")] = None,
    offset: Annotated[int, Query(ge=0, le=2**31)] = 0,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> shapes.Listing[VersionOut]:
    """With the steps of their reviews."""
    found, total = engine.sets.versions(actor, name, set, place=place, offset=offset, limit=limit)
    return shapes.Listing(items=[VersionOut.model_validate(one) for one in found], total=total, offset=offset)


@router.post("/sets/{set}/versions", status_code=201, summary="Submit a version")
def submit_version(
    engine: TheEngine, actor: Acting, name: str, set: str, request: SubmitRequest
) -> VersionOut:
    """Approved at once, or waiting for a second person where a guarded field changes.

    When somebody else stored one first the answer is 409 `changed-meanwhile` with both sides and their merge.
    """
    made = engine.sets.submit(
        actor,
        name,
        set,
        request.values,
        reason=request.reason,
        base=request.base,
        effective_from=request.effective_from,
        place=request.place,
        sources=request.sources,
        review=request.review,
        days=request.days,
    )
    return VersionOut.model_validate(made)


@router.get("/sets/{set}/versions/{number}", summary="One version of a set")
def get_set_version(engine: TheEngine, actor: Acting, name: str, set: str, number: Number) -> VersionOut:
    """With the steps of its review."""
    return VersionOut.model_validate(engine.sets.version(actor, name, set, number))


@router.get("/sets/{set}/versions/{number}/runs", summary="The runs that used a version")
def version_runs(
    engine: TheEngine, actor: Acting, name: str, set: str, number: Number
) -> shapes.Listing[shapes.RunOut]:
    """Those that the caller may see, newest first, at most 100."""
    found = engine.sets.used_by(actor, name, set, number)
    return shapes.Listing(items=[shapes.RunOut.model_validate(run) for run in found], total=len(found))


Decision = Literal["approve", "reject", "question"]
Reply = Literal["answer", "withdraw"]


@router.post("/sets/{set}/versions/{number}/review", summary="Approve, reject or question a version")
def review_version(
    engine: TheEngine, actor: Acting, name: str, set: str, number: Number, request: ReviewRequest[Decision]
) -> VersionOut:
    """Nobody approves a guarded change of their own. `effective_from` lets it hold from another day."""
    sets = engine.sets
    if request.step == "approve":
        done = sets.approve(actor, name, set, number, request.comment, request.effective_from)
    elif request.step == "reject":
        done = sets.reject(actor, name, set, number, request.comment)
    else:
        done = sets.ask(actor, name, set, number, request.comment)
    return VersionOut.model_validate(done)


@router.post("/sets/{set}/versions/{number}/reply", summary="Answer a question, or withdraw a version")
def reply_to_review(
    engine: TheEngine, actor: Acting, name: str, set: str, number: Number, request: ReviewRequest[Reply]
) -> VersionOut:
    """Only the author withdraws."""
    sets = engine.sets
    if request.step == "answer":
        return VersionOut.model_validate(sets.answer(actor, name, set, number, request.comment))
    return VersionOut.model_validate(sets.withdraw(actor, name, set, number, request.comment))


def _places(found: Any) -> shapes.Listing[PlaceOut]:
    items = [PlaceOut.model_validate(plain(place)) for place in found]
    return shapes.Listing(items=items, total=len(items))
