"""What callers see of feeds: plain frozen records, ready for JSON."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

ACTIVE, PAUSED, REMOVED = "active", "paused", "removed"
SUGGEST, APPLY = "suggest", "apply"
MODES = (SUGGEST, APPLY)
HAND, NEW_DATA = "hand", "new-data"
TRIGGERS = (HAND, NEW_DATA)

SAME, SUGGESTED, HELD, POSTPONED = "same", "suggested", "held", "postponed"
APPLIED, IN_REVIEW, FAILED = "applied", "in-review", "failed"
ACCEPTED, DECLINED, REPLACED = "accepted", "declined", "replaced"
WAITING = (SUGGESTED, HELD)  # wait for somebody to accept or decline
TAKEN = (APPLIED, IN_REVIEW, ACCEPTED)  # became a version


@dataclass(frozen=True)
class FeedTry:
    """One try. ``old`` is what was in force then (``had_old`` False: nothing), ``observed_on`` the value's own day.

    ``origin`` says what was read: dataset versions, a run, a file with its hash, an address.
    """

    id: str
    at: datetime
    by: str
    cause: str
    outcome: str
    sentence: str
    value: Any
    old: Any
    had_old: bool
    observed_on: date | None
    origin: dict[str, Any]
    number: int | None
    seconds: float
    decided_at: datetime | None = None
    decided_by: str = ""
    reason: str = ""

    @property
    def waits(self) -> bool:
        """Does it wait for somebody to accept or decline it?"""
        return self.outcome in WAITING


@dataclass(frozen=True)
class Feed:
    """A feed with its last try, and the one that waits for a decision (None: none does)."""

    id: str
    model: str
    set: str
    place: str
    field: str
    title: str
    source: dict[str, Any]
    rails: dict[str, Any]
    mode: str
    trigger: str
    state: str
    paused_because: str
    owner: str
    created_at: datetime
    changed_at: datetime
    failures: int
    last: FeedTry | None = None
    waiting: FeedTry | None = None


@dataclass(frozen=True)
class Freshness:
    """How old the value of a fed field is. ``age_days`` None: the field has no value yet.

    ``fed`` says whether the value in force is the feed's (else somebody has set another one since), ``stale``
    whether it is older than the feed allows, ``place`` the place that sets it.
    """

    feed: str
    title: str
    place: str
    age_days: int | None
    since: date | None
    stale: bool
    stale_days: int | None
    fed: bool
    state: str
    failing: str = ""
    waiting: str = ""
    source: str = ""


@dataclass(frozen=True)
class Found:
    """What a source gave: the raw value, the day it was observed, and what was read."""

    value: Any
    observed_on: date
    origin: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Looked:
    """What a feed would bring, tried before it is stored; ``held`` says which guard rail it would break."""

    value: Any
    old: Any
    had_old: bool
    observed_on: date
    origin: dict[str, Any]
    held: str = ""
