"""Presets of one's own: keep the values of a form under a name, change, rename and remove them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from app.components.confirm import Question, confirm
from app.components.form_sets import Taken, masked
from app.components.form_state import FormModel
from app.components.menu import may
from app.components.page import guarded, plain, say, show_error
from app.state import actor, engine
from app.text import t
from engine.access import PARAMS_WRITE, Resource
from engine.errors import NotFound, QuarterdeckError
from engine.parameters.set_presets import preset_name

if TYPE_CHECKING:
    from engine.parameters.set_records import SetVersion

UNKEPT = frozenset({"file"})  # files are their owner's, for single runs


def allowed(form: FormModel) -> bool:
    """May this person have presets of this model?"""
    who = actor()
    home = engine().catalog.resource(form.model).department
    return may(who, PARAMS_WRITE, Resource("params", f"{form.model}/~", home, who.id, ("model", form.model)))


def keeping(form: FormModel, memory: Any) -> None:
    """The button that keeps the form's values as a preset."""
    if allowed(form) and st.button(
        t("form.preset.keep"), key="form-preset-keep", type="tertiary", icon=":material/bookmark_add:"
    ):
        _ask(form, memory)


def actions(form: FormModel, memory: Any, taken: Taken) -> None:
    """What can be done with the preset that the form is filled from."""
    if st.button(t("form.preset.update"), key="form-preset-update", type="tertiary", icon=":material/save:"):
        _update(form, memory, taken)
    if st.button(t("form.preset.rename"), key="form-preset-rename", type="tertiary", icon=":material/edit:"):
        _rename(form, memory, taken)
    if st.button(
        t("form.preset.remove"), key="form-preset-remove", type="tertiary", icon=":material/delete:"
    ):
        _remove(form, memory, taken)


def _ask(form: FormModel, memory: Any) -> None:
    @st.dialog(plain(t("form.preset.keep")))
    @guarded
    def asking() -> None:
        st.markdown(plain(t("form.preset.body")))
        title = st.text_input(
            t("form.preset.title"), key="preset:title", max_chars=80, placeholder=t("form.preset.example")
        )
        if not st.button(t("form.preset.save"), type="primary", key="preset:yes"):
            return
        values = _values(form, memory)
        if values is None:
            st.error(plain(t("form.preset.wrong")), icon=":material/error:")
            return
        try:
            name = preset_name(title)
            version = _store(form, name, title.strip(), values)
        except QuarterdeckError as error:
            show_error(error)
            return
        _adopt(form, memory, name)
        say(t("form.preset.saved", title=title.strip(), number=version.number))
        st.rerun()

    st.session_state.pop("preset:title", None)
    asking()


def _store(form: FormModel, name: str, title: str, values: dict[str, Any]) -> SetVersion:
    """A version of the preset; makes it where it is new. Raises Conflict where a preset of that name is there."""
    sets, who = engine().sets, actor()
    try:
        known: int | None = sets.get(who, form.model, name).latest
    except NotFound:
        known = None
    if known is None:
        sets.create(who, form.model, name, title)
    elif known:
        from engine.errors import Conflict

        raise Conflict(t("form.preset.there", title=title))
    return sets.submit(who, form.model, name, values)


def _update(form: FormModel, memory: Any, taken: Taken) -> None:
    values = _values(form, memory)
    if values is None:
        memory.set_refusal = t("form.preset.wrong")
        st.rerun(scope="app")
    assert values is not None
    sets, who = engine().sets, actor()
    try:
        # what is in force was shown: another window that stored one meanwhile is told of, not written over
        base = taken.version if taken.number is None else sets.get(who, form.model, taken.name).latest
        made = sets.submit(who, form.model, taken.name, values, base=base)
    except QuarterdeckError as error:
        memory.set_refusal = error.sentence
    else:
        _adopt(form, memory, taken.name)
        say(t("form.preset.saved", title=taken.title, number=made.number))
    st.rerun(scope="app")


def _rename(form: FormModel, memory: Any, taken: Taken) -> None:
    @st.dialog(plain(t("form.preset.rename.title", title=taken.title)))
    @guarded
    def asking() -> None:
        title = st.text_input(t("form.preset.title"), taken.title, key="preset:new", max_chars=80)
        if not st.button(t("form.preset.rename"), type="primary", key="preset:rename-yes"):
            return
        try:
            card = engine().sets.rename_preset(actor(), form.model, taken.name, title)
        except QuarterdeckError as error:
            show_error(error)
            return
        _adopt(form, memory, card.name)
        say(t("form.preset.renamed", title=card.title))
        st.rerun()

    st.session_state.pop("preset:new", None)
    asking()


def _remove(form: FormModel, memory: Any, taken: Taken) -> None:
    from app.components.form_set_panel import leave

    def act(_: str) -> None:
        engine().sets.remove_preset(actor(), form.model, taken.name)
        leave(form, memory)

    confirm(
        Question(
            key="preset:remove",
            title=t("form.preset.remove.title", title=taken.title),
            body=t("form.preset.remove.body"),
            button=t("form.preset.remove"),
            done=t("form.preset.removed", title=taken.title),
            reason=False,
        ),
        act,
    )


def _adopt(form: FormModel, memory: Any, name: str) -> None:
    """From now on the form is filled from the preset; what stands in the fields stays."""
    from app.components.form import keep
    from app.components.form_sets import take

    memory.taken, memory.before, memory.set_refusal = take(form, name), None, ""
    keep(form, memory)


def _values(form: FormModel, memory: Any) -> dict[str, Any] | None:
    """What is to be kept: every field that shows, but files and what this person sees masked. None: a problem."""
    from app.components.form import raws_now

    values, problems = form.values(raws_now(form))
    if any(problem.where in form.fields for problem in problems if not _empty(form, problem, values)):
        return None
    return {
        name: value
        for name, value in values.items()
        if form.fields[name].type not in UNKEPT and not masked(value) and not _missing(form, name, value)
    }


def _empty(form: FormModel, problem: Any, values: dict[str, Any]) -> bool:
    """A required field that is still empty is no reason not to keep the others."""
    return _missing(form, problem.where, values.get(problem.where))


def _missing(form: FormModel, name: str, value: Any) -> bool:
    return form.fields[name].required and value in (None, "") if name in form.fields else False
