"""API tokens: the list, making one (shown once), revoking one. For the own account and for administrators."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import streamlit as st

from app.components import rows, shown
from app.components.confirm import Once, Question, confirm, making
from app.components.page import show_error
from app.components.view import badge, view
from app.state import actor, auth, engine
from app.text import t
from auth.rights import ROLES
from auth.scope import held
from auth.tokens import DAYS
from engine.access import EVERYWHERE
from engine.errors import QuarterdeckError

LIVES = (1, 7, 30, DAYS, 180, 365)  # days to choose from, as far as the setting allows
COLOURS = {"active": "green", "expired": "gray", "revoked": "gray"}


def listing(found: Iterable[Any], key: str, names: Mapping[str, str] | None = None) -> None:
    """The tokens; ``names`` (account → name) where they are not all one's own."""
    zone = engine().settings.business_timezone
    held_ = {token.id: token for token in found}
    entries = []
    for token in held_.values():
        under = t("tokens.made", when=shown.when(token.created_at, zone))
        used = t("tokens.used", when=shown.when(token.used_at, zone)) if token.used_at else t("tokens.unused")
        who = f"{names.get(token.account, token.account)} · " if names is not None else ""
        state = t(f"tokens.state.{token.state}", when=shown.when(token.expires_at, zone))
        marks = [badge(state, COLOURS[token.state])]
        marks += [badge(rows.role(role)) for role in token.roles] or [badge(t("tokens.all_roles"))]
        marks += [badge(place) for place in token.departments] or [badge(t("tokens.all_departments"))]
        button = [rows.act(t("tokens.end"), token.id, symbol="block", about=token.title)]
        entries.append(
            rows.row(
                token.title,
                f"{who}{under} · {used}",
                [rows.chips(marks)],
                button if token.state == "active" else [],
            )
        )
    chosen = view(rows.listed(entries, "qd-tokens"), key=key)
    if chosen in held_:
        revoke(held_[chosen])


def revoke(token: Any) -> None:
    """Ask before a token ends."""
    question = Question(
        "token-revoke",
        t("tokens.question.title", title=token.title),
        t("tokens.question.body"),
        t("tokens.end"),
        t("tokens.ended", title=token.title),
    )
    confirm(question, lambda reason: auth().tokens.revoke(actor(), token.id, reason))


def make() -> None:
    """Open the dialog that makes a token and shows it, once."""
    making(t("tokens.new"), "token", _form)


def _form() -> Once | None:
    me = actor()
    title = st.text_input(t("tokens.new.title"), key="token:title", max_chars=80)
    longest = auth().settings.token_max_days
    choices = sorted({days for days in LIVES if days < longest} | {longest})
    days = st.selectbox(t("tokens.new.days"), choices, choices.index(min(DAYS, longest)), key="token:days")
    mine = [role for role in ROLES if held(me, role)]
    every = t("tokens.new.all")
    roles = st.multiselect(
        t("tokens.new.roles"), mine, key="token:roles", format_func=rows.role, placeholder=every
    )
    departments = st.multiselect(
        t("tokens.new.departments"), _places(me), key="token:departments", placeholder=every
    )
    if not st.button(t("tokens.new.button"), type="primary", key="token:make"):
        return None
    try:
        token, text = auth().tokens.create(me, title, days=days, roles=roles, departments=departments)
    except QuarterdeckError as error:
        show_error(error)
        return None
    until = shown.when(token.expires_at, engine().settings.business_timezone)
    return Once(text, t("tokens.new.label", title=token.title), t("tokens.new.hint", when=until))


def _places(me: Any) -> list[str]:
    if any(grant.department == EVERYWHERE for grant in me.grants):
        return [one.name for one in auth().accounts.departments(me)]
    return sorted(me.departments)
