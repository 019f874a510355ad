"""When two stored values are the same, and the mark of a field that is not set."""

from __future__ import annotations

from typing import Any


class _Missing:
    """Not set: the field inherits its value. Unlike None, which is a value."""

    def __repr__(self) -> str:
        return "MISSING"


MISSING = _Missing()


def same(one: Any, other: Any) -> bool:
    """Equal as JSON: ``True`` is not ``1``, ``1`` is not ``1.0``."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and bool(one == other)
