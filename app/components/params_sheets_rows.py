"""The rows of tables that a workbook changes: which, and in which cells."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st
from markupsafe import Markup

from app.components.page import plain
from app.components.params_values import cell
from app.components.view import badge, icon, join, tag, view
from app.text import t
from engine.parameters.equality import same
from engine.parameters.spreadsheet.records import RowChange, TableChange

SHOWN = 60
COLOURS = {"changed": ("blue", "edit"), "added": ("green", "add"), "removed": ("orange", "remove")}


def draw(tables: Sequence[TableChange], fields: Any, key: str) -> None:
    """A table of rows for each table that changed."""
    for one in tables:
        field = fields.get(one.field)
        title = field.label(one.field) if field is not None else one.field
        parts = [("changed", one.changed), ("added", one.added), ("removed", one.removed)]
        said = ", ".join(t(f"changes.rows.{what}", count=count) for what, count in parts if count)
        with st.expander(
            plain(f"{title}: {said}" if said else title), icon=":material/table:", expanded=True
        ):
            if one.moved:
                st.caption(t("sheets.rows.moved"))
            if one.rows:
                view(_table(one, title), key=f"{key}:rows:{one.field}")
            left = one.changed + one.added + one.removed - min(len(one.rows), SHOWN)
            if left:
                st.caption(t("sheets.rows.more", count=left))


def _table(change: TableChange, title: str) -> Markup:
    heads = [t(f"sheets.rows.{name}") for name in ("row", "what", "cells")]
    head = tag(
        "thead", tag("tr", join(tag("th", tag("span", h, cls="qd-plain"), scope="col") for h in heads))
    )
    body = tag("tbody", join(_row(row, change.columns, heads) for row in change.rows[:SHOWN]))
    caption = tag("caption", t("sheets.rows.caption", field=title), cls="qd-hidden")
    return tag("div", tag("table", caption + head + body, cls="qd-table qd-changes"), cls="qd-scroll qd-tall")


def _row(row: RowChange, columns: list[str], heads: list[str]) -> Markup:
    colour, symbol = COLOURS[row.kind]
    where = t("sheets.rows.sheet", row=row.row) if row.row is not None else ""
    was = t("sheets.rows.was", row=row.number) if row.number is not None and row.row is None else ""
    cells = [
        tag("td", join([where or was]), data_label=heads[0]),
        tag("td", badge(t(f"sheets.rows.{row.kind}"), colour, symbol), data_label=heads[1]),
        tag(
            "td",
            join(_cells(row, columns), Markup("<br>") if row.kind == "changed" else " · "),
            data_label=heads[2],
        ),
    ]
    return tag("tr", join(cells))


def _cells(row: RowChange, columns: list[str]) -> list[Markup]:
    """The cells that changed; of a new or removed row, those that are filled. The first one names a changed row."""
    before, after = row.before, row.after
    if before is None or after is None:
        held = after if after is not None else before
        return [_pair(c, v) for c, v in zip(columns, held or [], strict=True) if v is not None]
    moved = [n for n in range(len(columns)) if not same(before[n], after[n])]
    made = [] if 0 in moved or before[0] is None else [_pair(columns[0], before[0])]
    for n in moved:
        arrow = tag("span", icon("arrow_forward"), cls="qd-arrow")
        made.append(
            join(
                [
                    tag("span", f"{columns[n]}: ", cls="qd-muted"),
                    cell(before[n]),
                    " ",
                    arrow,
                    tag("strong", cell(after[n])),
                ]
            )
        )
    return made


def _pair(column: str, value: Any) -> Markup:
    return join([tag("span", f"{column}: ", cls="qd-muted"), cell(value)])
