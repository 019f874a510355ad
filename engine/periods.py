"""Periods of the ordinary calendar: 2026, 2026-H1, 2026-Q3, 2026-07, 2026-W33 (ISO week).

A period knows its first and last day and its neighbours. Fiscal and retail years are in ``calendar.py``
and ``retail.py``.
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

Granularity = Literal["year", "half", "quarter", "month", "week"]
PER_YEAR: dict[Granularity, int] = {"year": 1, "half": 2, "quarter": 4, "month": 12}
WRITTEN: dict[Granularity, str] = {
    "year": "2026", "half": "2026-H1", "quarter": "2026-Q3", "month": "2026-07", "week": "2026-W33",
}  # fmt: skip
_CANONICAL = re.compile(r"(?P<year>\d{4})(?:-(?:(?P<kind>[HQW])(?P<n>\d{1,2})|(?P<month>\d{2})))?", re.ASCII)
_LETTER: dict[str, Granularity] = {"H": "half", "Q": "quarter", "W": "week"}


def weeks_of(year: int) -> int:
    """How many ISO weeks a year has: 52 or 53 (the week of 28 December is always the last one)."""
    return date(year, 12, 28).isocalendar().week


@dataclass(frozen=True)
class Period:
    """One period: ``index`` counts from 1 within ``year`` (for weeks: the ISO year)."""

    granularity: Granularity
    year: int
    index: int = 1

    def __post_init__(self) -> None:
        most = weeks_of(self.year) if self.granularity == "week" else PER_YEAR[self.granularity]
        if not 1 <= self.year <= 9998:
            raise ValueError(f"year {self.year} is outside 1 to 9998")
        if not 1 <= self.index <= most:
            raise ValueError(f"{self.year} has {self.granularity} 1 to {most}, not {self.index}")

    def __str__(self) -> str:
        y = f"{self.year:04d}"
        match self.granularity:
            case "year":
                return y
            case "month":
                return f"{y}-{self.index:02d}"
            case "week":
                return f"{y}-W{self.index:02d}"
            case "half":
                return f"{y}-H{self.index}"
            case _:
                return f"{y}-Q{self.index}"

    @property
    def months(self) -> int:
        """Length in months; 0 for a week."""
        return 0 if self.granularity == "week" else 12 // PER_YEAR[self.granularity]

    @property
    def start(self) -> date:
        """First day."""
        if self.granularity == "week":
            return date.fromisocalendar(self.year, self.index, 1)
        return date(self.year, (self.index - 1) * self.months + 1, 1)

    @property
    def end(self) -> date:
        """Last day (included)."""
        if self.granularity == "week":
            return self.start + timedelta(days=6)
        last_month = self.index * self.months
        return date(self.year, last_month, monthrange(self.year, last_month)[1])

    @property
    def days(self) -> int:
        """Number of days."""
        return (self.end - self.start).days + 1

    def shift(self, by: int) -> Period:
        """The period so many steps later (earlier when negative)."""
        if self.granularity == "week":
            return period_of(self.start + timedelta(weeks=by), "week")
        per_year = PER_YEAR[self.granularity]
        year, index = divmod(self.year * per_year + self.index - 1 + by, per_year)
        return Period(self.granularity, year, index + 1)

    @property
    def next(self) -> Period:
        """The period after this one."""
        return self.shift(1)

    @property
    def previous(self) -> Period:
        """The period before this one."""
        return self.shift(-1)

    def contains(self, day: date) -> bool:
        """Is the day in this period?"""
        return self.start <= day <= self.end


def period_of(day: date, granularity: Granularity) -> Period:
    """The period of that length in which the day lies."""
    if granularity == "week":
        iso = day.isocalendar()
        return Period("week", iso.year, iso.week)
    months = 12 // PER_YEAR[granularity]
    return Period(granularity, day.year, (day.month - 1) // months + 1)


def parse_period(text: str) -> Period:
    """A period from its canonical spelling. Raises ValueError with what is expected.

    Other spellings that people type (``Q3 2026``) are read by ``engine.parameters.moments``.
    """
    found = _CANONICAL.fullmatch(text)
    if not found:
        raise ValueError(f"“{text}” is not a period; write for instance {', '.join(WRITTEN.values())}")
    year = int(found["year"])
    if found["month"]:
        return Period("month", year, int(found["month"]))
    if found["kind"]:
        return Period(_LETTER[found["kind"]], year, int(found["n"]))
    return Period("year", year)
