"""The head of a parameter set's page, and its versions."""

from __future__ import annotations

from typing import Any

import streamlit as st

from app.components import params_values, params_versions, shown
from app.components.menu import may
from app.components.nav import asked, go
from app.components.page import crumbs, empty, guarded, plain, say, show_error
from app.components.view import badge, join, link, tag, view
from app.state import actor, engine
from app.text import t
from engine.access import PARAMS_WRITE, RUN_CREATE
from engine.errors import QuarterdeckError
from engine.parameters.set_records import SetCard

PAGE = 25


def head(card: SetCard, manifest: Any) -> None:
    """Title, what there is at a glance, and what can be done."""
    crumbs((t("nav.params"), "params"))
    st.title(plain(card.title), anchor=False)
    line = [
        link(manifest.model.title or card.model, "model", model=card.model),
        badge(card.department) if card.department else "",
        badge(t("set.own"), "violet", "person") if card.kind == "personal" else "",
        badge(t("set.guarded"), "violet", "shield") if card.guarded else "",
        badge(t("set.in_force", number=card.in_force), "green", "check_circle") if card.in_force else "",
    ]
    if card.in_review:
        waits = badge(t("set.waiting", count=card.in_review), "orange", "hourglass_top")
        address = {"model": card.model, "set": card.name, "tab": t("set.tab.versions")}
        line.append(link(waits, "params-set", **address))
    if card.kind != "personal":
        line.append(tag("span", t("set.owner", who=shown.person(card.owner)), cls="qd-muted qd-small"))
    view(tag("div", join(line), cls="qd-line"), key="set-badges")
    _actions(card)


def _actions(card: SetCard) -> None:
    writes = may(actor(), PARAMS_WRITE, engine().sets.resource(actor(), card.model, card.name))
    runs = card.in_force and may(actor(), RUN_CREATE, engine().catalog.resource(card.model))
    address = {"model": card.model, "set": card.name, "place": asked("place")}
    with st.container(horizontal=True):
        if writes and st.button(t("set.edit"), type="primary", icon=":material/edit:", key="set-edit"):
            go("params-edit", **address)
        if runs and st.button(t("set.run"), icon=":material/play_arrow:", key="set-run"):
            go("run-model", **address)
        if writes and st.button(t("set.about"), icon=":material/label:", key="set-about"):
            _about(card)


def _about(card: SetCard) -> None:
    """Title and who looks after it, in a dialog."""

    @st.dialog(plain(t("set.about.title", name=card.title)))
    @guarded
    def asking() -> None:
        title = st.text_input(t("set.about.name"), card.title, key="set:title", max_chars=200)
        mine = card.kind != "personal" and card.owner != actor().id
        take = mine and st.checkbox(t("set.about.take", who=shown.person(card.owner)), key="set:take")
        reason = st.text_input(t("confirm.reason"), key="set:reason", max_chars=300)
        if not st.button(t("set.about.save"), type="primary", key="set:save"):
            return
        try:
            owner = actor().id if take else None
            engine().sets.change(actor(), card.model, card.name, title=title, owner=owner, reason=reason)
        except QuarterdeckError as error:
            show_error(error)
            return
        say(t("set.about.done"))
        st.rerun()

    asking()


@st.fragment
@guarded
def versions(card: SetCard, manifest: Any, titles: dict[str, str]) -> None:
    """All versions, newest first, a page at a time; of one place where that is asked for."""
    place: str | None = None
    if titles:
        places = [None, "", *titles]
        place = st.selectbox(
            t("set.place"),
            places,
            key=f"set:{card.id}:versions-of",
            width=260,
            format_func=lambda one: (
                t("set.all_places") if one is None else params_values.place_name(one, titles)
            ),
        )
    at = max(1, int(st.session_state.get("set:page", 1)))
    asked_for = (card.model, card.name, place)
    if st.session_state.get("set:versions-asked") != asked_for:
        at, st.session_state["set:versions-asked"], st.session_state["set:page"] = 1, asked_for, 1
    found, total = engine().sets.versions(
        actor(), card.model, card.name, place=place, offset=(at - 1) * PAGE, limit=PAGE
    )
    if not total:
        empty("history", t("set.no_versions"), t("set.no_versions.body"), key="set-no-versions")
        return
    zone, today = engine().settings.business_timezone, engine().sets.today()
    labels = {name: field.label(name) for name, field in manifest.fields.items()}
    view(params_versions.listed(found, titles, labels, zone=zone, today=today), key="set-versions")
    if total > PAGE:
        st.pagination(-(-total // PAGE), key="set:page")
