"""What feeds say of themselves: the reason of a version, where a value came from."""

from __future__ import annotations

from typing import Any


def came_from(origin: dict[str, Any]) -> str:
    """``fx-rates@12``, ``run …QRS456 of demand-forecast``, ``rates/fx.csv``, ``https://api.example.com``."""
    if origin.get("run"):
        return f"run …{str(origin['run'])[-6:]} of {origin.get('model', '')}"
    if origin.get("datasets"):
        return ", ".join(origin["datasets"])
    return str(origin.get("file") or origin.get("url") or "")


def reason_of(row: Any, told: Any, said: str) -> str:
    """The reason of the version that takes a value."""
    day = f", observed on {told.observed_on.isoformat()}" if told.observed_on else ""
    sentence = f"Feed “{row.title or row.field}”: from {came_from(told.origin)}{day}."
    return f"{said.rstrip('.')}. {sentence}" if said else sentence
