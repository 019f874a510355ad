"""Sharing one model or dataset with a person or a department, in a dialog of the object's page."""

from __future__ import annotations

from typing import Any

import streamlit as st

from app.components import rows
from app.components.menu import may
from app.components.page import guarded, plain, show_error
from app.components.view import badge, view
from app.state import actor, auth
from app.text import t
from auth.sharing import ROLES
from engine.access import SHARE_MANAGE
from engine.errors import QuarterdeckError


def button(kind: str, name: str, title: str) -> None:
    """A button that opens the dialog, for those who may share this object."""
    allowed = may(actor(), SHARE_MANAGE, auth().sharing.resource(kind, name))
    if allowed and st.button(t("sharing.open"), icon=":material/share:", key=f"share-{kind}"):
        _open(kind, name, title)


def _open(kind: str, name: str, title: str) -> None:
    @st.dialog(plain(t("sharing.title", what=title)), width="medium")
    @guarded
    def asking() -> None:
        st.caption(t(f"sharing.caption.{kind}"))
        done = st.session_state.pop("sharing:problem", None)
        if done:
            show_error(done)
        _with(kind, name)
        _more(kind, name)

    asking()


def _with(kind: str, name: str) -> None:
    held = auth().sharing.of(actor(), kind, name)
    if not held:
        st.markdown(t("sharing.nobody"))
        return
    entries = [
        rows.row(
            one.shown,
            t("sharing.holder.person")
            if one.holder.startswith("person:")
            else t("sharing.holder.department"),
            [badge(rows.role(one.role))],
            [rows.act(t("sharing.end"), str(at), symbol="close", about=one.shown)],
        )
        for at, one in enumerate(held)
    ]
    chosen = view(rows.listed(entries, "qd-shares"), key="sharing-list")
    if chosen is not None and chosen.isdigit() and int(chosen) < len(held):
        one = held[int(chosen)]
        auth().sharing.unshare(actor(), kind, name, one.holder, one.role)
        st.rerun(scope="fragment")


def _more(kind: str, name: str) -> None:
    choices = _choices()
    grid = st.grid(2, min_column_width=220, vertical_alignment="bottom")
    holder = grid.selectbox(
        t("sharing.with"),
        list(choices),
        index=None,
        key="sharing:holder",
        format_func=lambda one: choices.get(one, one),
        placeholder=t("sharing.choose"),
    )
    grid.selectbox(
        t("sharing.role"),
        list(ROLES),
        key="sharing:role",
        format_func=lambda role: t(f"sharing.role.{role}"),
    )
    st.button(
        t("sharing.add"),
        type="primary",
        key="sharing:add",
        on_click=_share,
        args=(kind, name),
        disabled=holder is None,
    )


def _share(kind: str, name: str) -> None:
    try:
        auth().sharing.share(
            actor(), kind, name, st.session_state["sharing:holder"], st.session_state["sharing:role"]
        )
    except QuarterdeckError as error:
        st.session_state["sharing:problem"] = error
        return
    st.session_state["sharing:holder"] = None


def _choices() -> dict[str, str]:
    """Holder → what to call it: departments first, then people."""
    found: dict[str, str] = {
        f"department:{one.name}": t("sharing.department", name=one.name)
        for one in auth().accounts.departments(actor())
    }
    people: list[Any] = auth().accounts.directory(actor())
    return found | {f"person:{one.id}": f"{one.title} ({one.name})" for one in people}
