"""Canonical JSON and bounds of dates, date-times, durations and periods."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import UTC, date, datetime, timedelta
from typing import Any, cast

from engine.parameters import field_types as f
from engine.parameters.bounds import Broken, between
from engine.parameters.durations import iso_duration, parse_duration, spoken_duration
from engine.parameters.moments import (
    parse_any_period,
    parse_date,
    parse_instant,
    resolve_date,
    resolve_instant,
    resolve_period,
)  # fmt: skip
from engine.parameters.numbers import Unreadable
from engine.periods import WRITTEN


class Context:
    """What a check may need besides the field: the business day, the moment, and values to choose from data."""

    def __init__(
        self, today: date | None = None, now: datetime | None = None, choices: Collection[str] | None = None
    ) -> None:
        self.now = now or datetime.now(UTC)
        self.today = today or self.now.date()
        self.choices = choices


def _date(field: f.FieldBase, value: Any, context: Context) -> str:
    field = cast(f.DateField, field)
    token = value.isoformat() if isinstance(value, date) and not isinstance(value, datetime) else value
    if not isinstance(token, str):
        raise Unreadable("is not a date", "Enter year-month-day, for instance 2026-11-22.")
    token = parse_date(token, "")
    day = resolve_date(token, context.today)
    low, high = (
        _bound(b, lambda b: resolve_date(_date_token(b), context.today))
        for b in (field.minimum, field.maximum)
    )
    between(day, low, high, date.isoformat, times=True)
    return token


def _date_token(bound: Any) -> str:
    return parse_date(bound if isinstance(bound, str) else bound.isoformat(), "")


def _bound(raw: Any, read: Callable[[Any], Any]) -> Any:
    return None if raw is None else read(raw)


def _date_time(field: f.FieldBase, value: Any, context: Context) -> str:
    field = cast(f.DateTimeField, field)
    if isinstance(value, datetime) and value.tzinfo is not None:
        value = value.isoformat()
    elif isinstance(value, datetime):
        value = value.isoformat(" ")
    if not isinstance(value, str):
        raise Unreadable("is not a date and time", "Enter for instance 2026-11-22T14:30+01:00.")
    token = parse_instant(value, "", field.zone)
    read = lambda b: resolve_instant(  # noqa: E731
        parse_instant(b if isinstance(b, str) else b.isoformat(" "), "", field.zone), context.now
    )
    moment = resolve_instant(token, context.now)
    between(
        moment,
        _bound(field.minimum, read),
        _bound(field.maximum, read),
        lambda m: m.isoformat(" ", "minutes"),
        times=True,
    )
    return token


def _duration(field: f.FieldBase, value: Any, context: Context) -> str:
    field = cast(f.DurationField, field)
    read = lambda b: b if isinstance(b, timedelta) else parse_duration(str(b))  # noqa: E731
    if not isinstance(value, str | timedelta):
        raise Unreadable("is not a length of time", "Enter for instance 1 h 30 min or PT1H30M.")
    length = read(value)
    between(length, _bound(field.minimum, read), _bound(field.maximum, read), spoken_duration)
    return iso_duration(length)


def _period(field: f.FieldBase, value: Any, context: Context) -> str:
    field = cast(f.PeriodField, field)
    token = parse_any_period(str(value))
    period = resolve_period(token, context.today, field.granularity)
    if field.granularity and period.granularity != field.granularity:
        raise Broken(
            f"“{token}”",
            f"must be a {field.granularity}",
            f"Enter for instance {WRITTEN[field.granularity]}.",
        )
    low, high = (
        _bound(b, lambda b: resolve_period(parse_any_period(b), context.today, field.granularity))
        for b in (field.minimum, field.maximum)
    )
    between(
        period.start,
        low and low.start,
        None,
        lambda d: str(low if low and d == low.start else period),
        times=True,
    )
    between(
        period.end,
        None,
        high and high.end,
        lambda d: str(high if high and d == high.end else period),
        times=True,
    )
    return token


CANONICAL_MOMENTS: dict[str, Callable[[f.FieldBase, Any, Context], Any]] = {
    "date": _date, "date-time": _date_time, "duration": _duration, "period": _period,
}  # fmt: skip
