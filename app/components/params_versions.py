"""The versions of a set: their states, authors and reasons; the steps of a review."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

from markupsafe import Markup

from app.components import shown
from app.components.params_values import place_name
from app.components.view import badge, icon, join, link, tag
from app.text import t
from engine.parameters.set_records import APPROVED, ReviewStep, SetVersion
from engine.store.base import utc_now

STATES = {
    "in-review": ("orange", "hourglass_top"),
    "approved": ("green", "check_circle"),
    "planned": ("blue", "event_upcoming"),
    "superseded": ("gray", "history"),
    "rejected": ("red", "block"),
    "expired": ("gray", "timer_off"),
}
STEPS = {
    "asked": "rate_review",
    "question": "help",
    "answer": "chat",
    "approved": "check_circle",
    "rejected": "block",
    "withdrawn": "undo",
    "reminded": "notifications",
    "expired": "timer_off",
    "tried": "science",
}
MOST_FIELDS = 6


def state_badge(state: str) -> Markup:
    """A version's state, the same everywhere."""
    colour, symbol = STATES.get(state, ("gray", "help"))
    return badge(t(f"set.state.{state}") if state in STATES else state, colour, symbol)


def state_of(version: SetVersion, today: date) -> str:
    """The state for reading: an approved version that has not begun is planned."""
    return "planned" if version.state == APPROVED and version.effective_from > today else version.state


def listed(
    versions: Sequence[SetVersion],
    titles: Mapping[str, str],
    labels: Mapping[str, str],
    *,
    zone: str,
    today: date,
) -> Markup:
    """Versions, newest first. ``labels`` are the fields' titles."""
    shown.people({one.author for one in versions})
    now = utc_now()
    rows = [_row(one, titles, labels, zone, today, now) for one in versions]
    return tag("ul", join(rows), cls="qd-list qd-set-versions")


def _row(
    version: SetVersion,
    titles: Mapping[str, str],
    labels: Mapping[str, str],
    zone: str,
    today: date,
    now: datetime,
) -> Markup:
    number = link(
        t("version.long", number=version.number),
        "params-set",
        model=version.model,
        set=version.set,
        version=version.number,
    )
    where = [badge(place_name(version.place, titles), "gray", "location_on")] if version.place else []
    said = version.reason or t("set.no_reason")
    under = join(
        [
            tag("span", said, cls="qd-under qd-wrap"),
            tag("span", named(version.changed, labels), cls="qd-under"),
        ]
    )
    by = t("set.by", who=shown.person(version.author), when=shown.when(version.created_at, zone, now=now))
    cells = [
        tag("span", state_badge(state_of(version, today)), cls="qd-state"),
        tag("span", join([join([number, *where], " "), under]), cls="qd-title"),
        tag("span", t("set.from_day", day=shown.day(version.effective_from)), cls="qd-cell qd-small"),
        tag("span", by, cls="qd-cell qd-small", title=shown.exactly(version.created_at, zone)),
    ]
    return tag("li", join(cells), cls="qd-row")


def named(names: Sequence[str], labels: Mapping[str, str], key: str = "set.changed") -> str:
    """Fields by their titles, the first few of many."""
    if not names:
        return t("set.nothing_changed")
    said = ", ".join(labels.get(name, name) for name in names[:MOST_FIELDS])
    more = len(names) - MOST_FIELDS
    if more > 0:
        said = t("set.and_more", fields=said, count=more)
    return t(key, fields=said)


def steps(found: Iterable[ReviewStep], zone: str) -> Markup:
    """What happened in a review, the oldest first."""
    held = sorted(found, key=lambda one: one.at)
    direct = bool(held) and held[0].step == "approved"  # nothing guarded: there was no review
    shown.people({one.by for one in held})
    items = []
    for one in held:
        who = tag("strong", shown.person(one.by))
        step = "saved" if direct and one is held[0] else one.step
        what = join([who, " ", t(f"set.step.{step}"), " "])
        at = tag("span", shown.when(one.at, zone), cls="qd-muted qd-small", title=shown.exactly(one.at, zone))
        said = tag("q", one.comment, cls="qd-said") if one.comment else ""
        mark = tag("span", icon(STEPS.get(one.step, "circle")), cls=f"qd-step qd-step-{one.step}")
        items.append(tag("li", join([mark, tag("div", join([tag("div", join([what, at])), said]))])))
    return tag("ol", join(items), cls="qd-timeline")
