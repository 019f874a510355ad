"""What callers see of parameter sets: plain frozen records, ready for JSON."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.parameters.table_rows import ComparedTable

IN_REVIEW, APPROVED, SUPERSEDED, REJECTED = "in-review", "approved", "superseded", "rejected"
EXPIRED = "expired"  # in review for longer than was asked for; never stored, time brings it about
REMINDED = "reminded"  # a step of a review: its time is nearly over, approvers were told again
CLOSED = frozenset({REJECTED, EXPIRED})
PRESET = "~"  # what the name of a personal preset begins with


@dataclass(frozen=True)
class SetCard:
    """A set as lists show it. ``in_force`` is the company's version of today; None: none yet."""

    id: str
    model: str
    name: str
    title: str
    kind: str
    department: str | None
    owner: str
    guarded: bool
    latest: int
    in_force: int | None
    effective_from: date | None
    in_review: int
    changed_at: datetime

    @property
    def ref(self) -> str:
        """How it is named across models."""
        return f"{self.model}/{self.name}"


@dataclass(frozen=True)
class Place:
    """A place with values of its own."""

    place: str
    title: str = ""
    currency: str = ""


@dataclass(frozen=True)
class ReviewStep:
    """One step of a review: asked, question, answer, approved, rejected, withdrawn, reminded, expired."""

    step: str
    by: str
    at: datetime
    comment: str = ""


@dataclass(frozen=True)
class SetVersion:
    """A version. ``values`` are the fields set at its place; ``changed`` those that differ from what was in force."""

    id: str
    model: str
    set: str
    number: int
    place: str
    state: str
    values: dict[str, Any]
    changed: list[str]
    guarded: list[str]
    sources: dict[str, str]
    base: int | None
    model_version: int
    reason: str
    author: str
    created_at: datetime
    effective_from: date
    expires_at: datetime | None
    approved_at: datetime | None
    approved_by: str
    steps: list[ReviewStep] = field(default_factory=list)


@dataclass(frozen=True)
class InForce:
    """Values at a place. ``origin`` says per field which place sets it; ``versions`` which version holds there.

    A field that no place sets is in neither: the model's own default holds.
    """

    set_id: str
    model: str
    set: str
    place: str
    valid_on: date
    known_at: datetime
    values: dict[str, Any]
    origin: dict[str, str]
    versions: dict[str, int]
    currency: str = ""


@dataclass(frozen=True)
class Past:
    """A value that a field had: of which version, from when on, and how it got there."""

    number: int
    value: Any
    effective_from: date
    approved_at: datetime
    author: str
    source: str


@dataclass(frozen=True)
class Compared:
    """One column of a comparison."""

    set: str
    number: int
    place: str
    effective_from: date
    state: str


@dataclass(frozen=True)
class ComparedField:
    """One row: the value in each column, and whether they differ. ``origins`` as in ``InForce``.

    ``rows`` are the rows of a table that differ.
    """

    field: str
    title: str
    unit: str
    differs: bool
    values: list[Any]
    origins: list[str]
    rows: ComparedTable | None = None


@dataclass(frozen=True)
class ComparedGroup:
    """The fields of one group of the form, those that differ first."""

    title: str
    fields: list[ComparedField]


@dataclass(frozen=True)
class Comparison:
    """Versions side by side; groups with a difference come first."""

    model: str
    columns: list[Compared]
    groups: list[ComparedGroup]
