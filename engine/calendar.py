"""The business calendar: time zone, fiscal year, retail year and working days of one company."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, available_timezones

from engine import retail
from engine.periods import Granularity, Period, parse_period, period_of
from engine.retail import Pattern, RetailDay

if TYPE_CHECKING:
    from engine.settings import Settings

__all__ = ["BusinessCalendar", "Granularity", "Period", "parse_period", "period_of", "zone"]


def zone(name: str) -> ZoneInfo:
    """A time zone by its IANA name. Raises ValueError with the nearest names."""
    if name not in _zones():
        from difflib import get_close_matches

        near = get_close_matches(name, _zones(), 1, 0.6)
        raise ValueError(
            f"“{name}” is not a time zone"
            + (f"; did you mean {near[0]}?" if near else ", such as Europe/Berlin")
        )
    return ZoneInfo(name)


@lru_cache(1)
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


@dataclass(frozen=True)
class BusinessCalendar:
    """What “today”, “this quarter” and “working day” mean here.

    ``country`` (ISO 3166, with ``subdivision`` if wanted) chooses the public holidays; without it only
    weekends are free. ``weekend`` holds weekdays, Monday is 0.
    """

    timezone: str = "UTC"
    fiscal_start_month: int = 1
    retail_pattern: Pattern = "4-5-4"
    country: str = ""
    subdivision: str | None = None
    weekend: frozenset[int] = frozenset({5, 6})

    @classmethod
    def from_settings(cls, settings: Settings) -> BusinessCalendar:
        """The calendar that the settings describe."""
        return cls(
            settings.business_timezone,
            settings.fiscal_year_start_month,
            settings.retail_pattern,
            getattr(settings, "holiday_country", ""),
        )

    @property
    def zone(self) -> ZoneInfo:
        """The business time zone."""
        return zone(self.timezone)

    def today(self, now: datetime | None = None) -> date:
        """The business day at this moment (or at ``now``, an aware date-time)."""
        return (now or datetime.now(UTC)).astimezone(self.zone).date()

    def start_of(self, day: date) -> datetime:
        """The instant at which a business day begins (00:00, or the first moment after a gap), in UTC."""
        return datetime.combine(day, time.min, self.zone).astimezone(UTC)

    def instants(self, period: Period) -> tuple[datetime, datetime]:
        """From and until (not included) of a period as instants in UTC."""
        return self.start_of(period.start), self.start_of(period.end + timedelta(days=1))

    # --- fiscal year: named by the calendar year in which it ends -------------------------------

    def fiscal_year(self, day: date) -> int:
        """Fiscal year of a day; it bears the number of the calendar year in which it ends."""
        later = self.fiscal_start_month > 1 and day.month >= self.fiscal_start_month
        return day.year + 1 if later else day.year

    def fiscal_year_range(self, year: int) -> tuple[date, date]:
        """First and last day of a fiscal year."""
        first = year - 1 if self.fiscal_start_month > 1 else year
        start = date(first, self.fiscal_start_month, 1)
        return start, start.replace(year=first + 1) - timedelta(days=1)

    def fiscal_month(self, day: date) -> int:
        """Month within the fiscal year, 1 to 12."""
        return (day.month - self.fiscal_start_month) % 12 + 1

    def fiscal_quarter(self, day: date) -> int:
        """Quarter within the fiscal year, 1 to 4."""
        return (self.fiscal_month(day) - 1) // 3 + 1

    def fiscal_quarter_range(self, year: int, quarter: int) -> tuple[date, date]:
        """First and last day of a fiscal quarter."""
        start_month = self.fiscal_year_range(year)[0]
        first = period_of(start_month, "month").shift((quarter - 1) * 3)
        return first.start, first.shift(2).end

    # --- retail year -----------------------------------------------------------------------------

    def retail_day(self, day: date) -> RetailDay:
        """Retail year, month and week of a day."""
        return retail.retail_day(day, self.retail_pattern)

    # --- working days -----------------------------------------------------------------------------

    def holiday(self, day: date) -> str:
        """Name of the public holiday, or an empty text."""
        return _holidays(self.country, self.subdivision, day.year).get(day, "") if self.country else ""

    def is_working_day(self, day: date) -> bool:
        """Neither weekend nor public holiday?"""
        return day.weekday() not in self.weekend and not self.holiday(day)

    def add_working_days(self, day: date, count: int) -> date:
        """The working day ``count`` working days later (earlier when negative).

        0 gives the day itself, or the next working day when it is free.
        """
        step = timedelta(days=-1 if count < 0 else 1)
        while not count and not self.is_working_day(day):
            day += step
        for _ in range(abs(count)):
            day += step
            while not self.is_working_day(day):
                day += step
        return day

    def working_days(self, first: date, last: date) -> int:
        """Number of working days from the first to the last day, both included."""
        return sum(self.is_working_day(first + timedelta(days=n)) for n in range((last - first).days + 1))

    def nth_working_day(self, month: Period, n: int) -> date:
        """The n-th working day of a period; −1 is the last one. Raises ValueError when there is none."""
        days = [month.start + timedelta(days=k) for k in range(month.days)]
        working = [d for d in days if self.is_working_day(d)]
        try:
            return working[n - 1 if n > 0 else n]
        except IndexError:
            raise ValueError(f"{month} has {len(working)} working days, not {abs(n)}") from None


@lru_cache(256)
def _holidays(country: str, subdivision: str | None, year: int) -> dict[date, str]:
    import holidays

    try:
        return dict(holidays.country_holidays(country, subdiv=subdivision, years=year))
    except NotImplementedError:
        raise ValueError(f"no public holidays are known for “{country}” {subdivision or ''}") from None
