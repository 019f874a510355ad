"""Events of options, secrets and keys. A value, sealed or not, is never part of one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from engine.events import Event


@dataclass(frozen=True, kw_only=True)
class OptionChanged(Event):
    """An administrator changed settings; ``old`` and ``new`` hold the keys that differ."""

    name = "option-changed"
    object_kind = "option"
    about = "option"
    needs = "system.read"
    option: str
    old: dict[str, Any] = field(default_factory=dict)
    new: dict[str, Any] = field(default_factory=dict)
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class SecretSet(Event):
    """A secret was stored or replaced; ``old`` and ``new`` say what is shown of it, never its value."""

    name = "secret-set"
    object_kind = "secret"
    about = "secret"
    needs = "secret.read"
    secret: str
    old: dict[str, Any] | None
    new: dict[str, Any]
    before: str = ""  # who had set it last
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class SecretRemoved(Event):
    """A secret was removed; ``before`` had set it last."""

    name = "secret-removed"
    object_kind = "secret"
    about = "secret"
    needs = "secret.read"
    secret: str
    before: str = ""
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class SecretUsed(Event):
    """A secret's value was handed out: ``purpose`` is run, call or check; ``run`` and ``model`` got it."""

    name = "secret-used"
    object_kind = "secret"
    about = "secret"
    needs = "secret.read"
    secret: str
    purpose: str
    model: str = ""
    run: str = ""

    def audited_for(self, kind: str) -> bool:
        """Always: also when a schedule or the system used it."""
        return True


@dataclass(frozen=True, kw_only=True)
class KeyRotated(Event):
    """Sealed values were sealed anew under the newest master key; ``old`` and ``new`` are ids of keys."""

    name = "key-rotated"
    object_kind = "system"
    about = "storage"
    needs = "system.read"
    storage: str = "keys"
    old: list[str]
    new: str
    values: int


@dataclass(frozen=True, kw_only=True)
class KeyGivenUp(Event):
    """Values sealed under keys that are lost were cleared: their ids, and how many of which kind."""

    name = "key-given-up"
    object_kind = "system"
    about = "storage"
    needs = "system.read"
    storage: str = "keys"
    keys: list[str]
    lost: dict[str, int]
    reason: str = ""
