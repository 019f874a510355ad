"""Sign-ins of everybody that are going on, with the way to end them. ``/sessions[?person=ID]``."""

import streamlit as st

from app.components import people, signins
from app.components.nav import NEEDS, asked
from app.components.page import empty, page
from app.state import actor, auth
from app.text import t

with page(t("sessions.title"), caption=t("sessions.caption"), needs=NEEDS["sessions"]):
    one = asked("person")
    search = (
        st.text_input(t("sessions.search"), key="sessions:search", icon=":material/search:", width=320) or ""
    ).casefold()
    found = auth().sessions.list(actor(), one)
    names = people.names(sign_in.account for sign_in in found)
    shown = [s for s in found if search in f"{names[s.account]} {s.address}".casefold()]
    if shown:
        signins.listing(shown, "sessions-list", names)
    else:
        empty("devices", t("sessions.none"), t("sessions.none.body"), key="sessions-none")
    if one and shown:
        who = names[one]
        if st.button(t("sessions.end_all", who=who), icon=":material/logout:", key="sessions-all"):
            signins.end_all(one, who)
