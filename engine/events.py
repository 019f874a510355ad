"""Every event: a frozen class with a stable name and documented fields.

An event row is written in the same transaction as the change it tells of; listeners (pages by SSE,
metrics, notices) are called after the commit.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, ClassVar

EVENTS: dict[str, type[Event]] = {}


@dataclass(frozen=True, kw_only=True)
class Event:
    """Base: ``object_kind`` and ``object_id`` say what it is about."""

    name: ClassVar[str] = ""
    object_kind: ClassVar[str] = ""

    @property
    def object_id(self) -> str:
        """Id of the object that the event is about."""
        raise AttributeError("object_id")

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if cls.name:
            if cls.name in EVENTS:
                raise ValueError(f"event {cls.name} is defined twice")
            EVENTS[cls.name] = cls

    def data(self) -> dict[str, Any]:
        """The documented fields, ready for JSON."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class ModelRegistered(Event):
    """A folder became a new version of a model."""

    name = "model-registered"
    object_kind = "model"
    model: str
    version: int

    @property
    def object_id(self) -> str:
        return self.model


@dataclass(frozen=True, kw_only=True)
class AliasMoved(Event):
    """An alias (live, challenger) now names another version; ``old`` is None the first time."""

    name = "alias-moved"
    object_kind = "model"
    model: str
    alias: str
    old: int | None
    new: int
    reason: str = ""

    @property
    def object_id(self) -> str:
        return self.model


@dataclass(frozen=True, kw_only=True)
class DatasetVersionAdded(Event):
    """A dataset has a new version."""

    name = "dataset-version-added"
    object_kind = "dataset"
    dataset: str
    version: int
    rows: int

    @property
    def object_id(self) -> str:
        return self.dataset


@dataclass(frozen=True, kw_only=True)
class RunStateChanged(Event):
    """A run moved from one state to the next."""

    name = "run-state-changed"
    object_kind = "run"
    run: str
    model: str
    old: str
    new: str
    attempt: int = 1

    @property
    def object_id(self) -> str:
        return self.run


@dataclass(frozen=True, kw_only=True)
class ContentsSwept(Event):
    """Contents that nothing refers to were deleted."""

    name = "contents-swept"
    object_kind = "system"
    blobs: int
    bytes: int

    @property
    def object_id(self) -> str:
        return "storage"
