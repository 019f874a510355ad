"""The page that edits a parameter set: the fields with what is known of each, then the changes, then saving.

Each field is a fragment of its own, and so are the changes below: leaving a field costs the server these two. The
page is drawn again only where a change reaches further (another field appears, a problem is solved).
"""

from __future__ import annotations

from functools import partial
from typing import Any

import streamlit as st

from app.components import (
    form_parts,
    params_edit_draft,
    params_edit_end,
    params_edit_head,
    params_edit_merge,
    params_sheets,
)
from app.components import params_edit_state as kept
from app.components.form_state import FormModel
from app.components.nav import asked, go
from app.components.page import crumbs, guarded, plain, say
from app.components.params_edit_beside import beside, marks, warning
from app.components.params_edit_state import DAY, Memory
from app.components.view import view
from app.state import actor, engine
from app.text import t
from engine.parameters.feeds.records import Freshness
from engine.parameters.set_records import IN_REVIEW

FEED = "feed:"  # what the source of a fed value begins with
WIDE = ("table",)
EXTRAS = ("reason", "day", "review", "days")


@st.cache_resource(max_entries=300, show_spinner=False)
def form_model(version_id: str, page: str, _loaded: Any) -> FormModel:
    """What the page needs of a model's version; versions never change."""
    return FormModel(version_id, _loaded.model, _loaded.number, _loaded.manifest, page, EXTRAS)


def draw(model: str, name: str, place: str) -> None:
    """The whole page. Leaves for the new version's page once one is stored."""
    crumbs((t("nav.params"), "params"))
    loaded = engine().catalog.version(actor(), model)
    form = form_model(loaded.id, f"edit-{name}-{place}", loaded)
    about = engine().sets.editing(actor(), model, name, place, st.session_state.get(form.key(DAY)))
    memory = kept.memory_of(form, about)
    if memory.saved is not None:
        _leave(memory)
    start(memory)
    day = st.session_state.get(form.key(DAY))
    if day and day != memory.about.day:  # the draft, or the version that it begins with, is for another day
        memory.about = engine().sets.editing(actor(), model, name, place, day)
    kept.follow(memory)
    kept.look(memory)
    params_edit_head.draw(memory)
    params_edit_merge.draw(memory)
    form_parts.summary(form, memory.problems, memory.submitted, memory.refusal, t("edit.refused"))
    shown = form.visible({one: kept.read_of(memory, one).value for one in memory.names}) & set(memory.names)
    fresh = _freshness(memory)
    form_parts.groups(form, shown, lambda _, names: _group(memory, names, fresh))
    params_edit_end.draw(memory)
    _sheet(memory)
    if memory.kept is None:
        # as the page was opened: nothing typed yet
        memory.kept = memory.initial = params_edit_draft.state_now(memory)


def _leave(memory: Memory) -> None:
    version, memory.saved = memory.saved, None
    assert version is not None
    card = memory.about.card
    if version.state == IN_REVIEW:
        say(t("edit.done.waits", number=version.number))
    elif card.kind == "personal":
        say(t("edit.done.own", number=version.number))
    else:
        say(t("edit.done", number=version.number, day=version.effective_from))
    go("params-set", model=card.model, set=card.name, version=version.number)


# ---- beginning


def start(memory: Memory) -> None:
    """Begin with a kept draft, with the version that was asked for, else with what holds."""
    form = memory.form
    fresh = not memory.names or form.key(memory.names[0]) not in st.session_state
    source = asked("from")
    wanted = int(source) if source and source.isascii() and source.isdigit() else None
    other = wanted is not None and wanted != memory.asked
    draft = _draft(memory)
    brought = memory.kept is not None and _brought(memory, draft)
    if not (fresh or other or brought):
        return
    memory.asked = wanted
    memory.meanwhile, memory.problems, memory.refusal, memory.merged = None, [], "", ""
    if wanted is not None:
        _place_of(memory, wanted)
    if draft:
        params_edit_draft.restore(memory, draft)
        memory.kept, memory.initial = params_edit_draft.state_now(memory), None
        return
    begin(memory, wanted)


def _place_of(memory: Memory, number: int) -> None:
    """Leave for the place that a version is for, where the address names none."""
    card = memory.about.card
    version = engine().sets.version(actor(), card.model, card.name, number)
    if version.place and not memory.about.place:
        query: dict[str, Any] = {"place": version.place, "from": number}
        go("params-edit", model=card.model, set=card.name, **query)


