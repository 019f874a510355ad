"""Home: what needs me. My running and recent runs, what failed, and models to start with."""

import streamlit as st

from app.components import lists
from app.components.live import refresh_while_unfinished
from app.components.page import empty, guarded, page
from app.components.view import link, tag, view
from app.state import actor, engine
from app.text import t


@st.fragment
@guarded
def mine() -> None:
    """The person's own runs: the unfinished ones first, and they move by themselves."""
    zone = engine().settings.business_timezone
    records, total = engine().runs.list(actor(), mine=True, limit=8)
    running = [r for r in records if r.finished_at is None]
    done = [r for r in records if r.finished_at is not None]
    if not records:
        empty(
            "rocket_launch",
            t("home.empty"),
            t("home.empty.body"),
            link(t("home.empty.action"), "models"),
            key="home-empty",
        )
        return
    if running:
        st.header(t("home.running"), anchor=False)
        view(lists.runs(running, zone), key="home-running")
        refresh_while_unfinished([r.id for r in running], key="home-live")
    if done:
        st.header(t("home.recent"), anchor=False)
        view(lists.runs(done, zone), key="home-recent")
    if total > len(records):
        view(tag("p", link(t("home.all", count=total), "runs")), key="home-all")


with page(t("home.title"), caption=t("home.caption")):
    cards = engine().catalog.list(actor())
    mine()
    st.header(t("home.start"), anchor=False)
    if cards:
        view(lists.model_cards(cards[:6]), key="home-cards")
    else:
        empty("deployed_code", t("models.empty"), t("models.empty.body"), key="home-no-models")
