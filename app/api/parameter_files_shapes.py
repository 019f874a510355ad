"""The shapes of parameter files in the API."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field

from app.api.sets_shapes import VersionOut
from app.api.shapes import Shape


class LineOut(Shape):
    """A field that the file has."""

    name: str
    path: str = Field(description="What the file calls it.")
    line: int
    text: str = Field(description="How the file writes it.")
    guessed: str = Field(description="The type that it looks like.")
    state: str = Field(description="matched, out of range, ambiguous, unreadable or refused.")
    value: Any = None
    sentence: str = Field(description="What is wrong with it, and what to do.")
    notes: list[str]
    suggestions: list[str]


class UnknownOut(Shape):
    """A value of the file that no field takes."""

    path: str
    line: int
    text: str
    guessed: str
    near: list[str] = Field([], description="Fields with such a name that have no value yet.")


class MissingOut(Shape):
    """A field that the file does not have."""

    name: str
    required: bool
    near: list[str] = Field([], description="What the file may call it.")


class OptionOut(Shape):
    """An answer to a question."""

    answer: str
    label: str


class QuestionOut(Shape):
    """What the file leaves open. Answer it with the query parameter that `about` names."""

    about: str = Field(description="decimal, days, zone, scale or currency.")
    sentence: str
    options: list[OptionOut]
    field: str = Field(description="Empty: it is asked for the whole file.")
    lines: list[int]
    answered: str


class DifferenceOut(Shape):
    """A field that would change."""

    field: str
    old: Any = None
    new: Any = None
    origin: str | None = Field(
        None, description="The place that sets the old value; null: the model's default."
    )


class EffectOut(Shape):
    """What an import would do to a set."""

    set: str
    place: str
    new_set: bool
    base: int | None = None
    differences: list[DifferenceOut]
    same: list[str] = Field(description="Fields of the file that hold already.")
    inherited: list[str] = Field(
        description="Fields of the file that stay inherited: the place above says the same."
    )
    broken: list[str] = Field(description="Rules across fields that would be broken.")


class FilePreviewOut(Shape):
    """What a file says beside a model's fields."""

    name: str
    kind: str
    encoding: str
    bytes: int
    values: int
    ready: bool = Field(description="Can it be imported as it is?")
    lines: list[LineOut]
    unknown: list[UnknownOut]
    missing: list[MissingOut]
    questions: list[QuestionOut]
    withheld: list[str] = Field(description="Names whose values look secret: they would not be kept.")
    notes: list[str]
    effect: EffectOut | None = None


class LayoutOut(Shape):
    """A file that a set can be written back into."""

    id: str
    name: str
    place: str
    kind: str
    bytes: int
    answers: dict[str, Any] = Field(description="How the file is meant.")
    withheld: list[str]
    version: int | None = Field(None, description="Which version was made of it.")
    changed_at: datetime
    changed_by: str


class StoredOut(Shape):
    """What an import did."""

    version: VersionOut | None = Field(None, description="null: nothing differed.")
    layout: LayoutOut | None = None
    preview: FilePreviewOut
