"""The steps of an assistant: where one is, what is done, and the way on."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
from markupsafe import Markup

from app.components.nav import go
from app.components.view import icon, join, link, tag, view
from app.text import t


def overview(steps: Sequence[str], now: str, done: Sequence[str]) -> Markup:
    """All steps in a line, each a link; what is done has a tick."""
    items = []
    for number, step in enumerate(steps, 1):
        mark = icon("check_circle") if step in done else tag("span", str(number), cls="qd-step-number")
        said = join([mark, tag("span", t(f"welcome.step.{step}"))])
        current = "step" if step == now else None
        items.append(tag("li", link(said, "welcome", step=step), aria_current=current))
    return tag("nav", tag("ol", join(items), cls="qd-steps"), aria_label=t("welcome.steps"))


def onward(steps: Sequence[str], now: str, *, label: str, key: str) -> bool:
    """Back, and the way on; True when the way on was pressed."""
    at = steps.index(now)
    with st.container(horizontal=True):
        if at and st.button(t("welcome.back"), key=f"{key}:back"):
            go("welcome", step=steps[at - 1])
        return st.button(label, type="primary", key=f"{key}:next")


def show(steps: Sequence[str], now: str, done: Sequence[str]) -> None:
    """Draw the overview."""
    view(overview(steps, now, done), key="welcome-steps")
