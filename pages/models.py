"""Models: cards by department, with search."""

from itertools import groupby

import streamlit as st

from app.components import lists, shown
from app.components.page import empty, page
from app.components.view import view
from app.state import actor, engine
from app.text import t

with page(t("models.title"), caption=t("models.caption")):
    everything = engine().catalog.list(actor())
    with st.container(horizontal=True, vertical_alignment="bottom"):
        search = st.text_input(
            t("models.search"), key="models:search", bind="query-params", icon=":material/search:", width=320
        )
        languages = sorted({card.language for card in everything})
        language = st.pills(
            t("models.language"),
            languages,
            format_func=shown.language,
            key="models:language",
            bind="query-params",
        )
    cards = engine().catalog.list(actor(), search=search or "") if search else everything
    cards = [card for card in cards if language in (None, card.language)]
    if not everything:
        empty("deployed_code", t("models.empty"), t("models.empty.body"), key="models-empty")
    elif not cards:
        empty("search_off", t("models.none"), t("models.none.body"), key="models-none")
    by_department = sorted(cards, key=lambda card: (card.department or "", card.title.casefold()))
    for department, group in groupby(by_department, key=lambda card: card.department or ""):
        st.header(department or t("models.no_department"), anchor=False)
        view(lists.model_cards(group), key=f"models-{department}")
