"""Questions before dangerous actions, with a reason that goes to the audit log; and things shown only once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from app.components.page import guarded, plain, say, show_error
from app.components.view import component
from app.text import t
from engine.errors import QuarterdeckError


@dataclass(frozen=True)
class Question:
    """What is asked before something is done.

    ``word`` must be typed where the action cannot be undone; ``reason`` says whether one is wanted; ``done`` is
    the sentence on the page afterwards.
    """

    key: str
    title: str
    body: str
    button: str
    done: str
    word: str = ""
    reason: bool = True


def confirm(question: Question, act: Callable[[str], object]) -> None:
    """Open the question; ``act`` gets the reason. What goes wrong is said in it, and nothing typed is lost."""

    @st.dialog(plain(question.title))
    @guarded
    def asking() -> None:
        st.markdown(plain(question.body))
        reason = word = ""
        if question.reason:
            reason = st.text_input(
                t("confirm.reason"),
                key=f"{question.key}:reason",
                max_chars=300,
                help=t("confirm.reason.help"),
            )
        if question.word:
            word = st.text_input(
                t("confirm.word", word=plain(question.word)), key=f"{question.key}:word", autocomplete="off"
            )
        with st.container(horizontal=True):
            yes = st.button(question.button, type="primary", key=f"{question.key}:yes")
            if st.button(t("confirm.no"), key=f"{question.key}:no"):
                st.rerun()
        if yes and _answered(question, reason, word):
            try:
                act(reason.strip())
            except QuarterdeckError as error:
                show_error(error)
            else:
                say(question.done)
                st.rerun()

    asking()


def _answered(question: Question, reason: str, word: str) -> bool:
    missing = []
    if question.reason and not reason.strip():
        missing.append(t("confirm.reason.missing"))
    if question.word and word.strip() != question.word:
        missing.append(t("confirm.word.wrong", word=question.word))
    for sentence in missing:
        st.error(plain(sentence), icon=":material/error:")
    return not missing


@dataclass(frozen=True)
class Once:
    """Something secret that was just made, with what to say about it."""

    value: str
    label: str
    hint: str


def making(title: str, key: str, form: Callable[[], Once | None]) -> None:
    """Open a dialog with a form that makes something secret, and show that in the form's place, once.

    ``form`` draws and gives None until it has made it; what goes wrong it says itself.
    """

    @st.dialog(plain(title), width="medium", on_dismiss="rerun")
    @guarded
    def asking() -> None:
        if st.session_state.get(f"{key}:done"):
            st.rerun()
        place = st.empty()
        with place.container():
            made = form()
        if made is None:
            return
        place.empty()
        once(made.value, label=made.label, hint=made.hint, key=f"{key}:once")
        st.button(t("once.done"), type="primary", key=f"{key}:done")

    asking()


def once(value: str, *, label: str, hint: str, key: str) -> None:
    """Show a secret with a button that copies it. It is in this drawing only: the next one no longer has it."""
    component("once", "once.js")(
        key=key,
        data={
            "value": value,
            "label": label,
            "hint": hint,
            "words": {"copy": t("once.copy"), "copied": t("once.copied"), "failed": t("once.failed")},
        },
    )


def renaming(name: str, act: Callable[[str], object]) -> None:
    """Ask for a department's new name; ``act`` gets it."""

    @st.dialog(plain(t("departments.rename.title", name=name)))
    @guarded
    def asking() -> None:
        st.markdown(plain(t("departments.rename.body")))
        new = st.text_input(t("departments.rename.new"), name, key=f"rename:{name}:new", max_chars=60)
        if not st.button(t("departments.rename.button"), type="primary", key="rename:yes"):
            return
        try:
            act(new)
        except QuarterdeckError as error:
            show_error(error)
        else:
            say(t("departments.rename.done", name=name, new=new.strip()))
            st.rerun()

    asking()
