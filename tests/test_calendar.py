"""Business calendar: periods, fiscal and retail years, working days."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import retail
from engine.calendar import BusinessCalendar, Period, parse_period, period_of, zone
from engine.periods import PER_YEAR, weeks_of

DAYS = st.dates(date(1990, 1, 1), date(2060, 12, 31))
GRANULARITIES = st.sampled_from(["year", "half", "quarter", "month", "week"])
PATTERNS = st.sampled_from(["4-4-5", "4-5-4", "5-4-4"])


@given(DAYS, GRANULARITIES)
def test_a_period_holds_its_day_and_touches_its_neighbours(day: date, granularity: str) -> None:
    period = period_of(day, granularity)  # type: ignore[arg-type]
    assert period.start <= day <= period.end
    assert period.contains(day)
    assert period.next.start == period.end + timedelta(days=1)
    assert period.next.previous == period == period.previous.next
    assert parse_period(str(period)) == period


@given(DAYS, GRANULARITIES, st.integers(-60, 60))
def test_shifting_there_and_back(day: date, granularity: str, by: int) -> None:
    period = period_of(day, granularity)  # type: ignore[arg-type]
    assert period.shift(by).shift(-by) == period
    assert (period.shift(by).start > period.start) == (by > 0)


@given(st.integers(1990, 2060), GRANULARITIES)
def test_the_periods_of_a_year_fill_it(year: int, granularity: str) -> None:
    most = weeks_of(year) if granularity == "week" else PER_YEAR[granularity]  # type: ignore[index]
    days = sum(Period(granularity, year, n).days for n in range(1, most + 1))  # type: ignore[arg-type]
    expected = weeks_of(year) * 7 if granularity == "week" else Period("year", year).days
    assert days == expected


@pytest.mark.parametrize(
    "text",
    ["2026-Q5", "2026-13", "2026-00", "2026-W54", "2025-W53", "2026-H3", "26-Q1", "2026-Q0", "0000", "٢٠٢٦"],
)
def test_periods_that_do_not_exist(text: str) -> None:
    with pytest.raises(ValueError):
        parse_period(text)


def test_iso_week_53() -> None:
    assert str(period_of(date(2021, 1, 1), "week")) == "2020-W53"
    assert str(parse_period("2020-W53").next) == "2021-W01"


# --- fiscal -----------------------------------------------------------------------------------


@given(DAYS, st.integers(1, 12))
def test_a_day_lies_in_its_fiscal_year_and_quarter(day: date, month: int) -> None:
    calendar = BusinessCalendar(fiscal_start_month=month)
    year, quarter = calendar.fiscal_year(day), calendar.fiscal_quarter(day)
    first, last = calendar.fiscal_year_range(year)
    assert first <= day <= last
    assert (last - first).days in (364, 365)
    from_, until = calendar.fiscal_quarter_range(year, quarter)
    assert from_ <= day <= until
    assert first <= from_ <= until <= last


def test_a_fiscal_year_is_named_by_the_year_in_which_it_ends() -> None:
    calendar = BusinessCalendar(fiscal_start_month=10)
    assert calendar.fiscal_year(date(2026, 9, 30)) == 2026
    assert calendar.fiscal_year(date(2026, 10, 1)) == 2027
    assert BusinessCalendar().fiscal_year(date(2026, 10, 1)) == 2026


# --- retail -----------------------------------------------------------------------------------

# first days as published by the National Retail Federation
PUBLISHED = {
    2012: date(2012, 1, 29), 2013: date(2013, 2, 3), 2017: date(2017, 1, 29), 2018: date(2018, 2, 4),
    2020: date(2020, 2, 2), 2021: date(2021, 1, 31), 2022: date(2022, 1, 30), 2023: date(2023, 1, 29),
    2024: date(2024, 2, 4), 2025: date(2025, 2, 2),
}  # fmt: skip


def test_retail_years_begin_as_published() -> None:
    assert {year: retail.year_start(year) for year in PUBLISHED} == PUBLISHED
    assert [y for y in range(2000, 2026) if retail.weeks_in(y) == 53] == [2000, 2006, 2012, 2017, 2023]


@given(DAYS, PATTERNS)
def test_a_day_lies_in_its_retail_week_month_and_quarter(day: date, pattern: retail.Pattern) -> None:
    where = retail.retail_day(day, pattern)
    for first, last in (
        retail.week_range(where.year, where.week), retail.month_range(where.year, where.month, pattern),
        retail.quarter_range(where.year, where.quarter, pattern),
    ):  # fmt: skip
        assert first <= day <= last
        assert (first.weekday(), last.weekday()) == (6, 5)  # Sunday to Saturday


@given(st.integers(1990, 2060), PATTERNS)
def test_retail_months_fill_the_year(year: int, pattern: retail.Pattern) -> None:
    weeks = retail.month_weeks(year, pattern)
    assert sum(weeks) == retail.weeks_in(year)
    assert retail.month_range(year, 1, pattern)[0] == retail.year_start(year)
    for month in range(1, 12):
        following = retail.month_range(year, month + 1, pattern)[0]
        assert following == retail.month_range(year, month, pattern)[1] + timedelta(days=1)


def test_after_a_year_of_53_weeks_comparisons_are_restated() -> None:
    assert retail.comparable_week(2024, 1) == (2023, 2)
    assert retail.comparable_week(2024, 52) == (2023, 53)
    assert retail.comparable_week(2025, 1) == (2024, 1)


# --- time zone and working days -----------------------------------------------------------------


def test_today_is_the_business_day() -> None:
    late = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)
    assert BusinessCalendar("Europe/Berlin").today(late) == date(2026, 11, 23)
    assert BusinessCalendar("America/New_York").today(late) == date(2026, 11, 22)


def test_a_day_has_23_or_25_hours_when_clocks_change() -> None:
    calendar = BusinessCalendar("Europe/Berlin")
    begin, end = calendar.instants(Period("month", 2026, 3))
    assert end - begin == timedelta(days=31) - timedelta(hours=1)


def test_an_unknown_zone_is_named_with_a_near_one() -> None:
    with pytest.raises(ValueError, match="did you mean Europe/Berlin"):
        zone("Europe/Berln")


GERMANY = BusinessCalendar("Europe/Berlin", country="DE")


@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(-15, 15))
def test_working_days_can_be_counted_and_walked(day: date, n: int) -> None:
    arrived = GERMANY.add_working_days(day, n)
    assert GERMANY.is_working_day(arrived)
    if n > 0:
        assert GERMANY.working_days(day + timedelta(days=1), arrived) == n
    if n < 0:
        assert GERMANY.working_days(arrived, day - timedelta(days=1)) == -n


def test_holidays_are_free() -> None:
    assert GERMANY.holiday(date(2026, 12, 25))
    assert not BusinessCalendar().holiday(date(2026, 12, 25))
    assert GERMANY.nth_working_day(Period("month", 2026, 1), 1) == date(2026, 1, 2)
    assert GERMANY.nth_working_day(Period("month", 2026, 12), -1) == date(2026, 12, 31)
    with pytest.raises(ValueError, match="has 21 working days"):
        GERMANY.nth_working_day(Period("month", 2026, 1), 40)
