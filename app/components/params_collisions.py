"""A table that two people changed: what collides in it, and whose cells are to hold there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st
from markupsafe import Markup

from app.components.page import plain
from app.components.params_values import cell
from app.components.view import join, tag, view
from app.text import t
from engine.parameters.merging import SIDES
from engine.parameters.table_merging import Collision

SHOWN = 12


def ask(title: str, cells: Sequence[Collision], key: str) -> None:
    """Show the cells and rows that both changed, and ask whose are to hold: ``key`` holds the side, None at first."""
    st.markdown(f"**{plain(title)}**")
    view(_table(title, cells[:SHOWN]), key=f"{key}:cells")
    left = len(cells) - SHOWN
    more = [t("collisions.more", count=left)] if left > 0 else []
    st.caption(" ".join([*more, t("collisions.rest")]))
    words = {side: t(f"collisions.{side}", count=len(cells)) for side in SIDES}
    st.radio(
        t("collisions.choose", field=plain(title)), list(SIDES), index=None, key=key, horizontal=True,
        format_func=lambda side: words[side], label_visibility="collapsed",
    )  # fmt: skip


def _table(title: str, cells: Sequence[Collision]) -> Markup:
    heads = [t(f"collisions.{name}") for name in ("where", "before", "them", "you")]
    head = tag("tr", join(tag("th", tag("span", h, cls="qd-plain"), scope="col") for h in heads))
    body = join(_row(one, heads) for one in cells)
    caption = tag("caption", t("collisions.caption", field=title), cls="qd-hidden")
    made = tag("table", caption + tag("thead", head) + tag("tbody", body), cls="qd-table qd-changes")
    return tag("div", made, cls="qd-scroll qd-tall")


def _row(one: Collision, heads: Sequence[str]) -> Markup:
    name = " · ".join(cell(value) for value in one.row)
    where = name if one.column is None else f"{name}: {one.column}"
    said = [_said(one, value) for value in (one.before, one.theirs, one.yours)]
    first, *rest = (
        tag("td", text, cls="qd-number" if n else None, data_label=heads[n])
        for n, text in enumerate([tag("strong", where), *said])
    )
    return tag("tr", join([first, *rest]))


def _said(one: Collision, value: Any) -> str:
    if one.column is not None:
        return cell(value)
    return t("collisions.absent") if value is None else " · ".join(cell(each) for each in value)