def _draft(memory: Memory) -> dict[str, Any]:
    about = memory.about
    return engine().sets.draft(actor(), about.card.model, about.card.name, about.place)


def _brought(memory: Memory, draft: dict[str, Any]) -> bool:
    """Did a spreadsheet or file write a draft of its own while this page was open?"""
    sources = draft.get("sources") or {}
    return bool(sources) and sources != memory.sources


def begin(memory: Memory, number: int | None = None) -> None:
    """Begin anew with a version's values: those that wait for a review, else those in force here."""
    about = memory.about
    values = {one: value for one, value in about.held.values.items() if about.held.origin[one] == about.place}
    memory.began = about.held.versions.get(about.place)
    newest, source = about.newest, None
    if number is not None:
        source = engine().sets.version(actor(), about.card.model, about.card.name, number)
    elif newest is not None and (newest.state == IN_REVIEW or memory.began is None):
        source = newest
    if source is not None:
        values, memory.began = source.values, source.number
        if source.effective_from > engine().sets.today():
            st.session_state[memory.form.key(DAY)] = source.effective_from  # what is planned stays planned
    memory.base = newest.number if newest is not None else None
    memory.restored_at, memory.kept, memory.initial = "", None, None
    kept.fill(memory, values, source.sources if source is not None else {})


# ---- the fields


def _group(memory: Memory, names: list[str], fresh: dict[str, Freshness]) -> None:
    for name in names:
        st.fragment(key=field_key(name))(_field)(memory, name, fresh.get(name))


def field_key(name: str) -> str:
    """What a field's fragment is called, to draw it again."""
    return f"edit-field-{name}"


@guarded
def _field(memory: Memory, name: str, fresh: Freshness | None) -> None:
    f, key = memory.form.fields[name], memory.form.key(name)
    left, right = (st.container(), st.container()) if f.type in WIDE else st.columns([6, 5], gap="medium")
    with left, st.container(gap="xsmall"):
        raw = form_parts.widget(memory.form, name, partial(_left, memory, name))
        asked_for = next((p for p in memory.problems if p.where == name), None)
        form_parts.below(name, f, raw, asked_for)
        kept.look(memory, [name])
        if outside := warning(memory, name):
            st.markdown(f":small[:orange[:material/warning: {plain(outside)}]]")
        if said := marks(memory, name):
            st.markdown(said)
    with right:
        view(beside(memory, name, fresh), key=f"{key}-beside", on_act=partial(_acted, memory, name))


def _left(memory: Memory, name: str) -> None:
    """A person left a field changed: draw it and the changes again, or the page where it reaches further."""
    kept.look(memory, [name])
    if memory.problems:
        now = kept.problems(memory)
        elsewhere = [p for p in memory.problems if p.where in EXTRAS]
        memory.problems = [p for p in now if p in memory.problems or p.where == name] + elsewhere
        st.rerun()
    if name in memory.form.deciders:
        st.rerun()
    st.rerun([field_key(name), params_edit_end.KEY])


def _acted(memory: Memory, name: str, act: str) -> None:
    if act == "here":
        memory.here.add(name)
        memory.typed.discard(name)
    elif act == "inherit":
        kept.inherit(memory, name)
    elif act == "back":
        kept.back(memory, name)
    _left(memory, name)


def _sheet(memory: Memory) -> None:
    """The same in a spreadsheet: what comes back from it goes on here, or is saved at once."""
    card = memory.about.card
    with st.expander(
        t("edit.sheet"), icon=":material/table:", key=f"{memory.form.page}-sheet", on_change="rerun"
    ) as opened:
        if opened.open:
            params_sheets.draw(card.model, card.name, memory.about.place)


def _freshness(memory: Memory) -> dict[str, Freshness]:
    """How old the values of feeds are, by field; and what the feeds are called that ever brought one."""
    card, feeds = memory.about.card, engine().feeds
    past = (one.source for those in memory.about.past.values() for one in those)
    ids = {source.removeprefix(FEED) for source in past if source.startswith(FEED)}
    memory.feeds = feeds.titles(actor(), card.model, card.name, ids) if ids else {}
    found: dict[str, Freshness] = feeds.freshness(actor(), card.model, card.name, memory.about.place)
    return found
