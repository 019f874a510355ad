"""One widget per field type. All keep their value under the form's key, so that drafts can restore it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import streamlit as st

from app.components.page import plain
from app.components.upload import upload
from app.text import t
from engine.parameters import field_types as f

Changed = Callable[[], None] | None  # called when a person has left the widget changed
Draw = Callable[[Any, str, str, list[tuple[str, str]] | None, Changed], Any]


def label(name: str, field: f.FieldBase) -> str:
    """The label: title, unit (unless the title says it already), and whether it may stay empty."""
    title = plain(field.label(name))
    said = not field.unit or field.unit.casefold() in title.casefold().split()
    text = title if said else f"{title} ({plain(field.unit)})"
    return text if field.required or field.type == "boolean" else f"{text} {t('form.optional')}"


def draw(
    field: f.FieldBase, key: str, text: str, choices: list[tuple[str, str]] | None, changed: Changed = None
) -> Any:
    """Draw the widget; returns its raw. ``choices`` are (value, label) read from a dataset, where asked for."""
    return _DRAW.get(field.type, _text)(field, key, text, choices, changed)


def _text(field: Any, key: str, text: str, choices: list[tuple[str, str]] | None, changed: Changed) -> Any:
    offered = choices or [(c.value, c.shown) for c in getattr(field, "choices", [])]
    if offered and field.type != "text":
        return _choice(field, key, text, offered, changed)
    if offered:
        values = [value for value, _ in offered]
        shown = dict(offered)
        return st.selectbox(
            text,
            values,
            index=None,
            key=key,
            accept_new_options=True,
            format_func=lambda v: shown.get(v, v),
            on_change=changed,
        )
    if getattr(field, "multiline", False):
        return st.text_area(text, key=key, height=110, on_change=changed)
    return st.text_input(text, key=key, placeholder=_example(field), autocomplete="off", on_change=changed)


def _example(field: f.FieldBase) -> str | None:
    known = {
        "period": "period",
        "duration": "duration",
        "date": "date",
        "date-time": "datetime",
        "list": "list",
    }
    return t(f"form.example.{known[field.type]}") if field.type in known else None


def _choice(field: Any, key: str, text: str, choices: list[tuple[str, str]] | None, changed: Changed) -> Any:
    offered = choices if choices is not None else [(c.value, c.shown) for c in field.choices]
    shown = dict(offered)
    held = st.session_state.get(key)
    values = list(shown) if held in shown or held in (None, "") else [*shown, held]
    if held == "":
        st.session_state[key] = None
    return st.selectbox(
        text,
        values,
        index=0 if field.required and held in shown else None,  # without an index it could be emptied
        key=key,
        format_func=lambda value: shown.get(value, value),
        placeholder=t("form.choose"),
        on_change=changed,
    )


def _secret(field: Any, key: str, text: str, choices: list[tuple[str, str]] | None, changed: Changed) -> Any:
    """The name of a stored secret: chosen, never typed."""
    held = st.session_state.get(key)
    if not choices:
        st.caption(t("form.secret.none"))
    known = [name for name, _ in choices or []]
    more = [(held, held)] if held and held not in known else []
    return _choice(field, key, text, [*(choices or []), *more], changed)


def _several(field: Any, key: str, text: str, choices: list[tuple[str, str]] | None, changed: Changed) -> Any:
    offered = choices if choices is not None else [(c.value, c.shown) for c in field.choices]
    shown = dict(offered)
    held = [value for value in st.session_state.get(key) or [] if value not in shown]
    return st.multiselect(
        text,
        [*shown, *held],
        key=key,
        format_func=lambda value: shown.get(value, value),
        placeholder=t("form.choose.several"),
        on_change=changed,
    )


def _boolean(field: Any, key: str, text: str, choices: list[tuple[str, str]] | None, changed: Changed) -> Any:
    if field.required:
        return st.toggle(text, key=key, on_change=changed)
    names = {True: t("yes"), False: t("no")}
    return st.segmented_control(
        text, [True, False], key=key, format_func=lambda value: names[value], on_change=changed
    )


def _date(field: Any, key: str, text: str, choices: list[tuple[str, str]] | None, changed: Changed) -> Any:
    return st.text_input(
        text,
        key=key,
        placeholder=t("form.example.date"),
        autocomplete="off",
        icon=":material/calendar_month:",
        on_change=changed,
    )


def _list(field: Any, key: str, text: str, choices: list[tuple[str, str]] | None, changed: Changed) -> Any:
    return st.text_area(text, key=key, height=80, placeholder=t("form.example.list"), on_change=changed)


def _file(field: Any, key: str, text: str, choices: list[tuple[str, str]] | None, changed: Changed) -> Any:
    held = st.session_state.get(key)
    st.markdown(f"{text}" + (f" · **{plain(held['name'])}**" if held else ""))
    made = upload(key=f"{key}-upload", kind="file", accept=",".join(field.extensions), limit_mb=field.max_mb)
    if made:
        st.session_state[key] = {"blob": made["blob"], "name": made["name"]}
        st.rerun(scope="fragment")
    return held


def _table(field: Any, key: str, text: str, choices: list[tuple[str, str]] | None, changed: Changed) -> Any:
    from app.components import form_tables

    return form_tables.draw(field, key, text, changed)


_DRAW: dict[str, Draw] = cast(
    "dict[str, Draw]",
    {
        "boolean": _boolean,
        "choice": _choice,
        "multi-choice": _several,
        "date": _date,
        "list": _list,
        "file": _file,
        "secret": _secret,
        "table": _table,
    },
)
