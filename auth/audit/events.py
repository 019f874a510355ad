"""Events of the audit log itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

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
