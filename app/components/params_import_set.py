"""Where an imported file goes: the set, its place and day, what changes there, and storing it."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import streamlit as st

from app.components import params_changes
from app.components.form_state import FormModel, raw_of
from app.components.menu import may
from app.components.nav import asked, go
from app.components.page import note, plain
from app.components.page import say as tell
from app.components.params_import_state import Memory, choose, drop
from app.components.params_values import place_name
from app.components.view import join, tag, view
from app.state import actor, engine
from app.text import t
from engine.access import PARAMS_WRITE, Resource
from engine.errors import Invalid, QuarterdeckError
from engine.parameters.changes import FieldChange, change
from engine.parameters.imports.records import Effect, FilePreview
from engine.parameters.imports.service import NEWEST
from engine.parameters.in_force import DEFAULT
from engine.parameters.merging import ChangedMeanwhile
from engine.parameters.set_records import IN_REVIEW, PRESET, SetCard, SetVersion
from engine.parameters.set_values import check_name

NEW, OWN = "+", "+~"  # entries of the list of sets that make one


def name_of(memory: Memory) -> str:
    """The set that is chosen and can be one; empty: none yet."""
    chosen = _chosen(memory)
    name = new_name(memory) if chosen in (NEW, OWN) else chosen
    if chosen == OWN and name:
        name = PRESET + name.removeprefix(PRESET)
    try:
        check_name(name)
    except Invalid:
        return ""
    return name


def new_name(memory: Memory) -> str:
    """What a new set is to be called: what was typed, else after the file."""
    if "name" in memory.chosen:
        return str(memory.chosen["name"])
    stem = memory.file.name.rpartition(".")[0].lower()
    return re.sub(r"[^a-z0-9]+", "-", stem).strip("-0123456789") or "imported"


def _chosen(memory: Memory) -> str:
    return str(memory.chosen.get("set") or asked("set") or "")


def day_of(memory: Memory) -> date | None:
    """The day from which it is to hold; None: today."""
    text = memory.chosen.get("from")
    return date.fromisoformat(text) if text else None


def draw(memory: Memory, seen: FilePreview) -> None:
    """The third part of the page."""
    cards = _writable(memory.model)
    _where(memory, cards)
    name, effect = name_of(memory), seen.effect
    if not name or effect is None:
        return
    card = next((one for one in cards if one.name == name), None)
    if effect.new_set and effect.place:
        choose(memory, place="")
        st.rerun()
    _changes(memory, seen, effect, card)
    _end(memory, seen, effect, card)
    memory.base, memory.shown = effect.base, True


def _writable(model: str) -> list[SetCard]:
    sets = engine().sets
    return [
        card
        for card in sets.list(actor(), model)
        if may(actor(), PARAMS_WRITE, sets.resource(actor(), model, card.name))
    ]


def _where(memory: Memory, cards: list[SetCard]) -> None:
    titles = {card.name: card.title for card in cards}
    home = engine().catalog.resource(memory.model).department
    offered = list(titles)
    there = ("model", memory.model)
    if may(actor(), PARAMS_WRITE, Resource("params", f"{memory.model}/new", home, None, there)):
        offered.append(NEW)
    if may(actor(), PARAMS_WRITE, Resource("params", f"{memory.model}/~new", home, actor().id, there)):
        offered.append(OWN)
    words = {NEW: t("import.set.new"), OWN: t("import.set.own")}
    chosen = _chosen(memory)
    grid = st.grid(2, min_column_width=280, gap="medium")
    grid.selectbox(
        t("import.set"),
        offered,
        index=offered.index(chosen) if chosen in offered else None,
        key=memory.key("set"),
        format_func=lambda one: words.get(one) or titles.get(one, one),
        placeholder=t("import.set.choose"),
        on_change=_kept,
        args=(memory, "set"),
    )
    if chosen in (NEW, OWN):
        _new(memory, grid, chosen)
    elif chosen in titles:
        _place(memory, grid, chosen)


def _new(memory: Memory, grid: Any, chosen: str) -> None:
    grid.text_input(
        t("import.set.name"), new_name(memory), key=memory.key("name"), help=t("import.set.name.help"),
        max_chars=80, on_change=_kept, args=(memory, "name"),
    )  # fmt: skip
    if chosen == NEW:
        grid.text_input(
            t("import.set.title"), str(memory.chosen.get("title") or ""), key=memory.key("title"), max_chars=200,
            on_change=_kept, args=(memory, "title"),
        )  # fmt: skip
    if not name_of(memory):
        try:
            check_name(new_name(memory))
        except Invalid as error:
            st.error(plain(error.sentence), icon=":material/error:")


def _place(memory: Memory, grid: Any, name: str) -> None:
    titles = {one.place: one.title for one in engine().sets.places(actor(), memory.model, name)}
    if not titles:
        return
    offered = ["", *titles]
    if "place" not in memory.chosen:
        memory.chosen["place"] = asked("place") or ""
    held = memory.chosen["place"]
    grid.selectbox(
        t("import.set.place"),
        offered,
        index=offered.index(held) if held in offered else 0,
        key=memory.key("place"),
        format_func=lambda one: place_name(one, titles),
        on_change=_kept,
        args=(memory, "place"),
    )


def _kept(memory: Memory, name: str) -> None:
    value = st.session_state[memory.key(name)]
    value = value.isoformat() if isinstance(value, date) else value
    more = {"place": ""} if name == "set" else {}  # another set has other places
    choose(memory, **{**more, name: value})


# ---- what changes


def _changes(memory: Memory, seen: FilePreview, effect: Effect, card: SetCard | None) -> None:
    fields = engine().catalog.version(actor(), memory.model).manifest.fields
    titles = {} if card is None else {
        one.place: one.title for one in engine().sets.places(actor(), memory.model, card.name)
    }  # fmt: skip
    st.subheader(t("import.set.changes"), anchor=False)
    made = _lines(effect, fields, card)
    if made:
        view(params_changes.table(made, fields, place=effect.place, titles=titles), key=memory.key("changes"))
    else:
        st.caption(t("import.set.changes.first" if effect.base is None else "import.set.changes.none"))
    said = []
    if effect.same:
        said.append(t("import.set.same", count=len(effect.same)))
    if effect.inherited:
        where = place_name(effect.place, titles)
        said.append(t("import.set.inherited", count=len(effect.inherited), place=where))
    if said:
        st.caption(plain(" ".join(said)))
    guarded = [one.title for one in made if one.guarded]
    if guarded and (card is None or card.kind != "personal") and not effect.set.startswith(PRESET):
        st.info(plain(t("import.set.guarded", fields=", ".join(guarded))), icon=":material/shield:")
    if effect.broken:
        listed = tag("ul", join(tag("li", sentence) for sentence in effect.broken))
        note(t("import.set.broken"), listed, colour="red", key=memory.key("broken"))


def _lines(effect: Effect, fields: Any, card: SetCard | None) -> list[FieldChange]:
    whole = card is not None and card.guarded
    return [
        change(
            one.field, fields.get(one.field), (one.old, DEFAULT if one.origin is None else one.origin),
            (one.new, effect.place), guarded=whole or fields[one.field].guarded,
        )
        for one in effect.differences
    ]  # fmt: skip


# ---- storing


def _end(memory: Memory, seen: FilePreview, effect: Effect, card: SetCard | None) -> None:
    personal = effect.set.startswith(PRESET)
    nothing = not effect.differences and effect.base is not None
    if not personal:
        st.text_input(
            t("import.set.reason"), str(memory.chosen.get("reason") or ""), key=memory.key("reason"), max_chars=2000,
            help=t("import.set.reason.help"), on_change=_kept, args=(memory, "reason"),
        )  # fmt: skip
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.date_input(
            t("import.set.from"), day_of(memory) or engine().sets.today(), key=memory.key("from"),
            format="YYYY-MM-DD", width=170, on_change=_kept, args=(memory, "from"),
        )  # fmt: skip
        st.checkbox(
            t("import.set.keep"), bool(memory.chosen.get("keep", True)), key=memory.key("keep"),
            help=t("import.set.keep.help"), on_change=_kept, args=(memory, "keep"),
        )  # fmt: skip
        if not personal:
            st.checkbox(
                t("import.set.review"), bool(memory.chosen.get("review")), key=memory.key("review"),
                on_change=_kept, args=(memory, "review"),
            )  # fmt: skip
    if todo := _todo(seen, effect):
        st.warning(plain(t("import.set.first", what=todo)), icon=":material/rule:")
    draft = card is not None and bool(engine().sets.draft(actor(), memory.model, card.name, effect.place))
    if draft:
        st.caption(t("import.set.edit.draft"))
    with st.container(horizontal=True):
        if not todo:
            label = t("import.set.layout" if nothing else "import.set.store")
            st.button(
                label, type="primary", icon=":material/save:", key=memory.key("store"), on_click=_store,
                args=(memory, effect),
            )  # fmt: skip
        st.button(
            t("import.set.edit.replace" if draft else "import.set.edit"), icon=":material/edit:",
            key=memory.key("edit"), on_click=_edit, args=(memory, seen, effect),
        )  # fmt: skip
    _after(memory)


def _todo(seen: FilePreview, effect: Effect) -> str:
    """What keeps the file from being stored, in words; empty: nothing."""
    parts = []
    if seen.blocking:
        parts.append(t("import.blocking", count=len(seen.blocking)))
    if opened := sum(question.open for question in seen.questions):
        parts.append(t("import.asked.open", count=opened))
    if effect.broken and not parts:
        parts.append(t("import.set.broken"))
    return ", ".join(parts)


def _store(memory: Memory, effect: Effect) -> None:
    """Store what was shown: if somebody stored another version since, it is shown again instead."""
    chosen = memory.chosen
    try:
        done = engine().parameter_files.store(
            actor(),
            memory.model,
            effect.set,
            memory.file,
            memory.answers,
            reason=str(chosen.get("reason") or ""),
            base=memory.base if memory.shown else NEWEST,
            effective_from=day_of(memory),
            place=effect.place,
            review=bool(chosen.get("review")),
            keep_layout=bool(chosen.get("keep", True)),
            title=str(chosen.get("title") or ""),
        )
    except ChangedMeanwhile as error:
        st.session_state[memory.key("failure")] = Invalid("the import", [_moved(error)])
    except QuarterdeckError as error:
        st.session_state[memory.key("failure")] = error
    else:
        st.session_state[memory.key("done")] = (effect.set, effect.place, done.version)


def _moved(error: ChangedMeanwhile) -> Any:
    from engine.errors import Problem

    sentence = error.sentence.partition(". ")[0] + "."
    return Problem("base", t("import.set.moved", sentence=sentence, number=error.number))


def _edit(memory: Memory, seen: FilePreview, effect: Effect) -> None:
    """Hand the values over to the edit page as a draft; what is wrong goes there as it was written."""
    model, who = memory.model, actor()
    try:
        if effect.new_set:
            engine().sets.create(who, model, effect.set, str(memory.chosen.get("title") or ""))
        loaded = engine().catalog.version(who, model)
        form = FormModel(loaded.id, model, loaded.number, loaded.manifest)
        raws = form.raws(effect.values)
        for line in seen.blocking:
            field = form.fields[line.name]
            if isinstance(raw_of(field, None), str):
                raws[line.name] = line.text.strip("\"'")
        source = f"import:{seen.name}"
        sources = effect.sources | {line.name: source for line in seen.blocking if line.name in raws}
        engine().sets.save_draft(who, model, effect.set, raws, effect.base, effect.place, sources)
        if memory.chosen.get("keep", True):
            engine().parameter_files.add_layout(
                who, model, effect.set, memory.file, memory.answers, place=effect.place,
                reason=str(memory.chosen.get("reason") or ""),
            )  # fmt: skip
    except QuarterdeckError as error:
        st.session_state[memory.key("failure")] = error
    else:
        st.session_state[memory.key("editing")] = (effect.set, effect.place)


def _after(memory: Memory) -> None:
    """Leave for what was made, or say what went wrong."""
    from app.components.page import show_error

    if failure := st.session_state.pop(memory.key("failure"), None):
        show_error(failure)
    if editing := st.session_state.pop(memory.key("editing"), None):
        drop(memory.model)
        go("params-edit", model=memory.model, set=editing[0], place=editing[1] or None)
    done = st.session_state.pop(memory.key("done"), None)
    if done is None:
        return
    name, place, version = done
    drop(memory.model)
    tell(_told(memory, version))
    number = None if version is None else version.number
    go("params-set", model=memory.model, set=name, version=number, place=place or None)


def _told(memory: Memory, version: SetVersion | None) -> str:
    if version is None:
        return t("import.done.same", file=memory.file.name)
    key = "import.done.waits" if version.state == IN_REVIEW else "import.done"
    return t(key, file=memory.file.name, number=version.number, day=version.effective_from.isoformat())
