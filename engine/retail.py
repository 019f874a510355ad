"""The retail calendar: months of whole weeks (4-5-4, 4-4-5, 5-4-4) and years of 52 or 53 weeks.

The rule is the one of the National Retail Federation's 4-5-4 calendar: weeks run from Sunday to Saturday;
a year ends on the Saturday nearest to 31 January, so it begins on the Sunday from 29 January to 4 February.
Where 52 weeks leave four or more days of January over, a 53rd week is added to the last month (in 2006, 2012,
2017, 2023). Source: nrf.com, resources, “4-5-4 Calendar”. A retail year bears the number of the calendar year in
which it begins.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

Pattern = Literal["4-4-5", "4-5-4", "5-4-4"]


def year_start(year: int) -> date:
    """First day (a Sunday) of a retail year: the Sunday nearest to 1 February."""
    february = date(year, 2, 1)
    back = (february.weekday() + 1) % 7  # days since the last Sunday
    return february - timedelta(days=back) if back <= 3 else february + timedelta(days=7 - back)


def weeks_in(year: int) -> int:
    """Weeks in a retail year: 52 or 53."""
    return (year_start(year + 1) - year_start(year)).days // 7


@dataclass(frozen=True)
class RetailDay:
    """Where a day lies: retail year, month 1–12 (1 is February), week of the year 1–53 and quarter 1–4."""

    year: int
    month: int
    week: int

    @property
    def quarter(self) -> int:
        """Quarter of the retail year."""
        return (self.month - 1) // 3 + 1


def month_weeks(year: int, pattern: Pattern = "4-5-4") -> list[int]:
    """Weeks of each of the twelve months; in a year of 53 weeks the last month has one more."""
    weeks = [int(n) for n in pattern.split("-")] * 4
    weeks[-1] += weeks_in(year) - 52
    return weeks


def retail_day(day: date, pattern: Pattern = "4-5-4") -> RetailDay:
    """Retail year, month and week of a day."""
    year = day.year if day >= year_start(day.year) else day.year - 1
    week = (day - year_start(year)).days // 7 + 1
    left = week
    for month, weeks in enumerate(month_weeks(year, pattern), 1):
        if left <= weeks:
            return RetailDay(year, month, week)
        left -= weeks
    raise AssertionError(f"{day} is outside its retail year")


def week_range(year: int, week: int) -> tuple[date, date]:
    """First and last day of a retail week. Raises ValueError when the year has no such week."""
    if not 1 <= week <= weeks_in(year):
        raise ValueError(f"retail year {year} has weeks 1 to {weeks_in(year)}, not {week}")
    start = year_start(year) + timedelta(weeks=week - 1)
    return start, start + timedelta(days=6)


def month_range(year: int, month: int, pattern: Pattern = "4-5-4") -> tuple[date, date]:
    """First and last day of a retail month (1 is February). Raises ValueError for another number."""
    if not 1 <= month <= 12:
        raise ValueError(f"a retail year has months 1 to 12, not {month}")
    weeks = month_weeks(year, pattern)
    start = year_start(year) + timedelta(weeks=sum(weeks[: month - 1]))
    return start, start + timedelta(weeks=weeks[month - 1]) - timedelta(days=1)


def quarter_range(year: int, quarter: int, pattern: Pattern = "4-5-4") -> tuple[date, date]:
    """First and last day of a retail quarter."""
    if not 1 <= quarter <= 4:
        raise ValueError(f"a retail year has quarters 1 to 4, not {quarter}")
    return month_range(year, quarter * 3 - 2, pattern)[0], month_range(year, quarter * 3, pattern)[1]


def comparable_week(year: int, week: int) -> tuple[int, int]:
    """The week of the year before to compare with: after a year of 53 weeks, weeks are restated by one.

    Week 1 of the year after a 53-week year is compared with week 2 of that year, and so on, so that
    the same days of the season face each other.
    """
    if weeks_in(year - 1) == 53:
        return year - 1, week + 1
    return (year - 1, week) if week <= 52 else (year, 1)
