"""The shapes of feeds in the API."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from pydantic import ConfigDict, Field

from app.api.shapes import Shape
from engine.parameters.feeds.sources import Source


class FeedTryOut(Shape):
    """One try of a feed."""

    id: str
    at: datetime
    by: str
    cause: str = Field(description="hand or new-data.")
    outcome: str = Field(
        description="same, suggested, held (outside the guard rails), postponed (until a review is decided), applied, "
        "in-review, failed, accepted, declined or replaced (by a newer value)."
    )
    sentence: str = Field("", description="What was wrong, or why it waits.")
    value: Any = None
    old: Any = Field(None, description="What was in force then.")
    had_old: bool = Field(description="Was anything in force? Else `old` is the model's default.")
    observed_on: date | None = Field(None, description="The day that the value is of.")
    origin: dict[str, Any] = Field(description="What was read: dataset versions, a run, a file, an address.")
    number: int | None = Field(None, description="The version that took the value.")
    seconds: float
    decided_at: datetime | None = None
    decided_by: str = ""
    reason: str = Field("", description="Why it was accepted or declined.")


class FeedOut(Shape):
    """A feed."""

    id: str
    place: str
    field: str
    title: str
    source: dict[str, Any] = Field(
        description="Where its values come from; without what is as it would be anyway."
    )
    rails: dict[str, Any] = Field(
        description="Its guard rails: minimum, maximum, change, relative, stale_days."
    )
    mode: str = Field(description="suggest or apply.")
    trigger: str = Field(description="hand, or new-data.")
    state: str = Field(description="active or paused.")
    paused_because: str = ""
    owner: str = Field(description="Who answers for it: it reads with this account's rights.")
    created_at: datetime
    changed_at: datetime
    failures: int = Field(description="Tries in a row that failed.")
    last: FeedTryOut | None = None
    waiting: FeedTryOut | None = Field(None, description="What waits for somebody to accept or decline it.")


class FreshnessOut(Shape):
    """How old a fed value is."""

    feed: str
    title: str
    place: str
    age_days: int | None = Field(
        None, description="Since the day that the value was observed; null: no value yet."
    )
    since: date | None = None
    stale: bool = Field(description="Is it older than the feed allows?")
    stale_days: int | None = None
    fed: bool = Field(description="Is the value in force the feed's?")
    state: str
    failing: str = ""
    waiting: str = Field("", description="The try that waits for somebody.")
    source: str


class LookedOut(Shape):
    """What a feed would bring."""

    value: Any = None
    old: Any = None
    had_old: bool
    observed_on: date
    origin: dict[str, Any]
    held: str = Field("", description="Which guard rail it would break.")


class GuardRails(Shape):
    """What a value must keep before it is taken without somebody looking at it."""

    model_config = ConfigDict(extra="forbid")

    minimum: str = Field("", max_length=60, description="Decimal text in the field's own scale.")
    maximum: str = Field("", max_length=60)
    change: str = Field("", max_length=60, description="Largest step from what is in force.")
    relative: bool = Field(False, description="The step is in percent of what is in force.")
    stale_days: int | None = Field(None, description="Older values show amber.", ge=1, le=3660)


Mode = Literal["suggest", "apply"]
Trigger = Literal["hand", "new-data"]


class FeedRequest(Shape):
    """A feed to make."""

    model_config = ConfigDict(extra="forbid")

    field: str = Field(max_length=200)
    place: str = Field("", max_length=200)
    title: str = Field("", max_length=200)
    source: Source
    rails: GuardRails = GuardRails()
    mode: Mode = "suggest"
    trigger: Trigger = "hand"
    reason: str = Field("", max_length=2000)


class FeedChangeRequest(Shape):
    """What is to be changed of a feed; what is left out stays. Whoever changes it answers for it."""

    model_config = ConfigDict(extra="forbid")

    title: str | None = Field(None, max_length=200)
    source: Source | None = None
    rails: GuardRails | None = None
    mode: Mode | None = None
    trigger: Trigger | None = None
    state: Literal["active", "paused"] | None = None
    reason: str = Field("", max_length=2000)


class LookRequest(Shape):
    """A source to try, without storing anything."""

    model_config = ConfigDict(extra="forbid")

    field: str = Field(max_length=200)
    place: str = Field("", max_length=200)
    source: Source
    rails: GuardRails = GuardRails()


class DecisionRequest(Shape):
    """A decision on a value that waits."""

    model_config = ConfigDict(extra="forbid")

    decision: Literal["accept", "decline"]
    reason: str = Field(
        "", max_length=2000, description="Needed to decline, and for a value outside the guard rails."
    )
