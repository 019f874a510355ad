"""The functions of the expression language; each has a sentence that the author guide shows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from engine.expression_values import (
    EXACT,
    Money,
    Table,
    arithmetic,
    as_date,
    as_instant,
    calendar_part,
    compare,
    flat,
    kind,
    length_in,
)  # fmt: skip


@dataclass(frozen=True)
class Function:
    """A function: how it is written, what it means, how many arguments it takes."""

    written: str
    meaning: str
    least: int
    most: int
    call: Callable[..., Any]


def _best(sign: str) -> Callable[..., Any]:
    def best(*arguments: Any) -> Any:
        chosen: Any = None
        for value in flat(arguments):
            chosen = value if chosen is None or compare(sign, value, chosen) else chosen
        return chosen

    return best


def _sum(*arguments: Any) -> Any:
    total: Any = None
    for value in flat(arguments):
        total = value if total is None else arithmetic("+", total, value)
    return Decimal(0) if total is None else total


def _average(*arguments: Any) -> Any:
    values = flat(arguments)
    return arithmetic("/", _sum(values), Decimal(len(values))) if values else None


def _number(value: Any, of: Callable[[Decimal], Decimal]) -> Any:
    if value is None:
        return None
    if isinstance(value, Money):
        return Money(of(value.amount), value.currency)
    if not isinstance(value, Decimal):
        raise ValueError(f"{kind(value)} is not a number")
    return of(value) if value.is_finite() else value


def _round(value: Any, digits: Any = Decimal(0)) -> Any:
    places = Decimal(1).scaleb(-int(digits))
    return _number(value, lambda n: n.quantize(places, rounding=ROUND_HALF_UP, context=EXACT))


def _whole(rounding: str) -> Callable[[Any], Any]:
    return lambda value: _number(value, lambda n: n.to_integral_value(rounding))


def _first(*arguments: Any) -> Any:
    return next((v for v in arguments if v is not None), None)


def _datetime(text: Any) -> Any:
    return None if text is None else text if isinstance(text, datetime) else as_instant(str(text))


def _part(part: str) -> Callable[[Any], Any]:
    return lambda value: None if value is None else calendar_part(value, part)


def _len(value: Any) -> Decimal | None:
    if value is None:
        return None
    if not isinstance(value, str | list | Table):
        raise ValueError(f"{kind(value)} has no length")
    return Decimal(len(value))


def _if(condition: Any, then: Any, otherwise: Any = None) -> Any:
    if condition is not None and not isinstance(condition, bool):
        raise ValueError(f"the condition must be true or false, not {kind(condition)}")
    return then if condition else otherwise


def _date(year: Any, month: Any = None, day: Any = None) -> date | None:
    if year is None:
        return None
    if isinstance(year, datetime):
        return year.date()
    if isinstance(year, date):
        return year
    if isinstance(year, str):
        return as_date(year)
    if month is None or day is None:
        raise ValueError('write date("2026-11-22") or date(2026, 11, 22)')
    return date(int(year), int(month), int(day))


def _edge(which: str) -> Callable[[Any], date | None]:
    def edge(period: Any) -> date | None:
        from engine.periods import parse_period

        if period is not None and not isinstance(period, str):
            raise ValueError(f"{kind(period)} is not a period")
        return (
            None
            if period is None
            else (parse_period(period).start if which == "start" else parse_period(period).end)
        )

    return edge


def _duration(text: Any) -> Any:
    from engine.parameters.durations import parse_duration

    return parse_duration(str(text)) if text is not None else None


def _text(of: Callable[..., Any]) -> Callable[..., Any]:
    def checked(*arguments: Any) -> Any:
        if any(a is None for a in arguments):
            return None
        wrong = next((a for a in arguments if not isinstance(a, str)), None)
        if wrong is not None:
            raise ValueError(f"{kind(wrong)} is not a text")
        return of(*arguments)

    return checked


def _truths(arguments: tuple[Any, ...]) -> list[Any]:
    values = flat(arguments)
    wrong = next((v for v in values if not isinstance(v, bool)), None)
    if wrong is not None:
        raise ValueError(f"{kind(wrong)} is neither true nor false")
    return values


_ALL = (
    Function("min(a, b, …)", "The smallest of several values or of a list; nulls are left out.", 1, 99, _best("<")),
    Function("max(a, b, …)", "The largest.", 1, 99, _best(">")),
    Function("sum(list)", "The sum of a list or of several values; 0 for none.", 1, 99, _sum),
    Function("mean(list)", "The average; null for none.", 1, 99, _average),
    Function("count(list)", "How many values are not null.", 1, 99, lambda *a: Decimal(len(flat(a)))),
    Function("len(x)", "Characters of a text, items of a list, rows of a table.", 1, 1, _len),
    Function("abs(x)", "Without its sign.", 1, 1, lambda v: _number(v, abs)),
    Function("round(x, digits)", "Rounded half up to so many digits (0 without).", 1, 2, _round),
    Function("floor(x)", "The whole number below.", 1, 1, _whole("ROUND_FLOOR")),
    Function("ceil(x)", "The whole number above.", 1, 1, _whole("ROUND_CEILING")),
    Function("sqrt(x)", "The square root.", 1, 1, lambda v: arithmetic("^", v, Decimal("0.5"))),
    Function("if(condition, a, b)", "a when the condition is true, else b (null without).", 2, 3, _if),
    Function("coalesce(a, b, …)", "The first that is not null.", 1, 99, _first),
    Function("any(list)", "Is one of them true?", 1, 99, lambda *a: any(_truths(a))),
    Function("all(list)", "Are all of them true?", 1, 99, lambda *a: all(_truths(a))),
    Function("lower(text)", "In small letters.", 1, 1, _text(str.lower)),
    Function("upper(text)", "In capital letters.", 1, 1, _text(str.upper)),
    Function("starts_with(text, start)", "Does the text begin so?", 2, 2, _text(str.startswith)),
    Function("ends_with(text, end)", "Does the text end so?", 2, 2, _text(str.endswith)),
    Function("date(text)", "A date: date(\"2026-11-22\"), date(2026, 11, 22), or the day of a date-time.", 1, 3, _date),
    Function("datetime(text)", "A date-time with its offset.", 1, 1, _datetime),
    Function("duration(text)", 'A length of time: duration("1 h 30 min").', 1, 1, _duration),
    Function("start(period)", "First day of a period.", 1, 1, _edge("start")),
    Function("end(period)", "Last day of a period.", 1, 1, _edge("end")),
    Function("days(x)", "A length of time as a number of days.", 1, 1, lambda v: length_in(v, 86_400)),
    Function("hours(x)", "A length of time as a number of hours.", 1, 1, lambda v: length_in(v, 3_600)),
    Function("minutes(x)", "A length of time as a number of minutes.", 1, 1, lambda v: length_in(v, 60)),
    *(
        Function(f"{part}(date)", f"The {part} of a date, date-time or period.", 1, 1, _part(part))
        for part in ("year", "quarter", "month", "day")
    ),
    Function("weekday(date)", "1 for Monday to 7 for Sunday.", 1, 1, _part("weekday")),
)  # fmt: skip
FUNCTIONS: dict[str, Function] = {f.written.partition("(")[0]: f for f in _ALL}
CLOCK_FUNCTIONS = {"today": "today(): the business day.", "now": "now(): the moment."}
