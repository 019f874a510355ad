"""Departments: which there are, who and what is in them; adding and renaming one."""

import streamlit as st

from app.components import rows
from app.components.confirm import renaming
from app.components.menu import may
from app.components.nav import NEEDS
from app.components.page import empty, page, say, show_error
from app.components.view import link, view
from app.state import actor, auth
from app.text import t
from engine.access import DEPARTMENT_MANAGE
from engine.errors import QuarterdeckError


def everything(manages: bool) -> None:
    """The list, each with what it holds."""
    found = {one.name: one for one in auth().accounts.departments(actor())}
    if not found:
        empty("domain", t("departments.none"), t("departments.none.body"), key="departments-none")
        return
    entries = []
    for name, one in found.items():
        cells = [
            link(t("departments.people", count=one.people), "people", **{"people:department": name}),
            t("departments.models", count=one.models),
            t("departments.datasets", count=one.datasets),
        ]
        button = rows.act(t("departments.rename"), name, symbol="edit", about=name)
        entries.append(rows.row(name, "", cells, [button] if manages else []))
    chosen = view(rows.listed(entries, "qd-departments"), key="departments-list")
    if chosen in found:
        renaming(chosen, lambda new: auth().accounts.rename_department(actor(), chosen, new))


def add() -> None:
    """Take the name out of the widget and add the department."""
    name = str(st.session_state.get("department:name") or "")
    try:
        made = auth().accounts.add_department(actor(), name)
    except QuarterdeckError as error:
        st.session_state["department:problem"] = error
        return
    st.session_state["department:name"] = ""
    say(t("departments.added", name=made.name))


with page(t("departments.title"), caption=t("departments.caption"), needs=NEEDS["departments"]):
    manages_ = may(actor(), DEPARTMENT_MANAGE)
    everything(manages_)
    if manages_:
        st.header(t("departments.add"), anchor=False)
        problem = st.session_state.pop("department:problem", None)
        if problem:
            show_error(problem)
        with st.container(horizontal=True, vertical_alignment="bottom"):
            st.text_input(t("departments.name"), key="department:name", max_chars=60, width=320)
            st.button(t("departments.button"), type="primary", key="department-add", on_click=add)
