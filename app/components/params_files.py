"""The text files of a set: what it was imported from, and what it is written back into. On the set's page."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import streamlit as st
from markupsafe import Markup

from app.components import downloads, shown
from app.components.confirm import Question, confirm
from app.components.menu import may
from app.components.nav import go
from app.components.page import empty, plain
from app.components.params_values import place_name
from app.components.rows import act, listed, row
from app.components.view import badge, join, link, view
from app.state import actor, engine
from app.text import t
from engine.access import PARAMS_WRITE
from engine.errors import QuarterdeckError
from engine.parameters.imports.exporting import OWN
from engine.parameters.imports.records import Layout
from engine.parameters.textfiles.files import FORMATS

EACH = "*"  # each file with the values of its own place


@dataclass(frozen=True)
class _Set:
    """What the lines of the list need to know of the set."""

    model: str
    name: str
    titles: dict[str, str]
    writes: bool
    ready: bool
    place: str | None


def draw(model: str, name: str) -> None:
    """The layouts of a set with their downloads, new files of any kind, and the way to import another one."""
    sets = engine().sets
    found = engine().parameter_files.layouts(actor(), model, name)
    titles = {one.place: one.title for one in sets.places(actor(), model, name)}
    writes = may(actor(), PARAMS_WRITE, sets.resource(actor(), model, name))
    card = sets.get(actor(), model, name)
    ready = card.in_force is not None or (bool(titles) and card.latest > 0)
    own = engine().parameter_files.own_file(actor(), model, name) if ready else ""
    if not found and not own:
        way = link(t("files.import"), "params-import", model=model, set=name) if writes else None
        empty("description", t("files.none"), t("files.none.body"), way, key="files-none")
    else:
        st.caption(t("files.caption"))
        about = _Set(model, name, titles, writes, ready, _place(titles))
        _list(about, found, own)
        if writes and st.button(t("files.import"), icon=":material/upload_file:", key="files-import"):
            go("params-import", model=model, set=name)
    if ready:
        _new(model, name, titles)
    elif found:
        st.caption(t("files.nothing"))


def _place(titles: dict[str, str]) -> str | None:
    if not titles:
        return None
    chosen = st.selectbox(
        t("files.place"),
        [EACH, "", *titles],
        key="files:place",
        format_func=lambda one: t("files.place.each") if one == EACH else place_name(one, titles),
        width=260,
    )
    return None if chosen == EACH else chosen


def _list(about: _Set, found: list[Layout], own: str) -> None:
    made = [_row(about, one) for one in found]
    if own and own not in {one.name for one in found if not one.place}:
        made.append(_own_row(about, own))
    pressed = view(listed(made, "qd-files"), key="files-list")
    if about.ready:
        for one in found:
            _tell(about, one.id, one.name)
    if pressed:
        _ask(about, found, pressed)


def _row(about: _Set, one: Layout) -> Markup:
    zone = engine().settings.business_timezone
    what = [FORMATS[one.kind].title, shown.size(one.bytes)]
    if one.place:
        what.insert(0, place_name(one.place, about.titles))
    if one.version is None:
        what.append(t("files.without"))
    under: list[Any] = [" · ".join(what)]
    if one.version is not None:
        made_of = t("files.of_version", number=one.version)
        under += [" · ", link(made_of, "params-set", model=about.model, set=about.name, version=one.version)]
    if one.withheld:
        under += [" ", badge(t("files.withheld", names=", ".join(one.withheld)), "orange", "key_off")]
    when = join([shown.when(one.changed_at, zone), ", ", shown.person(one.changed_by)])
    original = downloads.layout_address(about.model, about.name, one.id, original="true")
    acts = [_filled(about, one.id)] if about.ready else []
    acts.append(downloads.button(t("files.original"), original, symbol="history"))
    if about.writes:
        acts.append(act(t("files.remove"), f"remove:{one.id}", symbol="delete", about=one.name))
    return row(one.name, join(under), [when], acts)


def _own_row(about: _Set, own: str) -> Markup:
    return row(own, t("files.own"), [""], [_filled(about, OWN)])


def _filled(about: _Set, layout: str) -> Markup:
    return downloads.button(
        t("files.download"),
        downloads.layout_address(about.model, about.name, layout, place=about.place or ""),
    )


def _tell(about: _Set, layout: str, name: str) -> None:
    """What of the set a file will not have, before anybody downloads it."""
    try:
        made = engine().parameter_files.export(actor(), about.model, about.name, layout, place=about.place)
        said = made.notes
    except QuarterdeckError as error:
        st.warning(plain(t("files.told", name=name, sentence=error.sentence)), icon=":material/warning:")
        return
    for sentence in said:
        st.caption(f":material/info: {plain(t('files.told', name=name, sentence=sentence))}")


def _new(model: str, name: str, titles: dict[str, str]) -> None:
    with st.expander(t("files.new"), icon=":material/note_add:"):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            kind = st.selectbox(
                t("files.new.kind"), list(FORMATS), index=None, key="files:kind", width=260,
                format_func=lambda one: FORMATS[one].title, placeholder=t("form.choose"),
            )  # fmt: skip
            place = ""
            if titles:
                place = st.selectbox(
                    t("files.place"), ["", *titles], key="files:new-place", width=260,
                    format_func=lambda one: place_name(one, titles),
                )  # fmt: skip
        if not kind:
            st.caption(t("files.new.empty"))
            return
        try:
            made = engine().parameter_files.export_new(actor(), model, name, kind, place=place)
        except QuarterdeckError as error:
            st.error(plain(error.sentence), icon=":material/error:")
            return
        for sentence in made.notes:
            st.caption(f":material/info: {plain(sentence)}")
        there = downloads.text_address(model, name, kind, place)
        view(
            downloads.row([downloads.button(t("files.new.download", name=made.name), there)]), key="files-new"
        )


def _ask(about: _Set, found: list[Layout], pressed: str) -> None:
    one = next((layout for layout in found if layout.id == pressed.partition(":")[2]), None)
    if one is None:
        return
    question = Question(
        f"files:{one.id}",
        t("files.remove.title", name=one.name),
        t("files.remove.body"),
        t("files.remove"),
        t("files.remove.done", name=one.name),
    )
    confirm(question, partial(_remove, about.model, about.name, one.id))


def _remove(model: str, name: str, layout: str, reason: str) -> None:
    engine().parameter_files.remove_layout(actor(), model, name, layout, reason=reason)
