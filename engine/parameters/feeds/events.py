"""Events of feeds. Their object is the parameter set, as ``model/name``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from engine.events import Event


@dataclass(frozen=True, kw_only=True)
class FeedChanged(Event):
    """A feed was made, changed, paused, resumed or removed; ``old`` and ``new`` are what differs."""

    name = "feed-changed"
    object_kind = "params"
    about = "set"
    set: str
    feed: str
    field: str
    place: str
    old: dict[str, Any]
    new: dict[str, Any]
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class FeedTried(Event):
    """A feed fetched a value, or failed to; ``outcome`` says what came of it, ``version`` what took the value."""

    name = "feed-tried"
    object_kind = "params"
    about = "set"
    set: str
    feed: str
    field: str
    place: str
    cause: str
    outcome: str
    version: int | None
    old: Any
    new: Any
    reason: str = ""

    def audited_for(self, kind: str) -> bool:
        """What was found to be as before, without anybody asking, is in the feed's own history only."""
        return self.outcome != "same" or kind != "schedule"


@dataclass(frozen=True, kw_only=True)
class FeedDecided(Event):
    """Somebody accepted or declined what a feed suggested."""

    name = "feed-decided"
    object_kind = "params"
    about = "set"
    set: str
    feed: str
    field: str
    place: str
    decision: str
    version: int | None
    old: Any
    new: Any
    reason: str = ""
