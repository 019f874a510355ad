"""Making a parameter set of a department, or a preset of one's own, in a dialog of the list."""

from __future__ import annotations

from typing import Any

import streamlit as st

from app.components.menu import may
from app.components.nav import go
from app.components.page import guarded, plain, show_error
from app.state import actor, engine
from app.text import t
from engine.access import PARAMS_WRITE, Resource
from engine.errors import Invalid, Problem, QuarterdeckError
from engine.parameters.set_presets import preset_name
from engine.parameters.set_queries import KIND
from engine.parameters.set_records import PRESET

OURS, OWN = "ours", "own"


def makers() -> dict[str, list[str]]:
    """Models of which this person may make a set (``ours``), a preset (``own``), or both."""
    found = {}
    for card in engine().catalog.list(actor()):
        kinds = [kind for kind in (OURS, OWN) if _may(card.name, card.department, kind)]
        if kinds and card.live:
            found[card.name] = kinds
    return found


def _may(model: str, department: str | None, kind: str) -> bool:
    owner = actor().id if kind == OWN else None
    return may(actor(), PARAMS_WRITE, Resource(KIND, f"{model}/new", department, owner, ("model", model)))


def button(titles: dict[str, str], model: str | None) -> None:
    """The button that opens the dialog, for those who may make one of some model."""
    able = makers()
    if able and st.button(t("params.make"), type="primary", icon=":material/add:", key="params-make"):
        _open(able, titles, model if model in able else None)


def _open(able: dict[str, list[str]], titles: dict[str, str], model: str | None) -> None:
    names = list(able)

    @st.dialog(t("params.make"), width="medium")
    @guarded
    def asking() -> None:
        chosen = st.selectbox(
            t("params.make.model"),
            names,
            index=names.index(model) if model else (0 if len(names) == 1 else None),
            key="params-make:model",
            format_func=lambda name: titles.get(name, name),
            placeholder=t("params.make.choose"),
        )
        title = st.text_input(
            t("params.make.title"),
            key="params-make:title",
            max_chars=200,
            placeholder=t("params.make.example"),
        )
        kinds = able.get(chosen, [OURS]) if chosen else [OURS, OWN]
        kind = _kind(kinds)
        always = kind == OURS and st.toggle(
            t("params.make.guarded"), key="params-make:guarded", help=t("params.make.guarded.help")
        )
        name = _name(title, kind)
        if name:
            st.caption(t("params.make.name", name=plain(f"{chosen or '…'}/{name}")))
        if st.button(t("params.make.do"), type="primary", key="params-make:do"):
            _make(chosen, title, kind, bool(always))

    asking()


def _kind(kinds: list[str]) -> str:
    """For whom: chosen where there is a choice."""
    if len(kinds) == 1:
        st.caption(t(f"params.make.only.{kinds[0]}"))
        return kinds[0]
    chosen: Any = st.radio(
        t("params.make.for"),
        kinds,
        key="params-make:for",
        format_func=lambda kind: t(f"params.make.for.{kind}"),
        captions=[t(f"params.make.for.{kind}.help") for kind in kinds],
    )
    return str(chosen or kinds[0])


def _name(title: str, kind: str) -> str:
    """The name that goes with a title; empty where there is none yet."""
    try:
        found = preset_name(title)
    except Invalid:
        return ""
    return found if kind == OWN else found.removeprefix(PRESET).replace("preset-", "set-", 1)


def _make(model: str | None, title: str, kind: str, always: bool) -> None:
    name = _name(title, kind)
    if model is None or not name:
        missing = "params.make.model.needed" if model is None else "params.make.title.needed"
        show_error(Invalid(t("params.make"), [Problem("title", t(missing), rule="required")]))
        return
    try:
        engine().sets.create(actor(), model, name, title.strip(), guarded=always)
    except QuarterdeckError as error:
        show_error(error)
        return
    go("params-edit", model=model, set=name)
