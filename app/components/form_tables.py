"""The widget of a table field: thousands of rows to type or paste into, of which only changed cells are touched.

The editor keeps what was changed beside the table that it began with. The changes are made to the stored rows here,
not to the editor's own frame: a cell that nobody touched stays what it was, to the last digit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from app.components.page import plain
from app.components.shown import number
from app.text import t
from engine.parameters import field_types as f

EXACT = 2**53  # from here on a browser loses digits of a whole number
HIGH, MANY = 560, 15  # pixels; from so many rows on
_KINDS = {
    "number": "NumberColumn",
    "integer": "NumberColumn",
    "boolean": "CheckboxColumn",
    "date": "DateColumn",
}


@dataclass(frozen=True)
class _Base:
    """What the editor began with: its frame, the rows as stored, and the columns that are edited as text."""

    frame: Any
    rows: list[list[Any]]
    texts: frozenset[str]


def draw(
    field: f.TableField, key: str, text: str, changed: Callable[[], None] | None = None
) -> dict[str, Any]:
    """Draw it; the answer is the whole table, as a draft keeps it."""
    base_key, held = f"{key}-base", st.session_state.get(key)
    if base_key not in st.session_state:
        st.session_state[base_key] = _begin(field, (held or {}).get("rows") or [])
    base: _Base = st.session_state[base_key]
    st.markdown(text)
    st.data_editor(
        base.frame,
        key=f"{key}-editor",
        num_rows="dynamic",
        on_change=changed,
        column_config=_columns(field, base.texts),
        hide_index=True,
        height=HIGH if len(base.rows) > MANY else "auto",
    )
    rows = edited(field, base.rows, st.session_state.get(f"{key}-editor") or {})
    if held is None or held.get("rows") is not rows:
        columns = [{"name": name, "type": kind} for name, kind in field.columns.items()]
        held = st.session_state[key] = {"columns": columns, "rows": rows}
    _sums(field, rows)
    return dict(held)


def _begin(field: f.TableField, rows: list[list[Any]]) -> _Base:
    import pandas as pd

    made, texts = {}, set()
    for n, (name, kind) in enumerate(field.columns.items()):
        cells = [row[n] for row in rows]
        column = _typed(cells, kind)
        if column is None:
            texts.add(name)
            column = pd.Series([None if cell is None else str(cell) for cell in cells], dtype="string")
        made[name] = column
    return _Base(pd.DataFrame(made), rows, frozenset(texts))


def _typed(cells: list[Any], kind: str) -> Any:
    """The cells for the editor; None where it would not show them as they are, and they are edited as text."""
    import pandas as pd

    known = [cell for cell in cells if cell is not None]
    if kind == "number" and all(isinstance(cell, int | float) for cell in known):
        return pd.Series(cells, dtype="Float64")
    if kind == "integer" and all(isinstance(cell, int) and abs(cell) < EXACT for cell in known):
        return pd.Series(cells, dtype="Int64")
    if kind == "boolean" and all(isinstance(cell, bool) for cell in known):
        return pd.Series(cells, dtype="boolean")
    if kind == "date":
        try:
            return pd.Series(pd.to_datetime(pd.Series(cells, dtype="object"), format="%Y-%m-%d"))
        except (ValueError, TypeError, OverflowError):
            return None
    return None


def _columns(field: f.TableField, texts: frozenset[str]) -> dict[str, Any]:
    made = {}
    for name, kind in field.columns.items():
        shape = "TextColumn" if name in texts else _KINDS.get(kind, "TextColumn")
        more: dict[str, Any] = {"step": 1} if shape == "NumberColumn" and kind == "integer" else {}
        if shape == "DateColumn":
            more["format"] = "YYYY-MM-DD"
        made[name] = getattr(st.column_config, shape)(name, **more)
    return made


def edited(field: f.TableField, rows: list[list[Any]], changes: Mapping[str, Any]) -> list[list[Any]]:
    """The rows with what the editor says was edited, added and deleted; the very same list where nothing was."""
    names = {name: n for n, name in enumerate(field.columns)}
    touched, added = changes.get("edited_rows") or {}, changes.get("added_rows") or []
    deleted = set(changes.get("deleted_rows") or [])
    if not touched and not added and not deleted:
        return rows
    made = list(rows)
    for at, cells in touched.items():
        if 0 <= int(at) < len(made):
            made[int(at)] = _put(field, names, made[int(at)], cells)
    made += [_put(field, names, [None] * len(names), cells) for cells in added]
    return [row for at, row in enumerate(made) if at not in deleted]


def _put(
    field: f.TableField, names: Mapping[str, int], row: list[Any], cells: Mapping[str, Any]
) -> list[Any]:
    row = list(row)
    for name, value in cells.items():
        if name in names:
            row[names[name]] = _cell(field.columns[name], value)
    return row


def _cell(kind: str, value: Any) -> Any:
    if value is None or value == "":
        return None
    if kind == "number" and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if kind == "integer" and isinstance(value, float) and value.is_integer():
        return int(value)
    if kind == "date":
        return str(value).partition("T")[0]
    return value


def _sums(field: f.TableField, rows: list[list[Any]]) -> None:
    """What arrived, in words: pasting from a spreadsheet has given wrong numbers before, so the sums are shown."""
    parts = [t("form.table.rows", count=len(rows))]
    for n, (name, kind) in enumerate(field.columns.items()):
        if kind in ("number", "integer") and rows:
            total = sum(row[n] for row in rows if isinstance(row[n], int | float))
            parts.append(t("form.table.sum", column=plain(name), total=number(float(total))))
    st.caption(" · ".join(parts))
