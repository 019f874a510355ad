"""The values in force: at a place, on a day, as known at a moment; and what is planned after that."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import streamlit as st
from markupsafe import Markup

from app.components import params_values, shown, tables
from app.components.nav import asked
from app.components.page import empty, guarded, plain
from app.components.params_feeds_view import age_badge
from app.components.view import join, link, tag, view
from app.state import actor, engine
from app.text import t
from engine.calendar import BusinessCalendar
from engine.data.coltypes import ColumnInfo
from engine.data.warehouse import TablePage
from engine.parameters import set_values
from engine.parameters.set_records import InForce, SetCard

MOST_ROWS = 200  # of a table that the page shows; the spreadsheet has all


@st.fragment
@guarded
def draw(card: SetCard, manifest: Any, titles: dict[str, str]) -> None:
    """What is asked for, and the values."""
    today = engine().sets.today()
    place, valid_on, known_at = _asked(card, titles, today)
    found = engine().sets.in_force(actor(), card.model, card.name, valid_on, known_at, place)
    where = {"model": card.model, "set": card.name}
    if not found.versions:
        way = link(t("set.tab.versions"), "params-set", **where, tab=t("set.tab.versions"))
        body = t("set.nothing.body", day=shown.day(valid_on))
        empty("tune", t("set.nothing"), body, way if card.latest else None, key="set-none")
    else:
        held = [
            join(
                [
                    f"{params_values.place_name(at, titles)}: ",
                    link(t("version.short", number=number), "params-set", **where, version=number),
                ]
            )
            for at, number in found.versions.items()
        ]
        said = [tag("p", join(held, " · "), cls="qd-small qd-muted")]
        if found.currency:
            said.append(tag("p", t("set.currency", currency=found.currency), cls="qd-small qd-muted"))
        if card.kind != "personal":
            view(join(said), key="set-held")
    if known_at is None and valid_on == today:
        _planned(card, place, titles)
    if found.versions:
        marks = _ages(card, place) if known_at is None and valid_on == today else {}
        defaults = set_values.defaults(manifest)
        view(params_values.table(found, manifest, defaults, titles, marks), key="set-values")
        _tables(found, manifest)


def _ages(card: SetCard, place: str) -> dict[str, Markup]:
    """How old values that feeds brought are, as badges: amber where they are too old."""
    found = engine().feeds.freshness(actor(), card.model, card.name, place)
    return {name: age_badge(age) for name, age in found.items() if age.fed or age.stale}


def _tables(found: InForce, manifest: Any) -> None:
    """The rows of tables, each behind a click."""
    for name, value in found.values.items():
        if not (isinstance(value, dict) and "rows" in value):
            continue
        field = manifest.fields.get(name)
        title = field.label(name) if field is not None else name
        box = st.expander(
            plain(t("set.rows", title=title)),
            icon=":material/table:",
            key=f"set:rows:{name}",
            on_change="rerun",
        )
        if box.open:
            columns = [ColumnInfo(one["name"], one["type"]) for one in value["columns"]]
            rows = TablePage(columns, value["rows"][:MOST_ROWS], len(value["rows"]))
            with box:
                tables.preview(rows, key=f"set:table:{name}", caption=title)
                if len(value["rows"]) > MOST_ROWS:
                    st.caption(t("set.rows.more", tab=t("set.tab.sheets")))


def _asked(card: SetCard, titles: dict[str, str], today: date) -> tuple[str, date, datetime | None]:
    """Place, business day, and the moment until which versions are known (None: now)."""
    first = asked("place") or ""
    key = f"set:{card.id}"  # what was chosen for one set is not meant for another one
    if first and first not in titles:
        st.warning(plain(t("set.no_place", place=first[:80])), icon=":material/wrong_location:")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        place = ""
        if titles:
            places = ["", *titles]
            chosen = st.selectbox(
                t("set.place"),
                places,
                index=places.index(first) if first in titles else 0,
                key=f"{key}:place:{first}",  # the address may ask for another one later
                width=260,
                format_func=lambda one: params_values.place_name(one, titles),
            )
            place = chosen or ""
        day = st.date_input(t("set.day"), today, key=f"{key}:day", format="YYYY-MM-DD", width=170)
        known = st.date_input(
            t("set.known"), None, key=f"{key}:known", format="YYYY-MM-DD", width=230, help=t("set.known.help")
        )
    valid_on = day if isinstance(day, date) else today
    return place, valid_on, _end_of(known) if isinstance(known, date) else None


def _end_of(day: date) -> datetime:
    return BusinessCalendar.from_settings(engine().settings).start_of(day + timedelta(days=1))


def _planned(card: SetCard, place: str, titles: dict[str, str]) -> None:
    """What is approved and begins later: nobody should be surprised by it."""
    lines = [
        tag(
            "li",
            join(
                [
                    t("set.planned", day=shown.day(one.effective_from)),
                    " ",
                    link(
                        t("version.short", number=one.number),
                        "params-set",
                        model=card.model,
                        set=card.name,
                        version=one.number,
                    ),
                    f" ({params_values.place_name(one.place, titles)})" if titles else "",
                ]
            ),
        )
        for one in engine().sets.planned(actor(), card.model, card.name, place)
    ]
    if lines:
        body = tag("h2", t("set.planned.title")) + tag("ul", join(lines))
        view(tag("div", body, cls="qd-note qd-blue"), key="set-planned")
