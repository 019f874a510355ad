"""What each field type becomes in Python (the table in ``PROTOCOL.md``)."""

from __future__ import annotations

import datetime
import re
from typing import Any

_SPECIAL = {"Infinity": float("inf"), "-Infinity": float("-inf"), "NaN": float("nan")}
_DURATION = re.compile(
    r"(?P<sign>[-+]?)P(?:(?P<w>[\d.]+)W)?(?:(?P<d>[\d.]+)D)?(?:T(?:(?P<h>[\d.]+)H)?(?:(?P<m>[\d.]+)M)?(?:(?P<s>[\d.]+)S)?)?"
)
_UNITS = {"w": 604_800.0, "d": 86_400.0, "h": 3_600.0, "m": 60.0, "s": 1.0}


def number(value: Any) -> float:
    """A float from JSON, also where it is infinite or not a number."""
    return _SPECIAL[value] if isinstance(value, str) else float(value)


def as_json_number(value: float) -> float | str:
    """A float for JSON: non-finite ones as words."""
    if value != value:
        return "NaN"
    if value in (float("inf"), float("-inf")):
        return "Infinity" if value > 0 else "-Infinity"
    return value


def moment(value: str) -> datetime.datetime:
    """A date-time with its offset; ``Z`` is UTC."""
    return datetime.datetime.fromisoformat(value[:-1] + "+00:00" if value.endswith("Z") else value)


def seconds(value: Any) -> float:
    """Seconds of a duration: a number, or ISO 8601 such as PT1H30M."""
    if isinstance(value, (int, float)):
        return float(value)
    match = _DURATION.fullmatch(value)
    if match is None:
        raise ValueError(f"“{value}” is no duration such as PT1H30M")
    total = sum(float(match[unit]) * size for unit, size in _UNITS.items() if match[unit])
    return -total if match["sign"] == "-" else total


def duration(value: Any) -> datetime.timedelta:
    """A timedelta from seconds or ISO 8601."""
    return datetime.timedelta(seconds=seconds(value))


_PLAIN = {
    "number": number,
    "percent": number,
    "date": datetime.date.fromisoformat,
    "date-time": moment,
    "duration": duration,
}


def to_python(sent: dict[str, Any]) -> Any:
    """The Python object of one sent value; None where nothing was given."""
    kind, value = sent["type"], sent["value"]
    if value is None:
        return None
    if kind == "duration" and "seconds" in sent:
        return duration(sent["seconds"])
    if kind == "money":
        return float(value["amount"])
    if kind == "list":
        item = sent.get("item", "text")
        return [to_python({"type": item, "value": element}) for element in value]
    convert = _PLAIN.get(kind)
    return value if convert is None else convert(value)
