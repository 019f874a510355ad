"""Where an imported file goes: the set, its place and day, what changes there, and storing it."""

from __future__ import annotations

from typing import Any

import streamlit as st

from app.components import params_changes, params_import_store
from app.components.menu import may
from app.components.nav import asked
from app.components.page import note, plain
from app.components.params_import_state import NEW, OWN, Memory, choose, chosen_set, kept, name_of, new_name
from app.components.params_values import place_name
from app.components.view import join, tag, view
from app.state import actor, engine
from app.text import t
from engine.access import PARAMS_WRITE, Resource
from engine.errors import Invalid
from engine.parameters.changes import FieldChange, change
from engine.parameters.imports.records import Effect, FilePreview
from engine.parameters.in_force import DEFAULT
from engine.parameters.set_records import PRESET, SetCard
from engine.parameters.set_values import check_name


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
    params_import_store.draw(memory, seen, effect, card)
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
    chosen = chosen_set(memory)
    grid = st.grid(2, min_column_width=280, gap="medium")
    grid.selectbox(
        t("import.set"),
        offered,
        index=offered.index(chosen) if chosen in offered else None,
        key=memory.key("set"),
        format_func=lambda one: words.get(one) or titles.get(one, one),
        placeholder=t("import.set.choose"),
        on_change=kept,
        args=(memory, "set"),
    )
    if chosen in (NEW, OWN):
        _new(memory, grid, chosen)
    elif chosen in titles:
        _place(memory, grid, chosen)


def _new(memory: Memory, grid: Any, chosen: str) -> None:
    grid.text_input(
        t("import.set.name"), new_name(memory), key=memory.key("name"), help=t("import.set.name.help"),
        max_chars=80, on_change=kept, args=(memory, "name"),
    )  # fmt: skip
    if chosen == NEW:
        grid.text_input(
            t("import.set.title"), str(memory.chosen.get("title") or ""), key=memory.key("title"), max_chars=200,
            on_change=kept, args=(memory, "title"),
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
        on_change=kept,
        args=(memory, "place"),
    )


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
