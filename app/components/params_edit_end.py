"""The foot of the edit page: what changes (old → new, difference, percent), why, from when, and saving it."""

from __future__ import annotations

from datetime import date
from typing import Any

import streamlit as st

from app.components import params_changes, params_edit_merge
from app.components import params_edit_state as kept
from app.components.form_parts import EMPTY
from app.components.page import guarded, plain
from app.components.params_edit_state import DAY, REASON, REVIEW, Memory
from app.components.view import tag, view
from app.state import actor, engine
from app.text import t
from engine.errors import Invalid, Problem, QuarterdeckError
from engine.parameters.changes import FieldChange, change, side
from engine.parameters.in_force import DEFAULT
from engine.parameters.merging import ChangedMeanwhile, same

KEY = "edit-changes"  # the fragment's
DAYS = ".days"
WAITS = (3, 7, 14, 30, 90)
USUAL_DAYS = 14
WHERE = {"effective_from": "day"}  # a problem's field of the service → the widget here


def draw(memory: Memory) -> None:
    """Draw it as a fragment, which is drawn again after each change of a field."""
    st.fragment(key=KEY)(_end)(memory)


@guarded
def _end(memory: Memory) -> None:
    kept.note_changes(memory)
    found = changes(memory)
    st.header(t("edit.changes"), anchor=False)
    if params_edit_merge.behind(memory):
        params_edit_merge.told(memory)
    _table(memory, found)
    _asked(memory, found)
    kept.keep(memory)


def changes(memory: Memory) -> list[FieldChange]:
    """What the new version would change of what is in force on its day, in the form's order."""
    about = memory.about
    defaults = {name: about.above[name] for name, where in about.above_from.items() if where == DEFAULT}
    found = []
    gone = [name for name in about.held.values if name not in memory.form.fields]
    for name in [*memory.names, *gone]:
        f = memory.form.fields.get(name)
        before = side(name, about.held.values, about.held.origin, defaults)
        after: tuple[Any, str] = (about.above.get(name), about.above_from.get(name, DEFAULT))
        if f is None:
            after = (None, DEFAULT)
        elif name in memory.here:
            read = kept.read_of(memory, name)
            if read.problem is not None:
                continue
            after = (read.value, about.place)
        if before[1] == after[1] and same(before[0], after[0]):
            continue
        guarded_here = about.card.guarded or (f is not None and f.guarded)
        source = memory.sources.get(name, "")
        found.append(change(name, f, before, after, guarded=guarded_here, source=source))
    return found


def _table(memory: Memory, found: list[FieldChange]) -> None:
    about = memory.about
    _, problems = kept.values_here(memory)
    titles = {one.place: one.title for one in about.places}
    if found:
        st.caption(t("edit.changes.against", day=about.day.isoformat(), count=len(found)))
        table = params_changes.table(found, memory.form.fields, place=about.place, titles=titles)
        view(table, key="edit-table")
    else:
        view(tag("p", t("edit.changes.none"), cls="qd-muted"), key="edit-table")
    wrong = [p for p in problems if kept.raw_now(memory, p.where) not in EMPTY]
    if wrong:
        labels = ", ".join(memory.form.fields[p.where].label(p.where) for p in wrong)
        st.markdown(f":small[:red[:material/error: {plain(t('edit.changes.wrong', fields=labels))}]]")


def _asked(memory: Memory, found: list[FieldChange]) -> None:
    form, about = memory.form, memory.about
    personal = about.card.kind == "personal"
    key = form.key
    if not personal:
        st.text_area(
            t("edit.reason"), key=key(REASON), height=80, max_chars=2000, placeholder=t("edit.reason.example"),
            on_change=_again, args=(memory,),
        )  # fmt: skip
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if key(DAY) not in st.session_state:
            st.session_state[key(DAY)] = about.day
        st.date_input(
            t("edit.day"), key=key(DAY), format="YYYY-MM-DD", width=190, help=t("edit.day.help"),
            on_change=_day_changed,
        )  # fmt: skip
        if not personal:
            st.toggle(t("edit.review"), key=key(REVIEW), help=t("edit.review.help"))
            waits = bool(st.session_state.get(key(REVIEW))) or any(one.guarded for one in found)
            if waits:
                st.selectbox(
                    t("edit.days"), WAITS, index=WAITS.index(USUAL_DAYS), key=key(DAYS), width=190,
                    format_func=lambda n: t("edit.days.shown", count=n),
                )  # fmt: skip
        else:
            waits = False
    _said(memory, found)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            t("edit.ask") if waits else t("edit.save"), type="primary", key="edit-save", on_click=_submit,
            icon=":material/rate_review:" if waits else ":material/save:", args=(memory,),
        )  # fmt: skip
        st.button(t("edit.clear"), type="tertiary", key="edit-clear", on_click=_clear, args=(memory,))


def _said(memory: Memory, found: list[FieldChange]) -> None:
    """Before saving: what will become of it."""
    guarded_titles = [one.title for one in found if one.guarded]
    day = st.session_state.get(memory.form.key(DAY))
    if guarded_titles and memory.about.card.kind != "personal":
        key = "edit.guarded.all" if memory.about.card.guarded else "edit.guarded"
        said = t(key, fields=", ".join(guarded_titles))
        st.caption(f":material/shield: {plain(said)}")
    if isinstance(day, date) and day < engine().sets.today():
        st.caption(f":material/warning: {t('edit.day.past', day=day.isoformat())}")


def _again(memory: Memory) -> None:
    """The reason was typed: its problem, if it was one, is over."""
    if any(p.where == "reason" for p in memory.problems):
        memory.problems = [p for p in memory.problems if p.where != "reason"]
        st.rerun()
    st.rerun(KEY)


def _day_changed() -> None:
    st.rerun()  # what is in force, and inherited, depends on the day


def _submit(memory: Memory) -> None:
    """Store the version, or keep the problems for the summary. Nothing typed is lost."""
    memory.submitted += 1
    memory.refusal, memory.problems = "", []
    kept.note_changes(memory)
    about, key = memory.about, memory.form.key
    reason = str(st.session_state.get(key(REASON)) or "").strip()
    day = st.session_state.get(key(DAY))
    values, problems = kept.values_here(memory)
    if not reason and about.card.kind != "personal":
        problems = [*problems, Problem("reason", t("edit.reason.needed"), rule="required")]
    memory.problems = problems
    if problems:
        st.rerun()
    try:
        memory.saved = engine().sets.submit(
            actor(), about.card.model, about.card.name, values, reason=reason, base=memory.base,
            effective_from=day if isinstance(day, date) else None, place=about.place,
            sources=memory.sources,
            review=bool(st.session_state.get(key(REVIEW))),
            days=int(st.session_state.get(key(DAYS)) or USUAL_DAYS),
        )  # fmt: skip
        kept.forget(memory)
    except ChangedMeanwhile as error:
        memory.meanwhile = error
    except Invalid as error:
        memory.problems = [
            Problem(WHERE.get(p.where, p.where), p.sentence, p.value, p.rule) for p in error.problems
        ]
    except QuarterdeckError as error:
        memory.refusal = error.sentence
    st.rerun()


def _clear(memory: Memory) -> None:
    from app.components.params_edit import begin

    kept.forget(memory)
    begin(memory)
    st.rerun()
