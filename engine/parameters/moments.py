"""Dates, date-times and periods as people write them, and their canonical spellings."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from engine.parameters.numbers import Unreadable
from engine.periods import Granularity, Period, parse_period, period_of

MONTHS = {
    name: n
    for n, names in enumerate(
        (
            "jan january januar jänner", "feb february februar", "mar march märz mär mrz", "apr april", "may mai",
            "jun june juni", "jul july juli", "aug august", "sep sept september", "oct october okt oktober",
            "nov november", "dec december dez dezember",
        ),
        1,
    )
    for name in names.split()
}  # fmt: skip
RELATIVE = re.compile(
    r"(?P<anchor>today|yesterday|tomorrow|now|this|last|previous|next)(?:\s*(?P<by>[+-]\s*\d{1,5})\s*(?P<unit>[dwmy]?))?"
)
_ISO = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})", re.ASCII)
_DOTTED = re.compile(r"(\d{1,2})\.\s*(\d{1,2})\.\s*(\d{4})", re.ASCII)
_SLASHED = re.compile(r"(\d{1,2})[/-](\d{1,2})[/-](\d{4})", re.ASCII)
_NAMED = re.compile(
    r"(?:(?P<d>\d{1,2})\.?(?:st|nd|rd|th)?\s+(?P<m>[a-zäé]+)\.?,?|(?P<m2>[a-zäé]+)\.?\s+(?P<d2>\d{1,2})(?:st|nd|rd|th)?,?)\s+(?P<y>\d{4})"
)
_EXPECTED = "Enter year-month-day, for instance 2026-11-22."


def parse_date(text: str, locale: str = "en") -> str:
    """The canonical date (or relative token) that a person wrote. Raises Unreadable."""
    bare = text.strip().lower()
    if RELATIVE.fullmatch(bare) and not bare.startswith(("now", "this", "last", "previous", "next")):
        return relative_token(bare)
    if found := _ISO.fullmatch(bare):
        return _day(*(int(g) for g in found.groups()))
    if found := _DOTTED.fullmatch(bare):
        d, m, y = (int(g) for g in found.groups())
        return _day(y, m, d)
    if found := _SLASHED.fullmatch(bare):
        first, second, year = (int(g) for g in found.groups())
        return _slashed(first, second, year, locale)
    if (found := _NAMED.fullmatch(bare)) and (month := MONTHS.get(found["m"] or found["m2"])):
        return _day(int(found["y"]), month, int(found["d"] or found["d2"]))
    if re.fullmatch(r"\d{1,2}[./-]\d{1,2}[./-]\d{2}", bare):
        raise Unreadable("has a year of two digits", f"Write the year with four digits. {_EXPECTED}")
    raise Unreadable("is not a date", _EXPECTED)


def _slashed(first: int, second: int, year: int, locale: str) -> str:
    """22/11/2026: the order of day and month differs by country, so only certain readings are taken."""
    if (
        first == second
        or first > 12
        or locale in {"en-GB", "en-IE", "en-AU"}
        or (not locale.startswith("en") and locale)
    ):
        return _day(year, second, first)
    if second > 12 or locale == "en-US":
        return _day(year, first, second)
    one, other = _day(year, first, second), _day(year, second, first)
    raise Unreadable(f"could mean {one} or {other}", f"Enter {one} or {other}.")


def _day(year: int, month: int, day: int) -> str:
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        raise Unreadable("is not a day of the calendar", _EXPECTED) from None


def relative_token(text: str) -> str:
    """The canonical relative token: ``today``, ``today-7d``, ``now-2d``, ``this+1``. Raises Unreadable."""
    found = RELATIVE.fullmatch(text.strip().lower())
    if not found:
        raise Unreadable("is not a relative date", "Write for instance today, today-7d, today+1m or this-1.")
    anchor, by = found["anchor"], int((found["by"] or "0").replace(" ", ""))
    unit = found["unit"] or ""
    if anchor in {"yesterday", "tomorrow"}:
        if unit not in {"", "d"}:
            raise Unreadable("is not a relative date", "Write for instance today-1m.")
        anchor, by = "today", by + (1 if anchor == "tomorrow" else -1)
    if anchor in {"last", "previous", "next"}:
        anchor, by = "this", by + (1 if anchor == "next" else -1)
    if anchor == "this" and unit:
        raise Unreadable("is not a relative period", "Write for instance this-1 for the period before.")
    return anchor if by == 0 else f"{anchor}{by:+d}{'' if anchor == 'this' else unit or 'd'}"


def is_relative(value: str) -> bool:
    """Is it a token that is resolved at submission?"""
    return value.startswith(("today", "now", "this"))


def resolve_date(value: str, today: date) -> date:
    """The day of a canonical value: ISO, or a token relative to the business day ``today``."""
    if not is_relative(value):
        return date.fromisoformat(value)
    found = RELATIVE.fullmatch(value)
    if not found:
        raise Unreadable("is not a relative date", "Write for instance today-7d.")
    return _shift(today, int(found["by"] or 0), found["unit"] or "d")


def _shift(day: date, by: int, unit: str) -> date:
    try:
        if unit in "dw":
            return day + timedelta(days=by * (7 if unit == "w" else 1))
        month = period_of(day, "month").shift(by * (12 if unit == "y" else 1))
    except (OverflowError, ValueError):
        raise Unreadable("is outside the calendar", "Enter a date nearer to today.") from None
    return min(
        month.end, month.start + timedelta(days=day.day - 1)
    )  # 31 January + 1 month = the last of February


def resolve_period(value: str, today: date, granularity: Granularity | None) -> Period:
    """The period of a canonical value; ``this`` is the one in which ``today`` lies."""
    if not is_relative(value):
        return parse_period(value)
    if granularity is None:
        raise Unreadable(
            "is relative, but the field allows periods of any length",
            "Write the period, for instance 2026-Q3.",
        )
    return period_of(today, granularity).shift(int(value.removeprefix("this") or 0))


def resolve_instant(value: str, now: datetime) -> datetime:
    """The instant of a canonical value; ``now-2d`` counts from the moment of submission."""
    if not is_relative(value):
        return datetime.fromisoformat(value)
    found = RELATIVE.fullmatch(value)
    if not found:
        raise Unreadable("is not a relative date-time", "Write for instance now-2d.")
    return datetime.combine(_shift(now.date(), int(found["by"] or 0), found["unit"] or "d"), now.timetz())


_STAMP = re.compile(
    r"(?P<day>.+?)[T ,]+(?P<h>\d{1,2}):(?P<m>\d{2})(?::(?P<s>\d{2})(?:[.,](?P<f>\d{1,6}))?)?"
    r"\s*(?P<zone>Z|UTC|[+-]\d{2}:?\d{2}(?::\d{2}(?:\.\d{1,6})?)?|[A-Za-z]+/[A-Za-z_/+-]+)?",
    re.ASCII,
)


def parse_instant(text: str, locale: str = "en", zone: str | None = None) -> str:
    """The canonical date-time that a person wrote; ``zone`` is meant where none is written. Raises Unreadable."""
    bare = text.strip()
    if RELATIVE.fullmatch(bare.lower()) and bare.lower().startswith("now"):
        return relative_token(bare)
    found = _STAMP.fullmatch(bare)
    if not found:
        raise Unreadable(
            "is not a date and time", "Enter for instance 2026-11-22 14:30 or 2026-11-22T14:30+01:00."
        )
    day = parse_date(found["day"], locale)
    if is_relative(day):
        raise Unreadable("is not a date and time", "Write the day itself, or now-2d.")
    clock = f"{int(found['h']):02d}:{found['m']}:{found['s'] or '00'}.{(found['f'] or '').ljust(6, '0')}"
    try:
        naive = datetime.fromisoformat(f"{day}T{clock}")
    except ValueError:
        raise Unreadable(
            "has a time that does not exist", "Enter hours 0 to 23 and minutes 0 to 59."
        ) from None
    written = found["zone"]
    if written and "/" not in written:
        offset = "+00:00" if written in {"Z", "UTC"} else written
        try:
            moment = datetime.fromisoformat(naive.isoformat() + offset)
        except ValueError:
            raise Unreadable("has an offset that does not exist", "Write for instance +01:00.") from None
        return _held(moment).isoformat()
    return in_zone(naive, written or zone)


def _held(moment: datetime) -> datetime:
    """The moment, if UTC has it as well: models get it so. Raises Unreadable."""
    try:
        moment.astimezone(UTC)
    except OverflowError:
        raise Unreadable("is outside of the years 1 to 9999 in UTC", "Enter a day further inside.") from None
    return moment


def in_zone(naive: datetime, name: str | None) -> str:
    """A clock time in a time zone as an instant. Raises Unreadable for a gap, a doubled hour, or no zone."""
    stamp = naive.isoformat(" ", "minutes")
    if not name:
        raise Unreadable(
            "has no time zone",
            f"Write it behind the time, for instance {stamp}+01:00 or {stamp} Europe/Berlin.",
        )
    from engine.calendar import zone as find

    try:
        zone: ZoneInfo = find(name)
    except ValueError as error:
        raise Unreadable(
            f"has an unknown time zone: {error}", "Write for instance Europe/Berlin or +01:00."
        ) from None
    first, second = naive.replace(tzinfo=zone, fold=0), naive.replace(tzinfo=zone, fold=1)
    _held(first)
    if first.utcoffset() == second.utcoffset():
        return first.isoformat()
    if first.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != naive:
        raise Unreadable(
            f"does not exist in {name}: the clocks are put forward then", "Enter a time an hour later."
        )
    one, other = first.isoformat(), second.isoformat()
    raise Unreadable(f"happens twice in {name} when the clocks are put back", f"Enter {one} or {other}.")


_HALF = r"(?:h|half\s*|hj\s*)"
_PERIODS: list[tuple[re.Pattern[str], Granularity]] = [
    (re.compile(r"(?P<y>\d{4})"), "year"),
    (re.compile(r"(?:fy|cy)?(?P<y>\d{4})[-\s/]*q(?P<n>\d)|q(?P<n2>\d)[-\s/]*(?P<y2>\d{4})"), "quarter"),
    (re.compile(rf"(?P<y>\d{{4}})[-\s/]*{_HALF}(?P<n>\d)|{_HALF}(?P<n2>\d)[-\s/]*(?P<y2>\d{{4}})"), "half"),
    (
        re.compile(
            r"(?P<y>\d{4})[-\s/]*(?:kw|w|week|wk)\s*(?P<n>\d{1,2})|(?:kw|w|week|wk)\s*(?P<n2>\d{1,2})[-\s/]*(?P<y2>\d{4})"
        ),
        "week",
    ),
    (re.compile(r"(?P<y>\d{4})[-/.](?P<n>\d{1,2})|(?P<n2>\d{1,2})[-/.](?P<y2>\d{4})"), "month"),
]


def parse_any_period(text: str) -> str:
    """The canonical period (or relative token) that a person wrote: ``Q3 2026``, ``July 2026``. Raises Unreadable."""
    bare = text.strip().lower()
    if RELATIVE.fullmatch(bare) and bare.startswith(("this", "last", "previous", "next")):
        return relative_token(bare)
    try:
        for pattern, granularity in _PERIODS:
            if found := pattern.fullmatch(bare):
                groups = found.groupdict()
                year, n = groups.get("y") or groups.get("y2"), groups.get("n") or groups.get("n2") or 1
                return str(Period(granularity, int(year or 0), int(n)))
        named = re.fullmatch(r"([a-zäé]+)\.?\s+(\d{4})", bare)
        if named and named[1] in MONTHS:
            return str(Period("month", int(named[2]), MONTHS[named[1]]))
    except ValueError as error:
        raise Unreadable(f"does not exist: {error}", "Enter a period that does.") from None
    raise Unreadable("is not a period", "Enter for instance 2026-Q3, 2026-07, 2026-W33, 2026-H1 or 2026.")
