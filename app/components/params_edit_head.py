"""The head of the edit page: which set and place, what it began with, and how to begin otherwise."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import streamlit as st

from app.components import params_edit_draft, shown
from app.components import params_edit_state as kept
from app.components.form_parts import EMPTY
from app.components.nav import asked, go
from app.components.page import guarded, note, plain, show_error
from app.components.params_edit_state import Memory
from app.components.params_values import place_name
from app.components.view import badge, join, link, tag, view
from app.state import actor, engine
from app.text import t
from engine.errors import QuarterdeckError
from engine.parameters.set_records import IN_REVIEW


def draw(memory: Memory) -> None:
    """Title, place, and what the values are."""
    card, about = memory.about.card, memory.about
    st.title(plain(t("edit.title", set=card.title)), anchor=False)
    line = [
        link(memory.form.manifest.model.title or card.model, "model", model=card.model),
        link(t("edit.set"), "params-set", model=card.model, set=card.name),
        badge(t("set.own"), "violet", "person") if card.kind == "personal" else "",
        badge(t("set.guarded"), "violet", "shield") if card.guarded else "",
        badge(about.held.currency) if about.held.currency else "",
    ]
    view(tag("div", join(line), cls="qd-line"), key="edit-badges")
    _places(memory)
    _began(memory)
    _all(memory)


def _places(memory: Memory) -> None:
    about = memory.about
    if about.card.kind == "personal":
        return
    titles = {one.place: one.title for one in about.places}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if titles:
            key = f"{memory.form.page}-place"
            chosen = st.selectbox(
                t("edit.place"),
                ["", *titles],
                index=["", *titles].index(about.place),
                key=key,
                width=300,
                format_func=lambda one: place_name(one, titles),
                help=t("edit.place.help"),
            )
            if chosen is not None and chosen != about.place:
                go("params-edit", model=about.card.model, set=about.card.name, place=chosen or None)
        with st.popover(t("edit.place.add"), icon=":material/add_location:", key="edit-place-add"):
            _new_place(memory)


@st.fragment
@guarded
def _new_place(memory: Memory) -> None:
    about = memory.about
    st.caption(t("edit.place.add.body"))
    path = st.text_input(t("edit.place.path"), key="edit-place:path", placeholder="DE/S001", max_chars=120)
    title = st.text_input(t("edit.place.title"), key="edit-place:title", max_chars=120)
    currency = st.text_input(
        t("edit.place.currency"), key="edit-place:currency", placeholder="EUR", max_chars=3
    )
    if not st.button(t("edit.place.make"), type="primary", key="edit-place:make"):
        return
    card = about.card
    try:
        engine().sets.set_place(
            actor(), card.model, card.name, path.strip(), title.strip(), currency.strip().upper()
        )
    except QuarterdeckError as error:
        show_error(error)
        return
    go("params-edit", model=card.model, set=card.name, place=path.strip())


def _began(memory: Memory) -> None:
    """What the fields were filled with, where that is not simply what is in force."""
    about, zone = memory.about, engine().settings.business_timezone
    with st.container(horizontal=True, vertical_alignment="center", key="edit-began"):
        if memory.restored_at:
            when = shown.when(datetime.fromisoformat(memory.restored_at), zone)
            st.caption(f":material/history: {t('edit.restored', when=when)}")
            label = t("edit.drop")
            if asked("from"):
                label = t("edit.drop.from", number=plain(asked("from") or ""))
            st.button(label, type="tertiary", key="edit-drop", on_click=_drop, args=(memory, True))
        elif (
            memory.began is not None
            and asked("from")
            and memory.began != about.held.versions.get(about.place)
        ):
            st.caption(f":material/history: {t('edit.began', number=memory.began)}")
    newest = about.newest
    if newest is None or memory.restored_at:
        return
    if newest.state == IN_REVIEW and memory.began == newest.number:
        who = shown.person(newest.author)
        said = t("edit.waiting.body", number=newest.number, who=who)
        number = t("edit.see", number=newest.number)
        to = link(number, "params-set", model=about.card.model, set=about.card.name, version=newest.number)
        note(
            t("edit.waiting", number=newest.number),
            join([said, " ", to]),
            colour="orange",
            key="edit-waiting",
        )
        if about.held.versions.get(about.place) is not None:
            st.button(
                t("edit.waiting.instead"), key="edit-in-force", on_click=_begin_in_force, args=(memory,)
            )
    elif newest.effective_from > about.day and newest.state != IN_REVIEW and memory.began != newest.number:
        body = t("edit.planned.body", number=newest.number, day=shown.day(newest.effective_from))
        query: dict[str, Any] = {"from": newest.number, "place": about.place or None}
        label = t("edit.planned.instead", number=newest.number)
        to = link(label, "params-edit", model=about.card.model, set=about.card.name, **query)
        note(t("edit.planned", number=newest.number), join([body, " ", to]), key="edit-planned")


def _all(memory: Memory) -> None:
    """Set every field here at once, for a set that is to stay as it is whatever becomes of the model's defaults."""
    left = _inheriting(memory)
    if len(left) > 1:
        label = t("edit.all", count=len(left))
        st.button(
            label, key="edit-all", type="tertiary", icon=":material/done_all:", help=t("edit.all.help"),
            on_click=_set_all, args=(memory,),
        )  # fmt: skip


def _set_all(memory: Memory) -> None:
    memory.here.update(_inheriting(memory))
    st.rerun()


def _inheriting(memory: Memory) -> list[str]:
    """The fields that inherit a value; one that has none anywhere is left to the run."""
    fields = memory.form.fields
    return [
        name
        for name in memory.names
        if name not in memory.here
        and (kept.raw_now(memory, name) not in EMPTY or fields[name].type == "boolean")
    ]


def _drop(memory: Memory, to_asked: bool) -> None:
    """Forget the draft and begin anew."""
    from app.components.params_edit import begin

    number = asked("from") if to_asked else None
    params_edit_draft.forget(memory)
    begin(memory, int(number) if number and number.isdigit() else None)
    st.rerun()


def _begin_in_force(memory: Memory) -> None:
    from app.components.params_edit import begin

    begin(memory, memory.about.held.versions.get(memory.about.place))
    st.rerun()
