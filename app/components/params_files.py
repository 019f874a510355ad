"""The text files of a set: what it was imported from, and what it is written back into. On the set's page."""

from __future__ import annotations

from functools import partial

import streamlit as st
from markupsafe import Markup

from app.components import downloads, shown
from app.components.confirm import Question, confirm
from app.components.menu import may
from app.components.nav import go
from app.components.page import empty
from app.components.params_values import place_name
from app.components.rows import act, listed, row
from app.components.view import badge, join, link, view
from app.state import actor, engine
from app.text import t
from engine.access import PARAMS_WRITE
from engine.parameters.imports.records import Layout
from engine.parameters.textfiles.files import FORMATS


def draw(model: str, name: str) -> None:
    """The layouts of a set with their downloads, and the way to import another file."""
    sets = engine().sets
    found = engine().parameter_files.layouts(actor(), model, name)
    titles = {one.place: one.title for one in sets.places(actor(), model, name)}
    writes = may(actor(), PARAMS_WRITE, sets.resource(actor(), model, name))
    if not found:
        way = link(t("files.import"), "params-import", model=model, set=name) if writes else None
        empty("description", t("files.none"), t("files.none.body"), way, key="files-none")
        return
    st.caption(t("files.caption"))
    ready = sets.get(actor(), model, name).in_force is not None
    made = [_row(model, name, one, titles, writes=writes, ready=ready) for one in found]
    pressed = view(listed(made, "qd-files"), key="files-list")
    if writes and st.button(t("files.import"), icon=":material/upload_file:", key="files-import"):
        go("params-import", model=model, set=name)
    _follow(model, name, found, pressed)


def _row(model: str, name: str, one: Layout, titles: dict[str, str], *, writes: bool, ready: bool) -> Markup:
    zone = engine().settings.business_timezone
    about = [FORMATS[one.kind].title, shown.size(one.bytes)]
    if one.place:
        about.insert(0, place_name(one.place, titles))
    if one.version is None:
        about.append(t("files.without"))
    under = [" · ".join(about)]
    if one.version is not None:
        made_of = t("files.of_version", number=one.version)
        under += [" · ", link(made_of, "params-set", model=model, set=name, version=one.version)]
    if one.withheld:
        under += [" ", badge(t("files.withheld", names=", ".join(one.withheld)), "orange", "key_off")]
    when = join([shown.when(one.changed_at, zone), ", ", shown.person(one.changed_by)])
    there = downloads.layout_address(model, name, one.id)
    acts = [downloads.button(t("files.download"), there)] if ready else []
    acts.append(downloads.button(t("files.original"), f"{there}?original=true", symbol="history"))
    if writes:
        acts.append(act(t("files.remove"), f"remove:{one.id}", symbol="delete", about=one.name))
    return row(one.name, join(under), [when], acts)


def _follow(model: str, name: str, found: list[Layout], pressed: str | None) -> None:
    if not pressed:
        return
    one = next((layout for layout in found if layout.id == pressed.partition(":")[2]), None)
    if one is not None:
        question = Question(
            f"files:{one.id}",
            t("files.remove.title", name=one.name),
            t("files.remove.body"),
            t("files.remove"),
            t("files.remove.done", name=one.name),
        )
        confirm(question, partial(_remove, model, name, one.id))


def _remove(model: str, name: str, layout: str, reason: str) -> None:
    engine().parameter_files.remove_layout(actor(), model, name, layout, reason=reason)
