"""The company's own settings: name, business time zone, calendars; and the way back into the assistant."""

import streamlit as st

from app.components import company_form
from app.components.nav import NEEDS
from app.components.page import page, say
from app.components.view import icon, join, link, tag, view
from app.text import t

with page(t("company.title"), caption=t("company.caption"), needs=NEEDS["company"]):
    if company_form.draw("company", t("company.save")):
        say(t("company.saved"))
        st.rerun()
    again = link(join([icon("assistant_direction"), " ", t("company.again")]), "welcome")
    view(tag("p", again), key="company-again")
