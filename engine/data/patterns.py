"""What text may be read as which type without losing anything: patterns (RE2 and Python alike) and casts.

Leading zeros, a leading plus and more than 16 digits never match a number: an identifier stays text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

_SPECIAL = r"-?[Ii]nf(inity)?|NaN|nan"
_POINT = r"-?((0|[1-9][0-9]*)(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?"
_COMMA = r"-?((0|[1-9][0-9]*)(,[0-9]*)?|,[0-9]+)([eE][-+]?[0-9]+)?"
_TIME = r"[ T][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?"
_ZONE = r" ?(Z|[-+][0-9]{2}(:?[0-9]{2})?)"
_ISO = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_DAY = r"[0-9]{1,2}"


@dataclass(frozen=True)
class Reading:
    """One way to read text: ``pattern`` must match the trimmed value, then ``cast`` (SQL over ``{v}``) gives it.

    ``check`` is an extra SQL condition (a day that exists, a number that keeps its digits); ``example``
    says how a value of this kind looks; ``ambiguous`` matches values that could be read in another way too.
    """

    key: str
    type: str
    pattern: str
    cast: str
    check: str = ""
    exact: str = ""
    label: str = ""
    ambiguous: str = ""

    @cached_property
    def matcher(self) -> re.Pattern[str]:
        """The pattern for Python's side (a sample of the column)."""
        return re.compile(self.pattern)

    @property
    def condition(self) -> str:
        """SQL over ``{v}``: is the value of this kind, digits and days checked?

        ``exact`` says it without the pattern, where that is the same and faster.
        """
        if self.exact:
            return f"coalesce({self.exact}, false)"
        match = f"regexp_full_match({{v}}, '{self.pattern}')"
        return f"coalesce({match} AND {self.check or f'{self.cast} IS NOT NULL'}, false)"


def _number(key: str, pattern: str, text: str, ambiguous: str = "") -> Reading:
    cast = f"TRY_CAST({text} AS DOUBLE)"
    exact = (
        f"({cast} IS NOT NULL AND (abs({cast}) <= 9007199254740992 OR regexp_matches({{v}}, '[eEnN]')) "
        f"AND (isfinite({cast}) OR regexp_matches({{v}}, '[nN]')))"
    )
    return Reading(key, "number", pattern, cast, exact, ambiguous=ambiguous)


def _dates(key: str, pattern: str, *formats: str, ambiguous: str = "") -> Reading:
    listed = ", ".join(f"'{f}'" for f in formats)
    stamp = f"TRY_STRPTIME({{v}}, [{listed}])"
    timed = "%H" in formats[0]
    cast = stamp if timed else f"CAST({stamp} AS DATE)"
    return Reading(
        key, "date-time" if timed else "date", pattern, cast, label=formats[0], ambiguous=ambiguous
    )


INTEGER = Reading(
    "integer",
    "integer",
    r"-?[1-9][0-9]*|0",
    "TRY_CAST({v} AS BIGINT)",
    exact="CAST(TRY_CAST({v} AS BIGINT) AS VARCHAR) = {v}",
)
POINT = _number("point", f"{_POINT}|{_SPECIAL}", "{v}", ambiguous=r"-?[1-9][0-9]{0,2}\.[0-9]{3}")
COMMA = _number(
    "comma", f"{_COMMA}|{_SPECIAL}", "replace({v}, ',', '.')", ambiguous=r"-?[1-9][0-9]{0,2},[0-9]{3}"
)
_EITHER = r"-?[1-9][0-9]{0,2}[.,][0-9]{3}"
POINT_GROUPED = _number(
    "point-grouped",
    rf"{_POINT}|-?[1-9][0-9]{{0,2}}(,[0-9]{{3}})+(\.[0-9]+)?",
    "replace({v}, ',', '')",
    ambiguous=_EITHER,
)
COMMA_GROUPED = _number(
    "comma-grouped",
    rf"{_COMMA}|-?[1-9][0-9]{{0,2}}(\.[0-9]{{3}})+(,[0-9]+)?",
    "replace(replace({v}, '.', ''), ',', '.')",
    ambiguous=_EITHER,
)
BOOLEAN = Reading("boolean", "boolean", r"[Tt]rue|TRUE|[Ff]alse|FALSE", "TRY_CAST({v} AS BOOLEAN)")

_SLASH = r"(0?[1-9]|1[0-2])/(0?[1-9]|1[0-2])/[0-9]{4}"
_SLASH_TIME = _SLASH + r" [0-9]{1,2}:[0-9]{2}(:[0-9]{2})?"
_CLOCK = r" [0-9]{1,2}:[0-9]{2}(:[0-9]{2})?"
DATES = (
    Reading(
        "iso-date",
        "date",
        _ISO,
        "TRY_CAST({v} AS DATE)",
        exact="CAST(TRY_CAST({v} AS DATE) AS VARCHAR) = {v}",
    ),
    Reading("iso-time", "date-time", _ISO + _TIME, "TRY_CAST({v} AS TIMESTAMP)"),
    Reading("iso-zoned", "date-time", _ISO + _TIME + _ZONE, "TRY_CAST({v} AS TIMESTAMPTZ)"),
    _dates("dotted", rf"{_DAY}\.{_DAY}\.[0-9]{{4}}", "%d.%m.%Y"),
    _dates("dotted-time", rf"{_DAY}\.{_DAY}\.[0-9]{{4}}{_CLOCK}", "%d.%m.%Y %H:%M", "%d.%m.%Y %H:%M:%S"),
    _dates("year-slash", rf"[0-9]{{4}}/{_DAY}/{_DAY}", "%Y/%m/%d"),
    _dates("day-first", rf"{_DAY}/{_DAY}/[0-9]{{4}}", "%d/%m/%Y", ambiguous=_SLASH),
    _dates("month-first", rf"{_DAY}/{_DAY}/[0-9]{{4}}", "%m/%d/%Y", ambiguous=_SLASH),
    _dates(
        "day-first-time",
        rf"{_DAY}/{_DAY}/[0-9]{{4}}{_CLOCK}",
        "%d/%m/%Y %H:%M",
        "%d/%m/%Y %H:%M:%S",
        ambiguous=_SLASH_TIME,
    ),
    _dates(
        "month-first-time",
        rf"{_DAY}/{_DAY}/[0-9]{{4}}{_CLOCK}",
        "%m/%d/%Y %H:%M",
        "%m/%d/%Y %H:%M:%S",
        ambiguous=_SLASH_TIME,
    ),
    _dates("month-name", rf"{_DAY}-[A-Z][a-z]{{2}}-[0-9]{{4}}", "%d-%b-%Y"),
)

ISO_ANY = Reading("iso-any", "date-time", f"{_ISO}({_TIME})?", "TRY_CAST({v} AS TIMESTAMP)")

READINGS: tuple[Reading, ...] = (INTEGER, BOOLEAN, *DATES, POINT, COMMA, POINT_GROUPED, COMMA_GROUPED)

BY_TYPE = {
    "integer": (INTEGER,),
    "number": (INTEGER, POINT, COMMA, POINT_GROUPED, COMMA_GROUPED),
    "boolean": (BOOLEAN,),
    "date": tuple(r for r in DATES if r.type == "date"),
    "date-time": (*(r for r in DATES if r.type == "date-time"), ISO_ANY),
}
