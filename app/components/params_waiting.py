"""The versions that wait for a review: those that one may decide, and one's own that others decide."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
from markupsafe import Markup

from app.components import shown
from app.components.params_values import place_name
from app.components.params_versions import MOST_FIELDS
from app.components.view import badge, join, link, tag, view
from app.state import actor, engine
from app.text import t
from engine.parameters.set_examining import Waiting
from engine.store.base import utc_now

SOON_DAYS = 3
MOST = 50


def draw(model: str | None = None) -> None:
    """Both lists, with headings, and one for what follows; nothing where nothing waits."""
    found = engine().sets.waiting(actor(), model or "")
    for name, those in (
        ("mine", [one for one in found if one.decides]),
        ("others", [one for one in found if not one.decides]),
    ):
        if those:
            st.header(t(f"waiting.{name}"), anchor=False)
            view(listed(those[:MOST]), key=f"waiting-{name}")
            if len(those) > MOST:
                st.caption(t("waiting.more", count=len(those) - MOST))
    if found:
        st.header(t("waiting.sets"), anchor=False)


def line() -> Markup | None:
    """One line for the home page; None where nothing waits for this person."""
    count = sum(one.decides for one in engine().sets.waiting(actor()))
    return link(t("waiting.count", count=count), "params") if count else None


def listed(found: Sequence[Waiting]) -> Markup:
    """Rows: what changes, why, by whom, until when."""
    shown.people({one.author for one in found})
    return tag("ul", join(_row(one) for one in found), cls="qd-list qd-waiting")


def _row(one: Waiting) -> Markup:
    zone = engine().settings.business_timezone
    title = link(
        t("waiting.version", set=one.title, number=one.number),
        "params-set",
        model=one.model,
        set=one.set,
        version=one.number,
    )
    marks = [badge(place_name(one.place), "gray", "location_on")] if one.place else []
    if one.guarded:
        marks.append(badge(t("form.guarded"), "violet", "shield"))
    if one.asked:
        marks.append(badge(t("waiting.asked_own" if one.own else "waiting.asked"), "blue", "help"))
    labels = _labels(one.model)
    names = [labels.get(name, name) for name in one.changed[:MOST_FIELDS]]
    if len(one.changed) > MOST_FIELDS:
        names.append("…")
    under = [
        tag("span", f"{one.model_title} · {', '.join(names)}", cls="qd-under"),
        tag("span", one.reason, cls="qd-under qd-wrap") if one.reason else "",
    ]
    days = (one.expires_at - utc_now()).days if one.expires_at is not None else SOON_DAYS + 1
    until = t("waiting.until", day=shown.exactly(one.expires_at, zone)[:10])
    cells = [
        tag("span", join([join([title, *marks], " "), *under]), cls="qd-title"),
        tag("span", t("set.from_day", day=shown.day(one.effective_from)), cls="qd-cell qd-small"),
        tag(
            "span",
            t("set.by", who=shown.person(one.author), when=shown.when(one.created_at, zone)),
            cls="qd-cell qd-small",
        ),
        tag("span", badge(until, "orange") if days < SOON_DAYS else until, cls="qd-cell qd-small qd-end"),
    ]
    return tag("li", join(cells), cls="qd-row")


def _labels(model: str) -> dict[str, str]:
    fields = engine().catalog.version(actor(), model).manifest.fields
    return {name: field.label(name) for name, field in fields.items()}
