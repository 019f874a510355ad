"""The identity provider: its settings, a button that tries them, and what there is to register at the provider."""

import streamlit as st

from app.components import health, identity_form
from app.components.nav import NEEDS
from app.components.page import page, say, show_error
from app.components.view import facts, join, tag, view
from app.state import actor, auth
from app.text import t
from engine.errors import QuarterdeckError

ANEW = "identity:anew"  # what was typed is stored: the widgets show what is stored


def save(reason: str) -> None:
    """Store what is typed; on a problem it all stays typed."""
    options, secret = identity_form.typed()
    try:
        kept = auth().identity.configure(actor(), options, client_secret=secret, reason=reason)
    except QuarterdeckError as error:
        show_error(error)
        return
    st.session_state[ANEW] = True
    say(t("identity.saved_on") if kept.enabled else t("identity.saved_off"))
    st.rerun()


def try_it() -> None:
    """Ask the provider, with what is typed."""
    options, secret = identity_form.typed()
    with st.spinner(t("identity.testing")):
        report = auth().identity.test(actor(), identity_form.base(), options, secret)
    found = [
        health.finding(t(f"identity.check.{check.name}"), {"ok": check.ok, "value": check.sentence})
        for check in report.checks
    ]
    view(tag("ul", join(found), cls="qd-list qd-health"), key="identity-report")
    st.caption(t("identity.tested"))
    pairs = [
        (t("identity.register.redirect"), tag("code", report.redirect_address)),
        (t("identity.register.sign_out"), tag("code", report.sign_out_address)),
        (t("identity.register.back_channel"), tag("code", report.back_channel_address)),
    ]
    view(facts(pairs, inline=True), key="identity-addresses")


with page(t("identity.title"), caption=t("identity.caption"), needs=NEEDS["identity"]):
    stored = auth().identity.options(actor())
    identity_form.fill(stored, anew=bool(st.session_state.pop(ANEW, False)))
    with st.container(width=920):
        identity_form.draw(auth().identity.has_secret(actor()))
        why = st.text_input(t("identity.reason"), key="identity:reason", max_chars=300)
        with st.container(horizontal=True):
            saved = st.button(t("identity.save"), type="primary", key="identity-save")
            tried = st.button(t("identity.test"), icon=":material/network_check:", key="identity-test")
    if saved:
        save(why)
    if tried:
        try_it()
