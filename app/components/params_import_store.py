"""Storing an imported file: as a new version, as a layout only, or as a draft of the edit page."""

from __future__ import annotations

from typing import Any

import streamlit as st

from app.components import shown
from app.components.form_state import FormModel, raw_of
from app.components.nav import go
from app.components.page import plain, show_error
from app.components.page import say as tell
from app.components.params_import_state import Memory, day_of, drop, kept
from app.state import actor, engine
from app.text import t
from engine.errors import Invalid, Problem, QuarterdeckError
from engine.parameters.imports.records import Effect, FilePreview
from engine.parameters.imports.service import NEWEST
from engine.parameters.merging import ChangedMeanwhile
from engine.parameters.set_records import IN_REVIEW, PRESET, SetCard, SetVersion


def draw(memory: Memory, seen: FilePreview, effect: Effect, card: SetCard | None) -> None:
    """Reason, day, and the buttons. Leaves the page once something is made."""
    personal = effect.set.startswith(PRESET)
    nothing = not effect.differences and effect.base is not None
    if not personal:
        st.text_input(
            t("import.set.reason"), str(memory.chosen.get("reason") or ""), key=memory.key("reason"), max_chars=2000,
            help=t("import.set.reason.help"), on_change=kept, args=(memory, "reason"),
        )  # fmt: skip
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.date_input(
            t("import.set.from"), day_of(memory) or engine().sets.today(), key=memory.key("from"),
            format="YYYY-MM-DD", width=170, on_change=kept, args=(memory, "from"),
        )  # fmt: skip
        st.checkbox(
            t("import.set.keep"), bool(memory.chosen.get("keep", True)), key=memory.key("keep"),
            help=t("import.set.keep.help"), on_change=kept, args=(memory, "keep"),
        )  # fmt: skip
        if not personal:
            st.checkbox(
                t("import.set.review"), bool(memory.chosen.get("review")), key=memory.key("review"),
                on_change=kept, args=(memory, "review"),
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
    return t(key, file=memory.file.name, number=version.number, day=shown.day(version.effective_from))
