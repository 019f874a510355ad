"""The list of parameter sets: what is in force, what waits, since when; and a person's own presets."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
from markupsafe import Markup

from app.components import rows, shown
from app.components.page import empty
from app.components.view import badge, join, link, tag, view
from app.state import actor, engine
from app.text import t
from engine.parameters.set_records import SetCard


def draw(models: dict[str, str], search: str, model: str | None) -> None:
    """The sets that match, those of departments first."""
    found = engine().sets.list(actor(), model or "", search)
    ours = [card for card in found if card.kind != "personal"]
    own = [card for card in found if card.kind == "personal"]
    if not found:
        if search or model:
            empty("search_off", t("params.none"), t("params.none.body"), key="params-none")
        else:
            empty("tune", t("params.empty"), t("params.empty.body"), key="params-empty")
        return
    if ours:
        view(_listed(ours, models), key="params-list")
    if own:
        st.header(t("params.own"), anchor=False)
        st.caption(t("params.own.caption"))
        view(_listed(own, models), key="params-own")


def _listed(cards: Sequence[SetCard], models: dict[str, str]) -> Markup:
    heading = rows.head(*(t(f"params.column.{name}") for name in ("name", "state", "from", "changed")))
    return rows.listed([_row(card, models) for card in cards], "qd-sets", heading)


def _row(card: SetCard, models: dict[str, str]) -> Markup:
    zone = engine().settings.business_timezone
    under = " · ".join(part for part in (models.get(card.model, card.model), card.department) if part)
    to = link(card.title, "params-set", model=card.model, set=card.name)
    marks = [badge(str(card.in_force or "–"))]
    cells = [join(marks, " "), str(card.effective_from or "–"), shown.when(card.changed_at, zone)]
    return rows.row(to, tag("span", under), cells)
