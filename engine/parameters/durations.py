"""Lengths of time as people write them (``1 h 30 min``, ``1:30:00``, ``PT1H30M``), and their canonical spelling."""

from __future__ import annotations

import re
from datetime import timedelta

from engine.parameters.numbers import Unreadable, parse_decimal

_UNITS = {
    "d": 86400, "day": 86400, "days": 86400, "tag": 86400, "tage": 86400, "w": 604800, "wk": 604800, "week": 604800,
    "weeks": 604800, "woche": 604800, "wochen": 604800, "h": 3600, "hr": 3600, "hrs": 3600, "hour": 3600, "hours": 3600,
    "std": 3600, "stunde": 3600, "stunden": 3600, "min": 60, "mins": 60, "minute": 60, "minutes": 60, "minuten": 60,
    "s": 1, "sec": 1, "secs": 1, "second": 1, "seconds": 1, "sek": 1, "sekunde": 1, "sekunden": 1,
}  # fmt: skip
_ISO_DURATION = re.compile(
    r"(?P<sign>[+-]?)P(?:(?P<w>\d+)W)?(?:(?P<d>\d+)D)?(?:T(?:(?P<h>\d+)H)?(?:(?P<m>\d+)M)?(?:(?P<s>\d+(?:\.\d{1,6})?)S)?)?",
    re.ASCII,
)
_PART = re.compile(r"(?P<n>\d[\d.,]*)\s*(?P<unit>[a-z]+)\.?[\s,]*", re.ASCII)


def parse_duration(text: str, locale: str = "en") -> timedelta:
    """A length of time: ISO 8601, ``1 h 30 min``, ``1:30:00``. Raises Unreadable."""
    bare = text.strip().replace("−", "-")
    found = _ISO_DURATION.fullmatch(bare.upper())
    if found and any(found[g] for g in "wdhms"):
        whole = {
            unit: int(found[g] or 0)
            for g, unit in zip("wdhm", ("weeks", "days", "hours", "minutes"), strict=True)
        }
        micro = int(parse_decimal(found["s"] or "0", "en").scaleb(6))
        return _length(found["sign"] == "-", micro, **whole)
    if bare.upper().startswith(("P", "-P")) and re.search(r"\d[YM]", bare.upper().split("T")[0]):
        raise Unreadable(
            "counts years or months, which differ in length", "Enter days, hours, minutes or seconds."
        )
    negative, rest = bare.startswith("-"), bare.lstrip("+-").strip().lower()
    if clock := re.fullmatch(r"(\d+):([0-5]\d):([0-5]\d)", rest, re.ASCII):
        h, m, s = (int(g) for g in clock.groups())
        return _length(negative, s * 10**6, hours=h, minutes=m)
    if clock := re.fullmatch(r"(\d+):(\d\d)", rest, re.ASCII):
        a, b = int(clock[1]), int(clock[2])
        raise Unreadable(
            f"could mean {a} h {b} min or {a} min {b} s", f"Enter “{a} h {b} min” or “{a} min {b} s”."
        )
    return _length(negative, _summed(rest, locale))


def _summed(rest: str, locale: str) -> int:
    """Microseconds of ``1 h 30 min``."""
    micro, at = 0, 0
    while at < len(rest):
        part = _PART.match(rest, at)
        if not part or part["unit"] not in _UNITS:
            break
        micro += int((parse_decimal(part["n"].rstrip(","), locale) * _UNITS[part["unit"]]).scaleb(6))
        at = part.end()
    if at < len(rest) or not rest:
        raise Unreadable("is not a length of time", "Enter for instance 1 h 30 min, 2 days or PT1H30M.")
    return micro


def _length(negative: bool, micro: int, **parts: int) -> timedelta:
    try:
        length = timedelta(microseconds=micro, **parts)
    except OverflowError:
        raise Unreadable("is too long", "Enter a shorter time.") from None
    return -length if negative else length


def _split(length: timedelta) -> tuple[str, int, int, int, int, str]:
    total = abs(length)
    h, rest = divmod(total.seconds, 3600)
    m, s = divmod(rest, 60)
    fraction = f".{total.microseconds:06d}".rstrip("0") if total.microseconds else ""
    return ("-" if length < timedelta(0) else ""), total.days, h, m, s, fraction


def iso_duration(length: timedelta) -> str:
    """Canonical ISO 8601: ``P1DT2H``, ``PT0S``."""
    sign, d, h, m, s, fraction = _split(length)
    clock = (f"{h}H" if h else "") + (f"{m}M" if m else "") + (f"{s}{fraction}S" if s or fraction else "")
    days = f"{d}D" if d else ""
    return f"{sign}P{days}{'T' + clock if clock else ''}" if days or clock else "PT0S"


def spoken_duration(length: timedelta, decimal_sign: str = ".") -> str:
    """How the form writes it: ``1 d 2 h 30 min``."""
    sign, d, h, m, s, fraction = _split(length)
    parts = [f"{n} {u}" for n, u in ((d, "d"), (h, "h"), (m, "min")) if n]
    if s or fraction or not parts:
        # four decimals at least where three would look like grouped thousands
        written = (fraction + "0" if len(fraction) == 4 else fraction).replace(".", decimal_sign)
        parts.append(f"{s}{written} s")
    return sign + " ".join(parts)
