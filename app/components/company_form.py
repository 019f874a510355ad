"""The company's settings as a form: on its own page, and as the first step of the assistant."""

from __future__ import annotations

from typing import Any

import streamlit as st

from app.components.page import show_error
from app.state import actor, auth
from app.text import t
from auth.company import PATTERNS, CompanySettings, zones
from engine.errors import QuarterdeckError

FIXED = {"zone": "business_timezone", "month": "fiscal_year_start_month", "pattern": "retail_pattern"}


def draw(key: str, button: str, *, reason: bool = True) -> bool:
    """The form; True in the drawing after which everything is stored. What was typed stays on a problem."""
    now = auth().company.get(actor())
    with st.container(width=760):
        typed = _fields(now, key, guess=not now.name)
        why = st.text_input(t("company.reason"), key=f"{key}:reason", max_chars=300) if reason else ""
        st.caption(t("company.effect"))
        if not st.button(button, type="primary", key=f"{key}:save"):
            return False
    try:
        auth().company.save(actor(), **typed, reason=why)
    except QuarterdeckError as error:
        show_error(error)
        return False
    return True


def _fields(now: CompanySettings, key: str, guess: bool) -> dict[str, Any]:
    """``guess``: nobody chose yet, so the browser's time zone is offered."""
    fixed = {short: name in now.fixed for short, name in FIXED.items()}
    helps = {
        short: t("company.fixed", variable=f"QUARTERDECK_{name.upper()}") if fixed[short] else _help(short)
        for short, name in FIXED.items()
    }
    name = st.text_input(
        t("company.name"), now.name, key=f"{key}:name", max_chars=100, help=t("company.name.help")
    )
    places = zones()
    here = now.business_timezone
    if guess and not fixed["zone"] and (st.context.timezone or "") in places:
        here = st.context.timezone or here
    if here not in places:
        places.insert(0, here)
    zone = st.selectbox(
        t("company.zone"),
        places,
        index=places.index(here),
        key=f"{key}:zone",
        help=helps["zone"],
        disabled=fixed["zone"],
    )
    grid = st.grid(2, min_column_width=280)
    month = grid.selectbox(
        t("company.month"),
        list(range(1, 13)),
        index=now.fiscal_year_start_month - 1,
        format_func=lambda number: t(f"company.months.{number}"),
        key=f"{key}:month",
        help=helps["month"],
        disabled=fixed["month"],
    )
    pattern = grid.selectbox(
        t("company.pattern"),
        list(PATTERNS),
        index=PATTERNS.index(now.retail_pattern),
        key=f"{key}:pattern",
        help=helps["pattern"],
        disabled=fixed["pattern"],
    )
    for short, is_fixed in fixed.items():
        if is_fixed:
            st.caption(f":material/lock: {t(f'company.{short}')}: {helps[short]}")
    return {
        "name": name,
        "business_timezone": zone,
        "fiscal_year_start_month": month,
        "retail_pattern": pattern,
    }


def _help(short: str) -> str | None:
    return {"zone": t("company.zone.help"), "pattern": t("company.pattern.help")}.get(short)
