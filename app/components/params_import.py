"""The page that imports a parameter file: the file, what it says, where it goes. One page, in three parts."""

from __future__ import annotations

from functools import partial

import streamlit as st

from app.components import params_import_said, params_import_set
from app.components.menu import may
from app.components.nav import go
from app.components.page import crumbs, empty, guarded, plain
from app.components.params_import_state import Memory, bring, day_of, drop, memory_of, name_of, say
from app.components.shown import size
from app.components.upload import upload
from app.components.view import link
from app.state import actor, engine
from app.text import t
from engine.access import PARAMS_READ
from engine.errors import Invalid
from engine.parameters.imports.records import Answers, FilePreview, GivenFile
from engine.parameters.textfiles.document import MOST_BYTES
from engine.parameters.textfiles.encodings import TITLES
from engine.parameters.textfiles.files import FORMATS

ACCEPTED = (
    ".txt,.prm,.par,.properties,.env,.ini,.cfg,.conf,.csv,.tsv,.tab,.json,.yaml,.yml,.toml,.r,.R,.py,.jl,.dat"
)
ENDS = {"\n": "lf", "\r\n": "crlf", "\r": "cr"}


def draw(model: str | None) -> None:
    """The whole page."""
    crumbs((t("nav.params"), "params"))
    st.title(t("import.title"), anchor=False)
    st.caption(t("import.caption"))
    model = _model(model)
    if model is None:
        return
    st.header(t("import.step.file"), anchor=False)
    memory = memory_of(model)
    if memory is None:
        _bring(model)
        return
    seen = _read(memory)
    if seen is None:
        return
    st.header(t("import.step.said"), anchor=False)
    params_import_said.draw(memory, seen)
    st.header(t("import.step.set"), anchor=False)
    params_import_set.draw(memory, seen)


def _model(wanted: str | None) -> str | None:
    """The model that the address names, else the one that is chosen."""
    cards = {
        card.name: card.title
        for card in engine().catalog.list(actor())
        if card.live and may(actor(), PARAMS_READ, engine().catalog.resource(card.name))
    }
    if wanted:
        engine().catalog.version(actor(), wanted)  # says so where there is none
        return wanted
    if not cards:
        empty("deployed_code", t("import.no_models"), "", link(t("nav.models"), "models"), key="import-none")
        return None
    chosen = st.selectbox(
        t("import.model"),
        list(cards),
        index=None,
        key="params-import:model",
        format_func=lambda name: cards.get(name, name),
        placeholder=t("import.which"),
        width=380,
    )
    if chosen:
        go("params-import", model=chosen)
    return None


# ---- the file


def _bring(model: str) -> None:
    uploading, pasting = st.tabs([t("import.upload"), t("import.paste")], key="params-import:how")
    with uploading:
        st.caption(t("import.kinds", limit=size(MOST_BYTES)))
        made = upload(key="params-import-upload", kind="file", accept=ACCEPTED, limit_mb=MOST_BYTES >> 20)
        if made:
            bring(model, uploaded=made)
            st.rerun()
    with pasting:
        _paste(model)


@st.fragment
@guarded
def _paste(model: str) -> None:
    text = st.text_area(t("import.paste.text"), key="params-import:text", height=240)
    name = st.text_input(
        t("import.paste.name"),
        "params.txt",
        key="params-import:name",
        help=t("import.paste.name.help"),
        width=320,
    )
    if st.button(t("import.paste.use"), type="primary", key="params-import:use"):
        if not (text or "").strip():
            st.error(t("import.paste.empty"), icon=":material/error:")
            return
        bring(model, GivenFile((name or "").strip() or "params.txt", (text or "").encode("utf-8", "replace")))
        st.rerun(scope="app")


def _read(memory: Memory) -> FilePreview | None:
    """What the file says; where it cannot be read, why, and the ways on."""
    chosen = memory.chosen
    name = name_of(memory)
    try:
        seen = engine().parameter_files.preview(
            actor(),
            memory.model,
            memory.file,
            memory.answers,
            name=name,
            place=str(chosen.get("place") or "") if name else "",
            effective_from=day_of(memory),
        )
    except Invalid as error:
        st.markdown(f"**{plain(memory.file.name)}**")
        st.error(plain(error.sentence), icon=":material/error:")
        st.caption(t("import.unreadable.body"))
        _otherwise(memory, memory.answers or Answers(), opened=True)
        _another(memory)
        return None
    _about(memory, seen)
    return seen


def _about(memory: Memory, seen: FilePreview) -> None:
    about = t(
        "import.about",
        kind=FORMATS[seen.kind].title,
        size=size(seen.bytes),
        encoding=TITLES.get(seen.encoding, seen.encoding),
        ends=t(f"import.ends.{ENDS.get(seen.newline, seen.newline)}"),
    )
    st.markdown(f"**{plain(seen.name)}**")
    st.caption(about)
    for sentence in seen.notes:
        st.caption(f":material/info: {plain(sentence)}")
    with st.container(horizontal=True, vertical_alignment="top"):
        _another(memory)
    _otherwise(memory, seen.answers, opened=False)


def _another(memory: Memory) -> None:
    if st.button(t("import.another"), icon=":material/swap_horiz:", key=memory.key("another")):
        drop(memory.model)
        st.rerun()


def _otherwise(memory: Memory, answers: Answers, *, opened: bool) -> None:
    """Kind and encoding, where they were guessed wrongly."""
    with st.expander(t("import.otherwise"), icon=":material/tune:", expanded=opened):
        grid = st.grid(2, min_column_width=260, gap="medium")
        known: dict[str, dict[str, str]] = {
            "kind": {k: f.title for k, f in FORMATS.items()},
            "encoding": TITLES,
        }
        for about, titles in known.items():
            offered: list[str] = ["", *titles]
            held = getattr(answers, about)
            key = memory.key(about)
            grid.selectbox(
                t(f"import.{about}"),
                offered,
                index=offered.index(held) if held in offered else 0,
                key=key,
                format_func=partial(_titled, titles),
                on_change=_changed,
                args=(memory, answers, about, key),
            )


def _titled(titles: dict[str, str], one: str) -> str:
    return titles.get(one, t("import.guessed"))


def _changed(memory: Memory, answers: Answers, about: str, key: str) -> None:
    say(memory, answers, **{about: st.session_state[key]})
