"""The shapes of parameter sets in the API."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Generic, TypeVar

from pydantic import ConfigDict, Field

from app.api.shapes import Shape

S = TypeVar("S")


class SetOut(Shape):
    """A parameter set."""

    id: str
    model: str
    name: str
    title: str
    kind: str = Field(description="department or personal.")
    department: str | None = None
    owner: str
    guarded: bool = Field(description="Every change needs a second person.")
    latest: int
    in_force: int | None = Field(None, description="The company's version of today.")
    effective_from: date | None = None
    in_review: int = Field(description="How many versions wait for a review.")
    changed_at: datetime


class PlaceOut(Shape):
    """A place with values of its own."""

    place: str
    title: str = ""
    currency: str = ""


class StepOut(Shape):
    """One step of a review."""

    step: str = Field(
        description="asked, question, answer, approved, rejected, withdrawn, reminded or expired."
    )
    by: str
    at: datetime
    comment: str = ""


class VersionOut(Shape):
    """A version: the fields set at its place."""

    number: int
    place: str
    state: str = Field(description="in-review, approved, superseded, rejected or expired.")
    values: dict[str, Any]
    changed: list[str] = Field(description="Fields that differ from what was in force on its first day.")
    guarded: list[str] = Field(description="Those of them that need a second person.")
    sources: dict[str, str] = Field({}, description="Field → typed, xlsx:FILE, import:FILE or feed:ID.")
    base: int | None = None
    model_version: int
    reason: str
    author: str
    created_at: datetime
    effective_from: date
    expires_at: datetime | None = None
    approved_at: datetime | None = None
    approved_by: str = ""
    steps: list[StepOut] = Field([], description="Its review, the oldest step first.")


class InForceOut(Shape):
    """Values at a place; a field in none of them has the model's default."""

    set: str
    place: str
    valid_on: date
    known_at: datetime
    values: dict[str, Any]
    origin: dict[str, str] = Field(description="Field → the place that sets it; empty: the company.")
    versions: dict[str, int] = Field(description="Place → the version in force there.")
    currency: str = ""


class ComparedOut(Shape):
    """One column of a comparison."""

    set: str
    number: int
    place: str
    effective_from: date
    state: str


class TableRowOut(Shape):
    """A row of a table that is not the same everywhere."""

    cells: list[list[Any] | None] = Field(description="Its cells in each table; null: not there.")
    differing: list[str] = Field(description="The columns that differ.")


class ComparedTableOut(Shape):
    """The rows of a table that differ."""

    columns: list[str]
    key: list[str] = Field(description="The columns that rows were matched by; none: whole rows.")
    rows: list[TableRowOut]
    equal: int = Field(description="How many rows are the same everywhere.")


class ComparedFieldOut(Shape):
    """One row of a comparison."""

    field: str
    title: str
    unit: str
    differs: bool
    values: list[Any]
    origins: list[str]
    rows: ComparedTableOut | None = Field(None, description="Of a table: its rows that differ.")


class ComparedGroupOut(Shape):
    """The rows of one group of the form."""

    title: str
    fields: list[ComparedFieldOut]


class ComparisonOut(Shape):
    """Versions side by side."""

    model: str
    columns: list[ComparedOut]
    groups: list[ComparedGroupOut]


class SetRequest(Shape):
    """A parameter set to make."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(
        description="Lower case with hyphens; `~name` for a preset of one's own.", max_length=80
    )
    title: str = Field("", max_length=200)
    department: str | None = Field(None, description="The model's, if left out.")
    guarded: bool = False


class SetChange(Shape):
    """What is to be changed of a set."""

    model_config = ConfigDict(extra="forbid")

    title: str = Field(min_length=1, max_length=200)
    reason: str = Field("", max_length=2000)


class PlaceRequest(Shape):
    """A place to add or change."""

    model_config = ConfigDict(extra="forbid")

    place: str = Field(description="For instance DE, then DE/S001.", max_length=200)
    title: str = Field("", max_length=200)
    currency: str = Field("", description="ISO 4217, for instance EUR.", max_length=20)


class SubmitRequest(Shape):
    """A version to submit."""

    model_config = ConfigDict(extra="forbid")

    values: dict[str, Any] = Field(
        description="All fields that are to be set at the place; the others inherit."
    )
    reason: str = Field("", max_length=2000)
    base: int | None = Field(
        None, description="The version that was changed; null for the first.", ge=1, le=2**31 - 1
    )
    effective_from: date | None = None
    place: str = Field("", max_length=200)
    sources: dict[str, str] = Field({}, description="Field → typed, xlsx:FILE, import:FILE or feed:ID.")
    review: bool = Field(False, description="Have it reviewed although no guarded field changes.")
    days: int = Field(14, description="How long it waits for an approver.", ge=1, le=366)


class ReviewRequest(Shape, Generic[S]):
    """A step in a review."""

    model_config = ConfigDict(extra="forbid")

    step: S
    comment: str = Field("", max_length=2000)
    effective_from: date | None = Field(None, description="With an approval: the day from which it holds.")
