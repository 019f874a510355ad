"""Which version of a parameter set is in force: pure functions over what was approved, and when.

Two times (SQL:2011 calls them application time and system time): ``effective_from`` is the business day from which
a version holds, ``approved_at`` the moment since which that is known. Nothing here looks at a clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol, TypeVar

COMPANY_PLACE = ""
DEFAULT = "default"  # the origin of a field that no place sets: the model's own default


class Dated(Protocol):
    """What of an approved version is needed here."""

    @property
    def number(self) -> int:
        """Its number in the set."""

    @property
    def place(self) -> str:
        """The place that it is for."""

    @property
    def effective_from(self) -> date:
        """The day from which it holds."""

    @property
    def approved_at(self) -> datetime:
        """Since when that is known."""


@dataclass(frozen=True)
class Approved:
    """An approved version without its values."""

    number: int
    place: str
    effective_from: date
    approved_at: datetime


V = TypeVar("V", bound=Dated)


def as_of(versions: Iterable[V], valid_on: date, known_at: datetime) -> V | None:
    """The version that was in force on a day, as far as it was known at a moment; None: there was none.

    Among those known by then and begun by then the one that began last; of several that began on one day the one
    that was approved last. A version approved after ``known_at`` never changes the answer.
    """
    known = (v for v in versions if v.approved_at <= known_at and v.effective_from <= valid_on)
    return max(known, key=lambda v: (v.effective_from, v.approved_at, v.number), default=None)


def lineage(place: str) -> list[str]:
    """The places whose values reach this one, from the company on: ``DE/S001`` → ``""``, ``DE``, ``DE/S001``."""
    parts = place.split("/") if place else []
    return [COMPANY_PLACE, *("/".join(parts[: n + 1]) for n in range(len(parts)))]


def chosen(versions: Iterable[V], place: str, valid_on: date, known_at: datetime) -> dict[str, V]:
    """The versions in force at a place and above it, from the company on; places without one are left out."""
    by_place: dict[str, list[V]] = {one: [] for one in lineage(place)}
    for version in versions:
        if version.place in by_place:
            by_place[version.place].append(version)
    found = ((one, as_of(those, valid_on, known_at)) for one, those in by_place.items())
    return {one: version for one, version in found if version is not None}


def inherited(levels: Sequence[tuple[str, Mapping[str, Any]]]) -> tuple[dict[str, Any], dict[str, str]]:
    """Values field by field, the nearest place winning, and the place that each one comes from.

    ``levels`` are (place, values set there) from the company down.
    """
    values: dict[str, Any] = {}
    origin: dict[str, str] = {}
    for place, own in levels:
        values |= own
        origin |= dict.fromkeys(own, place)
    return values, origin
