"""The places of a set: what each sets by itself, and a new one."""

from __future__ import annotations

from typing import Any

import streamlit as st
from markupsafe import Markup

from app.components.menu import may
from app.components.page import guarded, say, show_error
from app.components.params_values import place_name
from app.components.params_versions import named
from app.components.view import icon, join, link, tag, view
from app.state import actor, engine
from app.text import t
from engine.access import PARAMS_WRITE
from engine.errors import QuarterdeckError
from engine.parameters.set_examining import AtPlace
from engine.parameters.set_records import SetCard


@st.fragment
@guarded
def draw(card: SetCard, manifest: Any) -> None:
    """The company and the places below it; whoever may change the set adds places here."""
    st.caption(t("set.places.about"))
    labels = {name: field.label(name) for name, field in manifest.fields.items()}
    found = engine().sets.at_places(actor(), card.model, card.name)
    writes = may(actor(), PARAMS_WRITE, engine().sets.resource(actor(), card.model, card.name))
    rows = [_row(card, one, labels, writes=writes) for one in found]
    view(tag("ul", join(rows), cls="qd-list qd-places"), key="set-places")
    if writes:
        _new(card, [one.place.place for one in found])


def _row(card: SetCard, one: AtPlace, labels: dict[str, str], *, writes: bool) -> Markup:
    where, address = one.place.place, {"model": card.model, "set": card.name}
    depth = where.count("/") + 1 if where else 0
    name = join([icon("subdirectory_arrow_right"), " "]) if depth else ""
    title = tag("strong", place_name(where, {where: one.place.title}))
    under = named_here(one.fields, labels)
    to = (
        link(t("version.short", number=one.number), "params-set", **address, version=one.number)
        if one.number
        else t("set.places.inherits" if where else "set.places.nothing")
    )
    edit = (
        link(t("set.places.edit"), "params-edit", **address, place=where or None)
        if writes
        else link(t("set.places.show"), "params-set", **address, place=where or None, tab=t("set.tab.values"))
    )
    cells = [
        tag(
            "span",
            join([name, title, tag("span", under, cls="qd-under qd-wrap")]),
            cls=f"qd-title qd-depth-{min(depth, 4)}",
        ),
        tag("span", one.place.currency or "–", cls="qd-cell qd-small"),
        tag("span", to, cls="qd-cell qd-small"),
        tag("span", edit, cls="qd-cell qd-small qd-end"),
    ]
    return tag("li", join(cells), cls="qd-row")


def named_here(fields: list[str], labels: dict[str, str]) -> str:
    """The fields that a place sets by itself."""
    if not fields:
        return t("set.places.none")
    return named(fields, labels, key="set.places.sets")


def _new(card: SetCard, there: list[str]) -> None:
    with st.expander(t("set.places.add"), icon=":material/add_location:"):
        grid = st.grid(3, min_column_width=200)
        above = [one for one in there if one.count("/") < 3]
        parent = grid.selectbox(t("set.places.above"), above, format_func=place_name, key="place:above")
        short = grid.text_input(
            t("set.places.short"), key="place:short", max_chars=40, help=t("set.places.short.help")
        )
        title = grid.text_input(t("set.places.title"), key="place:title", max_chars=200)
        currency = grid.text_input(
            t("set.places.currency"), key="place:currency", max_chars=3, help=t("set.places.currency.help")
        )
        if not st.button(t("set.places.add"), type="primary", icon=":material/add:", key="place:add"):
            return
        path = f"{parent}/{short.strip()}" if parent else short.strip()
        try:
            engine().sets.set_place(actor(), card.model, card.name, path, title, currency.strip().upper())
        except QuarterdeckError as error:
            show_error(error)
            return
        for name in ("short", "title", "currency"):
            st.session_state.pop(f"place:{name}", None)
        say(t("set.places.added", place=path))
        st.rerun(scope="app")
