"""What the Run form and the page that edits a parameter set share: the same fields, drawn in the same way."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Any

import streamlit as st
from markupsafe import Markup

from app.components import form_fields, inputs
from app.components.form_state import FormModel, Read, echo, read
from app.components.page import note, plain
from app.components.view import join, tag
from app.text import t
from engine.errors import Problem
from engine.parameters.field_types import FieldBase

SHORT = 30  # characters of a value on a button
EMPTY: tuple[Any, ...] = (None, "", [], {})


def put(key: str, raw: Any) -> None:
    """Give a widget its value. Only before it is drawn."""
    st.session_state[key] = raw
    for suffix in ("-base", "-editor"):  # of tables: what was edited belongs to the value that is gone
        st.session_state.pop(key + suffix, None)


def raws_now(form: FormModel) -> dict[str, Any]:
    """What every field holds now."""
    return {name: st.session_state.get(form.key(name), form.defaults[name]) for name in form.fields}


def groups(form: FormModel, shown: Collection[str], draw: Callable[[str, list[str]], None]) -> None:
    """Draw the fields that show, group by group with its heading, in the manifest's order."""
    for heading, names in form.groups:
        drawn = [name for name in names if name in shown]
        if drawn:
            if heading:
                st.header(plain(heading), anchor=False)
            draw(heading, drawn)


def widget(form: FormModel, name: str, on_change: Callable[[], None] | None = None) -> Any:
    """The widget of a field; returns its raw. ``on_change`` is called when a person has left it changed."""
    f = form.fields[name]
    label, choices = form_fields.label(name, f), inputs.choices(form, name)
    return form_fields.draw(f, form.key(name), label, choices, on_change)


def below(name: str, f: FieldBase, raw: Any, asked: Problem | None = None) -> Read:
    """Under a field: what is wrong with it, else how it was understood, and its help.

    A wrong value is said at once; an empty field only when the form is submitted (``asked``).
    """
    found = read(name, f, raw)
    problem = asked or (found.problem if raw not in EMPTY else None)
    if problem:
        st.markdown(f":small[:red[:material/error: {plain(problem.sentence)}]]")
        return found
    understood = echo(f, raw, found.value)
    parts = [f"**= {plain(understood)}**"] if understood else []
    parts += [plain(f.help)] if f.help else []
    if parts:
        st.caption(" · ".join(parts))
    return found


def shown_raw(f: FieldBase, raw: Any) -> str:
    """A raw in a few words, for a button."""
    if raw in (None, "", []):
        return t("form.nothing")
    if isinstance(raw, bool):
        return t("yes") if raw else t("no")
    if isinstance(raw, dict):
        return t("form.table.rows", count=len(raw["rows"])) if "rows" in raw else t("form.default")
    labels: dict[Any, str] = {c.value: c.shown for c in getattr(f, "choices", [])}
    text = (
        ", ".join(str(labels.get(v, v)) for v in raw) if isinstance(raw, list) else labels.get(raw, str(raw))
    )
    return text if len(text) <= SHORT else text[: SHORT - 1] + "…"


def summary(form: FormModel, problems: Iterable[Problem], submitted: int, refusal: str, refused: str) -> None:
    """What kept the form from being sent, on top; each line leads to its field. ``refused`` heads a refusal."""
    focus, found = str(submitted), list(problems)
    if refusal:
        note(refused, refusal, colour="red", key="form-problems", focus=focus)
    elif found:
        heading = t("form.problems", count=len(found))
        items = tag("ul", join(_item(form, problem) for problem in found))
        note(heading, items, colour="red", key="form-problems", focus=focus)


def _item(form: FormModel, problem: Problem) -> Markup:
    where = problem.where
    known = where in form.fields or where in form.extras
    target = form.key(where if where in form.fields else f".{where}") if known else inputs.key(form, where)
    return tag("li", tag("a", problem.sentence, href="#", data_field=target))
