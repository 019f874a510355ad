"""The shapes of answers: what OpenAPI promises and clients may rely on.

Numbers that JSON cannot hold are the strings ``Infinity``, ``-Infinity``, ``NaN``; times are ISO 8601 UTC.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Generic, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

T = TypeVar("T")


class Shape(BaseModel):
    """Base: made from the engine's objects by attribute."""

    model_config = ConfigDict(from_attributes=True, ser_json_inf_nan="strings")


class Listing(Shape, Generic[T]):
    """One page of a list: ``total`` counts all that match."""

    items: list[T]
    total: int
    offset: int = 0


class FailureProblem(Shape):
    """One thing wrong with one input."""

    where: str = Field(description="Field, file, column or key.")
    message: str
    value: str = ""
    rule: str = ""


class FailureBody(Shape):
    """What went wrong, in words a person can act on."""

    code: str = Field(description="Stable name; match on this.")
    message: str
    problems: list[FailureProblem] = []


class Failure(Shape):
    """The one shape of every failure."""

    error: FailureBody


class RunInput(Shape):
    """Which dataset version a run read."""

    name: str
    dataset: str
    version: int
    content_hash: str
    blob: str
    rows: int | None = None


class RunFailure(Shape):
    """Why a run did not succeed."""

    reason: str = Field(description="A stable word, for instance model-error, memory, timeout, crashed.")
    sentence: str
    type: str = ""
    trace: str = Field("", description="The model's own trace, where it raised.")


class RunOut(Shape):
    """One run."""

    id: str
    kind: str = Field(description="queued or realtime.")
    model: str
    model_title: str
    department: str | None = None
    version: int
    version_id: str
    state: str = Field(
        description="queued, starting, running, cancelling, succeeded, failed, cancelled, timed_out, interrupted."
    )
    finished: bool
    values: dict[str, Any]
    inputs: list[RunInput] = []
    seed: int | None = None
    environment_id: str = ""
    environment: dict[str, Any] = {}
    attempt: int = 0
    submitted_by: str = ""
    submitted_at: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    seconds: float | None = None
    progress: float | None = Field(None, description="0 to 1, where the model says how far it is.")
    progress_text: str = ""
    error: RunFailure | None = None
    warnings: list[str] = []
    label: str = ""
    today: str = Field("", description="The business day that relative dates were resolved by.")
    reused_from: str | None = None
    again_of: str | None = None
    retain_until: datetime | None = None
    expired_at: datetime | None = None
    timeout_seconds: int = 0
    model_seconds: float | None = None
    peak_memory: int | None = None
    provenance: dict[str, Any] = {}
    parameter_set: dict[str, Any] | None = Field(
        None,
        description="The set that values came from, its versions by place, and the fields set otherwise.",
    )


class RunOutputOut(Shape):
    """What a run produced under one name. Contents are fetched from ``/files/runs/{run}/{name}``."""

    name: str
    kind: str = Field(description="table, metric, figure, file or text.")
    title: str = ""
    value: Any = None
    format: str = ""
    filename: str = ""
    blob: str | None = None
    rows: int | None = None
    columns: list[dict[str, str]] | None = None
    bytes: int = 0


class LogOut(Shape):
    """A piece of a run's printed output."""

    text: str
    next_offset: int


class TableOut(Shape):
    """One page of a table."""

    columns: list[dict[str, Any]]
    rows: list[list[Any]]
    total: int
    offset: int


class UploadOut(Shape):
    """An upload under way: send the next part at ``offset``."""

    id: str
    name: str
    bytes: int | None = None
    offset: int


class FileOut(Shape):
    """A finished upload as the value of a file field."""

    blob: str
    name: str


class RunRequest(BaseModel):
    """A run to queue."""

    model_config = ConfigDict(extra="forbid")

    model: str = Field(description="The model's name.")
    version: int | str = Field("live", description="A version number or an alias.")
    values: dict[str, Any] = Field({}, description="Values by field; what is missing takes its default.")
    inputs: dict[str, str] = Field({}, description="Per input a dataset: `sales` (its newest) or `sales@3`.")
    seed: int | None = None
    label: str = Field("", max_length=200)
    reuse: bool | None = Field(None, description="False: run although an equal earlier result exists.")
    parameter_set: str = Field(
        "",
        max_length=100,
        description="Take values from `name@3`, or `name` (in force today); `values` go before.",
    )
    place: str = Field(
        "", max_length=200, description="With a parameter set: the place, for instance DE/S001."
    )
    valid_on: date | None = Field(None, description="With a parameter set by name: the business day. Today.")
    known_at: AwareDatetime | None = Field(
        None, description="With a parameter set by name: as it was known at that moment. Now."
    )


class PredictRequest(BaseModel):
    """A real-time call."""

    model_config = ConfigDict(extra="forbid")

    values: dict[str, Any] = {}
    inputs: dict[str, str] = {}
    version: int | str = "live"
    parameter_set: str = Field(
        "",
        max_length=100,
        description="Take values from `name@3`, or `name` (in force today); `values` go before.",
    )
    place: str = Field(
        "", max_length=200, description="With a parameter set: the place, for instance DE/S001."
    )


class UploadRequest(BaseModel):
    """An upload to begin."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(description="File name; its ending says the format.", min_length=1, max_length=400)
    bytes: int | None = Field(None, description="Size, where known: refused at once when too large.")


class FinishRequest(BaseModel):
    """What to do with a finished upload."""

    model_config = ConfigDict(extra="forbid")

    hash: str = Field("", description="BLAKE2b-256 of the contents in hex: checked where given.")
    dataset: str = Field(
        "", description="Make it the next version of this dataset. Empty: keep it for a file field."
    )
    title: str = ""
    department: str | None = None
    source: str = ""
    licence: str = ""
