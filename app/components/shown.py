"""How values look: times, durations, sizes, counts, states. Only looks: nothing here is parsed again."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable
from datetime import date, datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from markupsafe import Markup

from app import state
from app.components.view import badge
from app.text import t
from engine.access import LOCAL_ADMIN, SYSTEM
from engine.errors import QuarterdeckError
from engine.store.base import utc_now

# state → (colour, symbol); the label is in the catalogue
STATES: dict[str, tuple[str, str]] = {
    "queued": ("gray", "schedule"),
    "starting": ("blue", "hourglass_top"),
    "running": ("blue", "progress_activity"),
    "cancelling": ("orange", "cancel"),
    "succeeded": ("green", "check_circle"),
    "failed": ("red", "error"),
    "cancelled": ("gray", "block"),
    "timed_out": ("orange", "timer_off"),
    "interrupted": ("orange", "power_off"),
}
CALLED_SECONDS, MOST_CALLED = 5.0, 10_000
_called: dict[str, tuple[str, float]] = {}  # account → its name, until
UNFINISHED = frozenset({"queued", "starting", "running", "cancelling"})
LANGUAGES = {"python": "Python", "r": "R", "julia": "Julia", "command": "Script"}


def state_badge(state: str) -> Markup:
    """A run's state, the same everywhere."""
    colour, symbol = STATES.get(state, ("gray", "help"))
    return badge(t(f"state.{state}") if state in STATES else state, colour, symbol)


def language(name: str) -> str:
    """A language's own spelling."""
    return LANGUAGES.get(name, name)


@cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def when(moment: datetime | None, zone: str, *, now: datetime | None = None) -> str:
    """A moment in the business time zone: ``just now``, ``12 min ago``, ``today 14:05``, ``3 Oct 2026 14:05``."""
    if moment is None:
        return "–"
    now = now or utc_now()
    seconds = (now - moment).total_seconds()
    if -60 <= seconds < 60:
        return t("when.now")
    if 0 < seconds < 3600:
        return t("when.minutes", count=int(seconds // 60))
    local = moment.astimezone(_zone(zone))
    if local.date() == now.astimezone(_zone(zone)).date():
        return t("when.today", time=local.strftime("%H:%M"))
    return t(
        "when.date",
        day=local.day,
        month=t(f"when.month.{local.month}"),
        year=local.year,
        time=local.strftime("%H:%M"),
    )


def day(date_: date | None) -> str:
    """A business day: ``3 Oct 2026``."""
    if date_ is None:
        return "–"
    return t("when.day", day=date_.day, month=t(f"when.month.{date_.month}"), year=date_.year)


def exactly(moment: datetime | None, zone: str) -> str:
    """A moment to the second, with the time zone named."""
    if moment is None:
        return "–"
    return f"{moment.astimezone(_zone(zone)):%Y-%m-%d %H:%M:%S} {zone}"


def duration(seconds: float | None) -> str:
    """``0.4 s``, ``12 s``, ``3 min 5 s``, ``2 h 10 min``."""
    if seconds is None:
        return "–"
    if seconds < 0.05:
        return t("duration.short")
    if seconds < 10:
        return t("duration.seconds", n=f"{seconds:.1f}")
    whole = round(seconds)
    if whole < 60:
        return t("duration.seconds", n=whole)
    if whole < 3600:
        return t("duration.minutes", m=whole // 60, s=whole % 60)
    return t("duration.hours", h=whole // 3600, m=whole % 3600 // 60)


def person(who: str) -> str:
    """Who did something, by name where it is known."""
    return people([who])[who]


def people(ids: Iterable[str]) -> dict[str, str]:
    """Account id → what to call that person, looked up together; known for five seconds (a page asks often)."""
    now, wanted = time.monotonic(), set(ids)
    new = {one for one in wanted if one and (one not in _called or _called[one][1] < now)}
    if new:
        if len(_called) > MOST_CALLED:
            _called.clear()
        found = _names(new)
        for one in new:
            _called[one] = (found.get(one, one), now + CALLED_SECONDS)
    return {one: _called[one][0] if one in _called else one for one in wanted}


def _names(ids: set[str]) -> dict[str, str]:
    try:
        return state.auth().accounts.names(ids)
    except QuarterdeckError:  # an engine without accounts
        return {known.id: known.name for known in (LOCAL_ADMIN, SYSTEM)}


def size(count: int | None) -> str:
    """Bytes, in the unit that reads best (1 KB = 1,000 bytes)."""
    if count is None:
        return "–"
    amount, unit = float(count), "B"
    for unit in ("B", "KB", "MB", "GB", "TB"):
        if amount < 1000 or unit == "TB":
            break
        amount /= 1000
    return f"{amount:.0f} {unit}" if amount >= 100 or unit == "B" else f"{amount:.1f} {unit}"


def number(value: Any, decimals: int | None = None) -> str:
    """A number with thousands separators; without ``decimals`` as many digits as tell (at most 6 significant)."""
    if value is None:
        return "–"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    number = float(value)
    if math.isnan(number):
        return t("number.nan")
    if math.isinf(number):
        return "∞" if number > 0 else "−∞"
    if decimals is not None:
        return f"{number:,.{decimals}f}"
    if number and (abs(number) >= 1e15 or abs(number) < 1e-4):
        return f"{number:.4g}"
    digits = max(0, min(6, 5 - math.floor(math.log10(abs(number))))) if number else 0
    text = f"{number:,.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def seconds_of(run: Any, now: datetime | None = None) -> float | None:
    """How long a run took, or has been going on; None before it started."""
    if run.started_at is None:
        return None
    end = run.finished_at or now or utc_now()
    return max(0.0, (end - run.started_at).total_seconds())
