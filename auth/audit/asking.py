"""What people type into a search, as a ``Search``: days of the business time zone, names as well as ids."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from auth.audit.search import Search
from engine.errors import Invalid, Problem

if TYPE_CHECKING:
    from auth.service import Auth

RESULTS = ("done", "refused", "failed")


def asked(
    auth: Auth,
    *,
    since: str | date | None = None,
    until: str | date | None = None,
    person: str = "",
    action: str = "",
    object_kind: str = "",
    object_id: str = "",
    result: str = "",
    department: str = "",
) -> Search:
    """The search that is meant. A day as ``until`` is included; ``person`` is a sign-in name or an id.

    Raises Invalid for a date that is none, an unknown result, or an end before the start.
    """
    zone = ZoneInfo(auth.settings.business_timezone)
    problems: list[Problem] = []
    first = _moment("since", since, zone, problems)
    last = _moment("until", until, zone, problems)
    if result and result not in RESULTS:
        sentence = f"“{result}” is no result. Choose among: {', '.join(RESULTS)}."
        problems.append(Problem("result", sentence, result, "known-result"))
    if first and last and last <= first:
        sentence = f"The end ({until}) lies before the start ({since}). Exchange them."
        problems.append(Problem("until", sentence, str(until), "after-start"))
    if problems:
        raise Invalid("the search", problems)
    row = auth.accounts.find_by_name(person) if person else None
    return Search(
        since=first,
        until=last,
        person=row.id if row is not None else person,
        action=action,
        object_kind=object_kind,
        object_id=object_id,
        result=result,
        department=department,
    )


def _moment(where: str, value: str | date | None, zone: ZoneInfo, problems: list[Problem]) -> datetime | None:
    if not value:
        return None
    try:
        if isinstance(value, str):
            value = date.fromisoformat(value) if len(value) <= 10 else datetime.fromisoformat(value)
        if isinstance(value, datetime):
            return (value if value.tzinfo else value.replace(tzinfo=zone)).astimezone(UTC)
        day = value + timedelta(days=1) if where == "until" else value
        return datetime.combine(day, time(), zone).astimezone(UTC)
    except (ValueError, OverflowError):
        sentence = f"“{value}” is no date. Write it as 2026-11-22, or with a time as 2026-11-22T14:30."
        problems.append(Problem(where, sentence, str(value)[:100], "iso-date"))
        return None
