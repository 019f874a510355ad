"""The shapes of reviewing parameter sets in the API: changes, what waits, effects by shadow runs."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from pydantic import ConfigDict, Field

from app.api.shapes import Shape


class DifferenceOut(Shape):
    """How far a value moved."""

    amount: float = Field(description="After minus before, in `unit`.")
    unit: str = Field(description="The field's unit; % (points), a currency, days or seconds.")
    relative: float | None = Field(None, description="Over what was before; 0.1 is ten percent more.")


class FieldChangeOut(Shape):
    """A field that a version changes."""

    field: str
    title: str
    group: str
    before: Any = None
    after: Any = None
    before_from: str = Field(description="The place that set it, empty for the company; default: the model.")
    after_from: str
    guarded: bool
    source: str = Field(description="typed, xlsx:FILE, import:FILE or feed:ID; empty: taken over.")
    difference: DifferenceOut | None = None


class DifferencesOut(Shape):
    """A version beside what holds without it."""

    held: dict[str, int] = Field(description="Place → the version that it is compared with.")
    known_at: datetime
    fields: list[FieldChangeOut]


class WaitingOut(Shape):
    """A version that waits for a review."""

    model: str
    model_title: str
    set: str
    title: str
    number: int
    place: str
    department: str | None = None
    author: str
    changed: list[str]
    guarded: list[str]
    reason: str
    created_at: datetime
    effective_from: date
    expires_at: datetime | None = None
    own: bool = Field(description="The caller wrote it.")
    decides: bool = Field(description="The caller may approve or reject it.")
    asked: bool = Field(description="Its author owes an answer.")


class MetricEffectOut(Shape):
    """A metric without and with the version."""

    name: str
    title: str
    unit: str
    headline: bool
    better: str | None = Field(None, description="lower or higher, where the model says so.")
    before: float | None = None
    after: float | None = None
    difference: float | None = None
    relative: float | None = None
    verdict: str = Field(description="better, worse, same, or changed where the model does not say.")


class OutputEffectOut(Shape):
    """Another output without and with the version."""

    name: str
    title: str
    kind: str
    differs: bool
    rows_before: int | None = None
    rows_after: int | None = None


class EffectOut(Shape):
    """What the shadow runs of a version say."""

    number: int
    before: str = Field(description="The run without the version.")
    after: str = Field(description="The run with it.")
    before_state: str
    after_state: str
    by: str
    at: datetime
    outdated: str = Field(
        description="in-force: other values hold since then; model: another version is live; empty: up to date."
    )
    metrics: list[MetricEffectOut] = Field(description="Empty until both runs have succeeded.")
    outputs: list[OutputEffectOut]


class TrialRequest(Shape):
    """Shadow runs to start."""

    model_config = ConfigDict(extra="forbid")

    inputs: dict[str, str] = Field(
        {},
        description="Input → `dataset` or `dataset@3`, where other data is to be read than the form would take.",
    )
