"""A parameter set: what is in force, its versions and places; one version with its review.

``/params-set?model=NAME&set=NAME[&version=3][&place=DE/S001]``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from app.components import (
    params_feeds,
    params_files,
    params_in_force,
    params_places,
    params_set,
    params_sheets,
    params_version,
)
from app.components.nav import asked
from app.components.page import empty, page
from app.components.view import link
from app.state import actor, engine
from app.text import t
from engine.parameters import set_values
from engine.parameters.set_records import SetCard

TAB = "set-tab"


def draw(model: str, name: str) -> None:
    """The whole page."""
    card = engine().sets.get(actor(), model, name)
    manifest = set_values.manifest_of(engine(), model)
    titles = {one.place: one.title for one in engine().sets.places(actor(), model, name)}
    number = asked("version") or ""
    if number.isascii() and number.isdigit() and len(number) < 10:
        params_version.draw(card, manifest, titles, int(number))
        return
    params_set.head(card, manifest)
    parts(card, manifest, titles)


def parts(card: SetCard, manifest: Any, titles: dict[str, str]) -> None:
    """The tabs; only the open one costs anything."""
    shown: dict[str, Callable[[], None]] = {
        "values": lambda: params_in_force.draw(card, manifest, titles),
        "versions": lambda: params_set.versions(card, manifest, titles),
    }
    if card.kind != "personal":
        shown["places"] = lambda: params_places.draw(card, manifest)
    shown["sheets"] = lambda: params_sheets.draw(card.model, card.name)
    shown["files"] = lambda: params_files.draw(card.model, card.name)
    if card.kind != "personal":
        shown["feeds"] = lambda: params_feeds.draw(card.model, card.name)
    labels = [t(f"set.tab.{one}") for one in shown]
    follow(card.id, labels)
    tabs = st.tabs(labels, key=TAB, on_change="rerun")
    for tab, part in zip(tabs, shown.values(), strict=True):
        if tab.open:
            with tab:
                part()


def follow(set_id: str, labels: list[str]) -> None:
    """Keep the open tab and the address the same, whichever of the two was changed.

    Streamlit's own binding of a tab to the address refuses links to another tab of the same page.
    """
    said = asked("tab")
    address = (set_id, said, asked("place"))
    if st.session_state.get(f"{TAB}:address") != address:
        st.session_state[TAB] = said if said in labels else labels[0]
    elif st.session_state.get(TAB, labels[0]) != (said or labels[0]):
        st.query_params["tab"] = st.session_state[TAB]
        address = (set_id, st.session_state[TAB], asked("place"))
    st.session_state[f"{TAB}:address"] = address


with page(t("set.title"), heading=False):
    wanted, set_name = asked("model"), asked("set")
    if wanted and set_name:
        draw(wanted, set_name)
    else:
        empty("tune", t("set.which"), "", link(t("nav.params"), "params"), key="set-which")
