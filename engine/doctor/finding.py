"""One finding of the doctor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Finding:
    """``value`` is for people; ``figures`` are for programs (bytes, seconds, paths); ``remedy`` is what to do.

    ``ok`` None: it cannot be told from here.
    """

    ok: bool | None
    value: str
    remedy: str = ""
    figures: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """As ``doctor --json`` shows it."""
        return {"ok": self.ok, "value": self.value, "remedy": self.remedy, **self.figures}


def size(count: float) -> str:
    """A number of bytes in words: ``1.5 GB`` (2^30 bytes)."""
    return f"{count / (1 << 30):,.1f} GB" if count >= 1 << 30 else f"{count / (1 << 20):,.0f} MB"
