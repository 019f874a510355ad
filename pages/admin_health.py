"""Storage and health: what the doctor finds, what is kept, and sweeping what nothing needs any more."""

import time
from typing import Any

import streamlit as st

from app.components import audit_view, health
from app.components.confirm import Question, confirm
from app.components.menu import may
from app.components.nav import NEEDS
from app.components.page import page, plain
from app.components.view import facts, link, tag, view
from app.state import actor, auth, engine
from app.text import t
from engine.access import AUDIT_READ, SYSTEM_OPERATE

FRESH_SECONDS = 60.0


def report() -> dict[str, Any]:
    """The doctor's report, at most a minute old: looking at every language takes a moment."""
    held = st.session_state.get("health:report")
    if held is None or time.monotonic() - held[0] > FRESH_SECONDS:
        from engine import doctor

        with st.spinner(t("health.looking")):
            held = (time.monotonic(), doctor.report(engine().settings))
        st.session_state["health:report"] = held
    found: dict[str, Any] = held[1]
    return found


def keys() -> None:
    """Which master keys are in force; never the keys."""
    ring = auth().keys
    st.header(t("health.keys"), anchor=False)
    pairs = [
        (t("health.keys.source"), ring.source.title),
        (t("health.keys.newest"), ring.newest),
        (t("health.keys.all"), len(ring.ids)),
    ]
    view(facts(pairs, inline=True), key="health-keys")
    st.caption(t("health.keys.hint"))


def trail() -> None:
    """Where the audit log stands."""
    st.header(t("nav.audit"), anchor=False)
    audit_view.overview()
    view(tag("p", link(t("health.audit"), "audit"), cls="qd-small"), key="health-audit")


def storage() -> None:
    """Dry run and sweep."""
    st.header(t("health.storage"), anchor=False)
    settings = engine().settings
    pairs = [
        (t("health.storage.retention"), t("health.days", count=settings.retention_days)),
        (t("health.storage.grace"), t("health.hours", count=round(settings.gc_grace_hours))),
        (t("health.storage.folder"), str(settings.data)),
    ]
    view(facts(pairs, inline=True), key="health-storage")
    if not may(actor(), SYSTEM_OPERATE):
        return
    with st.container(horizontal=True):
        dry = st.button(t("health.gc.dry"), icon=":material/search:", key="gc-dry")
        sweep = st.button(t("health.gc"), icon=":material/cleaning_services:", key="gc-run")
    if dry:
        with st.spinner(t("health.gc.looking")):
            st.info(plain(engine().gc(actor(), dry_run=True).sentence))
    if sweep:
        question = Question(
            "gc",
            t("health.gc.question"),
            t("health.gc.body"),
            t("health.gc"),
            t("health.gc.done"),
            reason=False,
        )
        confirm(question, lambda _reason: engine().gc(actor()))


with page(t("health.title"), caption=t("health.caption"), needs=NEEDS["health"]):
    found = report()
    view(health.findings(found), key="health-findings")
    if st.button(t("health.again"), icon=":material/refresh:", key="health-again", type="tertiary"):
        st.session_state.pop("health:report", None)
        st.rerun()
    keys()
    if may(actor(), AUDIT_READ):
        trail()
    storage()
