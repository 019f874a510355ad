"""Events of the audit log itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from engine.events import Event


@dataclass(frozen=True, kw_only=True)
class AuditDamaged(Event):
    """The end of the audit log was not as it was left: somebody removed or changed rows of it."""

    name = "audit-damaged"
    object_kind = "audit"
    about = "log"
    needs = "audit.read"
    result: ClassVar[str] = "failed"
    log: str = "audit"
    reason: str


@dataclass(frozen=True, kw_only=True)
class AuditVerified(Event):
    """The audit log was verified; ``result`` is done when nothing was found. ``last`` is the last entry looked at."""

    name = "audit-verified"
    object_kind = "audit"
    about = "log"
    needs = "audit.read"
    log: str = "audit"
    entries: int
    last: int
    findings: int
    result: str  # type: ignore[misc]


@dataclass(frozen=True, kw_only=True)
class AuditAnchored(Event):
    """A signed anchor was written: entry ``entry`` had the hash that the line with this SHA-256 holds."""

    name = "audit-anchored"
    object_kind = "audit"
    about = "log"
    needs = "audit.read"
    log: str = "audit"
    number: int
    entry: int
    line: str


@dataclass(frozen=True, kw_only=True)
class AuditExported(Event):
    """Entries of the audit log were exported; ``search`` says which were asked for."""

    name = "audit-exported"
    object_kind = "audit"
    about = "log"
    needs = "audit.read"
    log: str = "audit"
    form: str
    search: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class AuditPruned(Event):
    """Old entries up to ``through`` were exported and removed behind a signed checkpoint.

    ``segment`` is the SHA-256 of the exported file; ``erased`` says what of earlier erasures went with them.
    """

    name = "audit-pruned"
    object_kind = "audit"
    about = "log"
    needs = "audit.read"
    log: str = "audit"
    through: int
    entries: int
    file: str
    segment: str
    erased: dict[str, list[Any]]
    damaged: int = 0
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class PersonalValuesErased(Event):
    """The personal values of somebody were erased from the audit log: so many, whose set has this sum."""

    name = "personal-values-erased"
    object_kind = "account"
    about = "account"
    needs = "audit.read"
    account: str
    erasure: str
    values: int
    sum: str
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class PersonalValuesExpired(Event):
    """Personal values of entries up to ``through`` were removed because their time was over."""

    name = "personal-values-expired"
    object_kind = "audit"
    about = "log"
    needs = "audit.read"
    log: str = "audit"
    through: int
    values: int
