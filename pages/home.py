"""Home: what needs me. My running and recent runs, what failed, and models to start with."""

import streamlit as st

from app.components import lists, params_waiting
from app.components.live import refresh_while_unfinished
from app.components.menu import may, unread
from app.components.nav import NEEDS, go
from app.components.page import empty, guarded, note, page
from app.components.view import icon, join, link, tag, view
from app.state import actor, auth, engine
from app.text import t
from engine.access import MODEL_READ, RUN_CREATE


def set_up() -> None:
    """The first-run assistant opens by itself once; after that a note leads back until it is finished."""
    if not may(actor(), NEEDS["welcome"]):
        return
    state = auth().company.setup(actor())
    if not state.begun:
        go("welcome")
    if not state.finished:
        way = tag("p", link(t("welcome.go_on"), "welcome"))
        note(t("welcome.home"), tag("p", t("welcome.home.body")) + way, key="home-set-up")


@st.fragment
@guarded
def mine(runs: bool) -> None:
    """The person's own runs: the unfinished ones first, and they move by themselves."""
    zone = engine().settings.business_timezone
    records, total = engine().runs.list(actor(), mine=True, limit=8)
    running = [r for r in records if r.finished_at is None]
    done = [r for r in records if r.finished_at is not None]
    if not records and not runs:
        return  # somebody who approves or audits is not invited to run
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
    set_up()
    if not may(actor(), MODEL_READ):
        empty("shield_person", t("account.no_role"), t("account.no_role.body"), key="home-no-role")
        st.stop()
    count = unread(actor())
    if count:  # on a phone the menu with the bell is folded away
        said = join([icon("notifications"), " ", t("inbox.unread", count=count)])
        view(tag("p", link(said, "inbox")), key="home-unread")
    waits = params_waiting.line()
    if waits:
        view(tag("p", join([icon("rate_review"), " ", waits])), key="home-waiting")
    cards = engine().catalog.list(actor())
    runs = may(actor(), RUN_CREATE)
    mine(runs)
    st.header(t("home.start") if runs else t("models.title"), anchor=False)
    if cards:
        view(lists.model_cards(cards[:6]), key="home-cards")
    else:
        empty("deployed_code", t("models.empty"), t("models.empty.body"), key="home-no-models")
