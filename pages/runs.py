"""Runs: the history, searchable and paged. What is asked for stands in the address."""

import math
from typing import Any

import streamlit as st

from app.components import lists, shown
from app.components.live import refresh_while_unfinished
from app.components.page import empty, guarded, page
from app.components.view import link, view
from app.state import actor, engine
from app.text import t

PAGE = 25
STATES = ["running", "succeeded", "failed", "cancelled"]


@st.fragment
@guarded
def history() -> None:
    """The filters, the list, and the pages of it."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        search = st.text_input(
            t("runs.search"),
            key="runs:search",
            bind="query-params",
            icon=":material/search:",
            width=320,
            placeholder=t("runs.search.placeholder"),
        )
        model = _model_filter()
        state = st.selectbox(
            t("runs.state"),
            list(shown.STATES),
            index=None,
            key="runs:state",
            bind="query-params",
            width=180,
            format_func=lambda name: t(f"state.{name}"),
            placeholder=t("runs.any_state"),
        )
        mine = st.toggle(t("runs.mine"), key="runs:mine", bind="query-params")
    at = max(1, int(st.session_state.get("runs:page", 1)))
    asked: dict[str, Any] = {"search": search or "", "state": state, "model": model, "mine": mine}
    if st.session_state.get("runs:asked") != asked:
        at, st.session_state["runs:asked"], st.session_state["runs:page"] = 1, asked, 1
    records, total = engine().runs.list(actor(), **asked, offset=(at - 1) * PAGE, limit=PAGE)
    if not total:
        _nothing(any(asked.values()))
        return
    st.caption(t("runs.count", count=total))
    view(lists.runs(records, engine().settings.business_timezone), key="runs-list")
    if total > PAGE:
        st.pagination(math.ceil(total / PAGE), key="runs:page")
    refresh_while_unfinished([r.id for r in records if r.finished_at is None], key="runs-live")


def _model_filter() -> str | None:
    titles = {card.name: card.title for card in engine().catalog.list(actor())}
    return st.selectbox(
        t("runs.model"),
        list(titles),
        index=None,
        key="runs:model",
        bind="query-params",
        width=240,
        format_func=lambda name: titles.get(name, name),
        placeholder=t("runs.any_model"),
    )


def _nothing(filtered: bool) -> None:
    if filtered:
        empty("search_off", t("runs.none"), t("runs.none.body"), key="runs-none")
    else:
        empty(
            "history",
            t("runs.empty"),
            t("runs.empty.body"),
            link(t("home.empty.action"), "models"),
            key="runs-empty",
        )


with page(t("runs.title")):
    history()
