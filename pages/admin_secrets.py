"""Secrets: which there are, never their values; a value goes in by the form below and is not shown again."""

import streamlit as st

from app.components import people, rows, shown
from app.components.confirm import Question, confirm
from app.components.menu import may
from app.components.nav import NEEDS
from app.components.page import empty, page, say, show_error
from app.components.view import badge, join, tag, view
from app.state import actor, auth, engine
from app.text import t
from engine.access import SECRET_MANAGE
from engine.errors import QuarterdeckError

FIELDS = ("name", "value", "description", "reason")


def everything() -> None:
    """The list, with a way to remove each."""
    zone = engine().settings.business_timezone
    found = auth().secrets.list(actor())
    if not found:
        empty("lock", t("secrets.none"), t("secrets.none.body"), key="secrets-none")
        return
    who = people.names(one.changed_by for one in found)
    manages = may(actor(), SECRET_MANAGE)
    entries = []
    for one in found:
        changed = t("secrets.changed", when=shown.when(one.changed_at, zone), who=who[one.changed_by])
        under = join(part for part in (one.description, " · " if one.description else "", changed) if part)
        marks = [badge(one.department or t("secrets.company")), badge(t("secrets.key", id=one.key_id))]
        if one.lost:
            marks.append(badge(t("secrets.lost"), "red", "error"))
        button = rows.act(t("secrets.remove"), one.name, symbol="delete", about=one.name)
        entries.append(
            rows.row(tag("code", one.name), under, [rows.chips(marks)], [button] if manages else [])
        )
    asked = view(rows.listed(entries, "qd-three"), key="secrets-list")
    if asked:
        remove(asked)


def remove(name: str) -> None:
    """Ask before a secret goes."""
    question = Question(
        "secret-remove",
        t("secrets.question.title", name=name),
        t("secrets.question.body"),
        t("secrets.remove"),
        t("secrets.removed", name=name),
        word=name,
    )
    confirm(question, lambda reason: auth().secrets.remove(actor(), name, reason))


def store() -> None:
    """Take the value out of the widgets and store it; on a problem everything else stays typed."""
    typed = {name: str(st.session_state.get(f"secret:{name}") or "") for name in FIELDS}
    try:
        auth().secrets.set(
            actor(),
            typed["name"].strip(),
            typed["value"],
            department=st.session_state.get("secret:department"),
            description=typed["description"].strip(),
            reason=typed["reason"].strip(),
        )
    except QuarterdeckError as error:
        st.session_state["secret:problem"] = error
        return
    for name in FIELDS:
        st.session_state[f"secret:{name}"] = ""
    say(t("secrets.stored", name=typed["name"].strip()))


def form() -> None:
    """Name, value and place of a secret."""
    st.header(t("secrets.add"), anchor=False)
    problem = st.session_state.pop("secret:problem", None)
    if problem:
        show_error(problem)
    with st.container(width=760):
        grid = st.grid(2, min_column_width=280)
        grid.text_input(
            t("secrets.name"),
            key="secret:name",
            help=t("secrets.name.help"),
            autocomplete="off",
            max_chars=100,
        )
        grid.selectbox(
            t("secrets.department"),
            [one.name for one in auth().accounts.departments(actor())],
            index=None,
            key="secret:department",
            placeholder=t("secrets.company"),
        )
        st.text_input(
            t("secrets.value"),
            key="secret:value",
            type="password",
            live=True,  # leaving by the Tab key reports nothing: the eye inside the field takes the focus
            help=t("secrets.hidden"),
            autocomplete="new-password",
        )
        grid = st.grid(2, min_column_width=280)
        grid.text_input(t("secrets.description"), key="secret:description", max_chars=200)
        grid.text_input(t("secrets.reason"), key="secret:reason", max_chars=300)
        st.button(t("secrets.button"), type="primary", key="secret:store", on_click=store)


with page(t("secrets.title"), caption=t("secrets.caption"), needs=NEEDS["secrets"]):
    everything()
    if may(actor(), SECRET_MANAGE):
        form()
