"""API tokens of everybody, with the way to revoke one."""

import streamlit as st

from app.components import people, tokens
from app.components.nav import NEEDS, asked
from app.components.page import empty, page
from app.state import actor, auth
from app.text import t

with page(t("tokens.title"), caption=t("tokens.caption"), needs=NEEDS["tokens"]):
    ended = st.toggle(t("tokens.show_ended"), key="tokens:ended")
    found = [one for one in auth().tokens.list(actor(), asked("person")) if ended or one.state == "active"]
    if found:
        tokens.listing(found, "tokens-list", people.names(one.account for one in found))
    else:
        empty("key", t("tokens.none"), t("tokens.none.body"), key="tokens-none")
