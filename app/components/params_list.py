"""The list of parameter sets: what is in force, what waits, since when; and a person's own presets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st
from markupsafe import Markup

from app.components import confirm, params_making, rows, shown
from app.components.menu import may
from app.components.page import empty
from app.components.view import badge, join, link, tag, view
from app.state import actor, engine
from app.text import t
from engine.access import PARAMS_WRITE, Resource
from engine.parameters.set_queries import KIND
from engine.parameters.set_records import SetCard

REMOVE = "remove:"
Drafts = Mapping[tuple[str, str], Sequence[str]]


def draw(models: Mapping[str, str], search: str, model: str | None) -> None:
    """The sets that match, those of departments first."""
    found = engine().sets.list(actor(), model or "", search)
    ours = [card for card in found if card.kind != "personal"]
    own = [card for card in found if card.kind == "personal"]
    if not found:
        _nothing(bool(search or model))
        return
    drafts = engine().sets.drafts(actor())
    if ours:
        view(_listed(ours, models, drafts), key="params-list")
    if own:
        st.header(t("params.own"), anchor=False)
        st.caption(t("params.own.caption"))
        act = view(_listed(own, models, drafts), key="params-own")
        if act and act.startswith(REMOVE):
            _remove(own, act.removeprefix(REMOVE))


def _nothing(filtered: bool) -> None:
    if filtered:
        empty("search_off", t("params.none"), t("params.none.body"), key="params-none")
        return
    first = t("params.empty.first") if params_making.makers() else t("params.empty.read")
    empty("tune", t("params.empty"), f"{t('params.empty.body')} {first}", key="params-empty")


def _listed(cards: Sequence[SetCard], models: Mapping[str, str], drafts: Drafts) -> Markup:
    heading = rows.head(*(t(f"params.column.{name}") for name in ("name", "state", "from", "changed")), "")
    zone = engine().settings.business_timezone
    return rows.listed([_row(card, models, zone, drafts) for card in cards], "qd-sets", heading)


def _row(card: SetCard, models: Mapping[str, str], zone: str, drafts: Drafts) -> Markup:
    to = link(card.title, "params-set", model=card.model, set=card.name)
    under = [models.get(card.model, card.model), card.department or "", card.name]
    cells = [
        tag("span", join(_states(card) + _drafted(card, drafts)), cls="qd-chips"),
        shown.day(card.effective_from) if card.effective_from else tag("span", "–", cls="qd-muted"),
        tag("span", shown.when(card.changed_at, zone), title=shown.exactly(card.changed_at, zone)),
    ]
    return rows.row(to, " · ".join(part for part in under if part), cells, _actions(card))


def _states(card: SetCard) -> list[Markup]:
    """What is in force, what waits, and whether every change does."""
    if card.in_force is None:
        marks = [
            badge(t("params.state.none" if not card.latest else "params.state.not_yet"), "gray", "block")
        ]
    else:
        marks = [badge(t("params.state.held", number=card.in_force), "green", "check_circle")]
    if card.in_review:
        marks.append(badge(t("params.state.waits", count=card.in_review), "orange", "hourglass_top"))
    if card.guarded:
        marks.append(badge(t("params.state.guarded"), "violet", "shield"))
    return marks


def _drafted(card: SetCard, drafts: Drafts) -> list[Markup]:
    """One's own unsaved changes, each a link to where they go on."""
    places = drafts.get((card.model, card.name), [])
    return [
        link(
            badge(t("params.draft.place", place=place) if place else t("params.draft"), "blue", "edit_note"),
            "params-edit", model=card.model, set=card.name, place=place or None,
        )
        for place in places
    ]  # fmt: skip


def _actions(card: SetCard) -> list[Markup]:
    there = Resource(
        KIND,
        card.ref,
        card.department,
        card.owner if card.kind == "personal" else None,
        ("model", card.model),
    )
    if not may(actor(), PARAMS_WRITE, there):
        return []
    found = [link(t("params.edit"), "params-edit", cls="qd-button", model=card.model, set=card.name)]
    if card.kind == "personal":
        found.append(rows.act(t("params.remove"), f"{REMOVE}{card.id}", symbol="delete", about=card.title))
    return found


def _remove(own: Sequence[SetCard], wanted: str) -> None:
    card = next((one for one in own if one.id == wanted), None)
    if card is None:
        return
    asked = confirm.Question(
        key=f"params-remove-{card.id}",
        title=t("params.remove.title", title=card.title),
        body=t("params.remove.body"),
        button=t("params.remove"),
        done=t("params.remove.done", title=card.title),
        reason=False,
    )
    confirm.confirm(asked, lambda _: engine().sets.remove_preset(actor(), card.model, card.name))
