"""Reviewing parameter sets: what a version changes, what waits for whom, and effects by shadow runs."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from app.api import shapes
from app.api.acting import Acting, TheEngine
from app.api.sets import Number
from app.api.sets_review_shapes import (
    DifferencesOut,
    EffectOut,
    FieldChangeOut,
    MetricEffectOut,
    OutputEffectOut,
    TrialRequest,
    WaitingOut,
)
from engine.errors import NotFound

router = APIRouter(tags=["parameter sets"])
VERSION = "/models/{name}/sets/{set}/versions/{number}"


@router.get("/reviews", summary="Versions of parameter sets that wait")
def list_waiting(engine: TheEngine, actor: Acting, model: str = "") -> shapes.Listing[WaitingOut]:
    """Those that the caller may decide, and those that they wrote; the first to expire first."""
    found = engine.sets.waiting(actor, model)
    return shapes.Listing(items=[WaitingOut.model_validate(one) for one in found], total=len(found))


@router.get(VERSION + "/changes", summary="What a version changes")
def version_changes(engine: TheEngine, actor: Acting, name: str, set: str, number: Number) -> DifferencesOut:
    """Beside what holds at its place on its first day without it."""
    found = engine.sets.differences(actor, name, set, number)
    fields = [FieldChangeOut.model_validate(one) for one in found.fields]
    return DifferencesOut(held=found.held, known_at=found.known_at, fields=fields)


@router.get(VERSION + "/effect", summary="What a version does to results")
def version_effect(engine: TheEngine, actor: Acting, name: str, set: str, number: Number) -> EffectOut:
    """By the newest shadow runs that the caller may see."""
    found = engine.sets.effect(actor, name, set, number)
    if found is None:
        raise NotFound("effect", f"{name}/{set}@{number}", "Ask for shadow runs first: POST to this address.")
    return _effect(found)


@router.post(VERSION + "/effect", status_code=202, summary="Try a version out")
def try_version(
    engine: TheEngine, actor: Acting, name: str, set: str, number: Number, request: TrialRequest | None = None
) -> EffectOut:
    """Queues two shadow runs: one with the values that hold without the version, one with it, on the same data."""
    wanted = request.inputs if request is not None else {}
    return _effect(engine.sets.try_out(actor, name, set, number, dict(wanted)))


def _effect(found: Any) -> EffectOut:
    return EffectOut(
        number=found.number,
        before=found.before.id,
        after=found.after.id,
        before_state=found.before.state,
        after_state=found.after.state,
        by=found.by,
        at=found.at,
        outdated=found.outdated,
        metrics=[MetricEffectOut.model_validate(one) for one in found.metrics],
        outputs=[OutputEffectOut.model_validate(one) for one in found.outputs],
    )
