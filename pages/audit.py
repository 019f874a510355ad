"""The audit log: search, export, and the proof that nobody changed it. ``/audit[?person=ID&object=NAME]``."""

import streamlit as st

from app.components import audit_view
from app.components.menu import may
from app.components.nav import NEEDS
from app.components.page import page, say, worded
from app.state import actor, auth
from app.text import t
from engine.access import AUDIT_MANAGE


def prove() -> None:
    """The buttons that verify and anchor."""
    with st.container(horizontal=True):
        verify = st.button(
            t("audit.verify"), type="primary", icon=":material/verified_user:", key="audit:verify"
        )
        if may(actor(), AUDIT_MANAGE) and st.button(
            t("audit.verify.anchor"), icon=":material/anchor:", key="audit:anchor"
        ):
            made = auth().audit.anchor(actor())
            done = t("audit.verify.nothing")
            if made is not None:
                done = t("audit.verify.anchored", number=made.number, entry=made.seq)
            say(done)
            st.rerun()
    if verify:
        with worded("verify"):
            audit_view.verification()


with page(t("audit.title"), caption=t("audit.caption"), needs=NEEDS["audit"]):
    audit_view.overview()
    prove()
    audit_view.listing(audit_view.search())
