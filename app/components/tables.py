"""Tables of any size: the server sorts, filters and pages (DuckDB over Parquet), the browser shows one page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Protocol

import streamlit as st

from app.components.page import guarded, plain
from app.components.shown import number
from app.components.view import component
from app.text import t
from engine.data.coltypes import ColumnInfo
from engine.data.warehouse import TablePage
from engine.errors import Invalid

PAGE = 50
MOST_COLUMNS = 60
Columns = Sequence[ColumnInfo]
CONDITIONS = ("contains", "=", "≠", "<", "≤", ">", "≥", "is missing", "is present")


class Fetch(Protocol):
    """Where the rows come from; ``filters`` are ``{"column", "op", "value"}``."""

    def __call__(
        self, *, offset: int, limit: int, sort: str | None, descending: bool, filters: list[dict[str, str]]
    ) -> TablePage:
        """One page. Raises Invalid for a filter that makes no sense."""


@st.fragment
@guarded
def table(fetch: Fetch, *, key: str, caption: str, labels: dict[str, str] | None = None) -> None:
    """A table with filters, sorting and paging. ``labels`` are headings (with units) by column name."""
    begin = {"sort": None, "descending": False, "offset": 0, "limit": PAGE}
    asked: dict[str, Any] = st.session_state.setdefault(f"{key}:asked", begin)
    filters: list[dict[str, str]] = st.session_state.setdefault(f"{key}:filters", [])
    try:
        page = fetch(**asked, filters=filters)
    except Invalid as error:
        st.error(plain(error.sentence), icon=":material/error:")
        filters.clear()
        page = fetch(**{**asked, "offset": 0}, filters=[])
    columns = list(page.columns)[:MOST_COLUMNS]
    _filter_form(columns, filters, asked, key)
    result = component("grid", "grid.js")(
        key=f"{key}:grid",
        data=_data(page, columns, asked, filters, caption, labels or {}),
        on_ask_change=_nothing,
    )
    if result.ask:
        _follow(result.ask, asked, filters)
        st.rerun(scope="fragment")


def _follow(ask: dict[str, Any], asked: dict[str, Any], filters: list[dict[str, str]]) -> None:
    if (index := ask.get("unfilter")) is not None and int(index) < len(filters):
        filters.pop(int(index))
    asked.update(sort=ask["sort"], descending=bool(ask["descending"]), offset=int(ask["offset"]))


def _filter_form(columns: Columns, filters: list[dict[str, str]], asked: dict[str, Any], key: str) -> None:
    def add() -> None:
        condition = st.session_state[f"{key}:condition"]
        value = (st.session_state.get(f"{key}:value") or "").strip()
        if condition.startswith("is ") or value:
            filters.append({"column": st.session_state[f"{key}:column"], "op": condition, "value": value})
            st.session_state[f"{key}:value"] = ""
            asked["offset"] = 0

    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.selectbox(t("table.column"), [column.name for column in columns], key=f"{key}:column", width=190)
        st.selectbox(t("table.condition"), CONDITIONS, key=f"{key}:condition", width=130)
        st.text_input(t("table.value"), key=f"{key}:value", width=190, on_change=add)
        st.button(t("table.filter"), icon=":material/filter_list:", key=f"{key}:add", on_click=add)


def _data(
    page: TablePage,
    columns: Columns,
    asked: dict[str, Any],
    filters: list[dict[str, str]],
    caption: str,
    labels: dict[str, str],
) -> dict[str, Any]:
    right = [column.type in ("number", "integer") for column in columns]
    first, last = asked["offset"] + 1, asked["offset"] + len(page.rows)
    whole = (
        t("table.range", first=f"{first:,}", last=f"{last:,}", total=f"{page.total:,}")
        if page.rows
        else t("table.none")
    )
    if len(page.columns) > MOST_COLUMNS:
        whole += " · " + t("table.columns", shown=MOST_COLUMNS, total=len(page.columns))
    return {
        "caption": caption,
        "columns": [
            {"name": c.name, "label": labels.get(c.name, c.name), "right": r}
            for c, r in zip(columns, right, strict=True)
        ],
        "rows": [[cell(value) for value in row[: len(columns)]] for row in page.rows],
        "total": page.total,
        "range": whole,
        "asked": dict(asked),
        "filters": [f"{f['column']} {f['op']} {f['value']}".strip() for f in filters],
        "words": {
            name: t(f"table.{name}")
            for name in ("sort", "missing", "first", "previous", "next", "last", "unfilter")
        },
    }


def cell(value: Any) -> str | None:
    """A cell as text; None is a missing value."""
    if value is None:
        return None
    if isinstance(value, bool):
        return t("yes") if value else t("no")
    if isinstance(value, int | float):
        return number(value)
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


def preview(page: TablePage, *, key: str, caption: str) -> None:
    """A few rows, not to be sorted: what an input table looks like."""
    columns = list(page.columns)[:MOST_COLUMNS]
    asked = {"sort": None, "descending": False, "offset": 0, "limit": len(page.rows) or 1}
    data = _data(page, columns, asked, [], caption, {})
    data["total"] = len(page.rows)
    data["range"] = t(
        "table.preview", shown=len(page.rows), total=f"{page.total:,}", columns=len(page.columns)
    )
    component("grid", "grid.js")(key=key, data=data, on_ask_change=_nothing)


def _nothing() -> None:
    return None
