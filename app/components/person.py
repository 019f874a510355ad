"""One person's page: who it is, roles, and what an administrator may do to the account."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import streamlit as st

from app.components import rows, shown
from app.components.confirm import Once, Question, confirm, making
from app.components.page import say, show_error
from app.components.view import badge, facts, join, tag, view
from app.state import actor, auth
from app.text import t
from auth.rights import ROLES
from engine.access import EVERYWHERE, Grant
from engine.errors import QuarterdeckError

STATES = {"active": ("green", "check_circle"), "disabled": ("orange", "block"), "erased": ("gray", "delete")}


def state_badge(state: str) -> Any:
    """Whether the account may sign in."""
    colour, symbol = STATES[state]
    return badge(t(f"people.state.{state}"), colour, symbol)


def add() -> None:
    """Open the dialog that adds a person and shows the one-time password, once."""
    making(t("people.add"), "person-add", _form)


def _form() -> Once | None:
    st.caption(t("people.add.hint"))
    name = st.text_input(
        t("people.add.name"),
        key="person-add:name",
        help=t("people.add.name.help"),
        max_chars=80,
        autocomplete="off",
    )
    grid = st.grid(2, min_column_width=220)
    title = grid.text_input(t("people.add.title"), key="person-add:title", max_chars=120, autocomplete="off")
    email = grid.text_input(
        t("people.add.email"),
        key="person-add:email",
        help=t("people.add.email.help"),
        max_chars=255,
        autocomplete="off",
    )
    role = grid.selectbox(
        t("people.add.role"),
        list(ROLES),
        index=None,
        key="person-add:role",
        format_func=rows.role,
        placeholder=t("people.no_role"),
    )
    places = [EVERYWHERE, *(one.name for one in auth().accounts.departments(actor()))]
    department = grid.selectbox(
        t("people.add.department"), places, index=None, key="person-add:department", format_func=rows.place
    )
    if not st.button(t("people.add.button"), type="primary", key="person-add:make"):
        return None
    if role and department is None:
        st.error(t("people.add.where"), icon=":material/error:")
        return None
    held = [Grant(role, department)] if role and department is not None else []
    try:
        made, password = auth().accounts.create(actor(), name, title, email, held)
    except QuarterdeckError as error:
        show_error(error)
        return None
    say(t("people.add.done", who=made.shown))
    return Once(password or "", t("people.once.label", who=made.shown), t("people.once.hint"))


def about(person: Any, zone: str) -> None:
    """Facts of the account."""
    pairs = [
        (t("person.name"), tag("code", person.name)),
        (t("person.state"), state_badge(person.state)),
        (t("person.kind"), t(f"people.kind.{person.kind}")),
        (t("person.second"), t("person.on") if person.two_factor else t("person.off")),
        (t("person.added"), shown.exactly(person.created_at, zone)),
        (
            t("person.last"),
            shown.exactly(person.last_sign_in, zone) if person.last_sign_in else t("people.never"),
        ),
    ]
    view(facts(pairs, inline=True), key="person-facts")


def edit(person: Any) -> None:
    """Name as shown and e-mail; what the identity provider sets is not edited here."""
    if person.kind == "oidc":
        st.caption(t("person.provider"))
        return
    with st.container(width=760):
        grid = st.grid(2, min_column_width=280)
        title = grid.text_input(
            t("person.title"), person.title, key=f"person:{person.id}:title", max_chars=120
        )
        email = grid.text_input(
            t("person.email"),
            person.email,
            key=f"person:{person.id}:email",
            max_chars=255,
            autocomplete="off",
        )
        if not st.button(
            t("person.save"), key="person-save", disabled=(title, email) == (person.title, person.email)
        ):
            return
    try:
        changed = auth().accounts.change(actor(), person.id, title=title, email=email)
    except QuarterdeckError as error:
        show_error(error)
        return
    say(t("person.saved", who=changed.shown))
    st.rerun()


def dangers(person: Any) -> None:
    """Reset the password, remove the second factor, disable or enable, and erase: each with a reason."""
    offered = [("reset", "lock_reset") if person.kind == "local" else ("disconnect", "link_off")]
    if person.two_factor and person.kind == "local":
        offered.append(("factor", "phonelink_erase"))
    offered.append(("disable", "block") if person.state == "active" else ("enable", "lock_open"))
    offered.append(("erase", "delete_forever"))
    asked = [rows.act(t(f"person.{what}"), what, symbol=symbol) for what, symbol in offered]
    chosen = view(tag("div", join(asked), cls="qd-line"), key="person-dangers")
    if chosen == "reset":
        making(t("person.reset.title", who=person.shown), "person-reset", partial(_reset, person))
    elif chosen:
        _ask(person, chosen)


def _reset(person: Any) -> Once | None:
    st.markdown(t("person.reset.body"))
    reason = st.text_input(
        t("confirm.reason"), key="person-reset:reason", max_chars=300, help=t("confirm.reason.help")
    )
    if not st.button(t("person.reset"), type="primary", key="person-reset:make"):
        return None
    if not reason.strip():
        st.error(t("confirm.reason.missing"), icon=":material/error:")
        return None
    try:
        password = auth().credentials.reset(actor(), person.id, reason.strip())
    except QuarterdeckError as error:
        show_error(error)
        return None
    say(t("person.reset.done", who=person.shown))
    return Once(password, t("people.once.label", who=person.shown), t("people.once.hint"))


def _ask(person: Any, what: str) -> None:
    accounts = auth().accounts
    acts: dict[str, Callable[[Any, str, str], object]] = {
        "disable": accounts.disable,
        "enable": accounts.enable,
        "erase": accounts.erase,
        "disconnect": auth().identity.disconnect,
        "factor": auth().factor.remove,
    }
    question = Question(
        f"person-{what}",
        t(f"person.{what}.title", who=person.shown),
        t(f"person.{what}.body"),
        t(f"person.{what}"),
        t(f"person.{what}.done", who=person.shown),
        word=person.name if what == "erase" else "",
    )
    confirm(question, lambda reason: acts[what](actor(), person.id, reason))
