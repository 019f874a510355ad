"""The foot of the edit page: what changes (old → new, difference, percent), why, from when, and saving it."""

from __future__ import annotations

from datetime import date
from typing import Any

import streamlit as st

from app.components import params_changes, params_edit_draft, params_edit_merge, shown
from app.components import params_edit_state as kept
from app.components.form_parts import EMPTY
from app.components.page import guarded, plain
from app.components.params_edit_state import DAY, REASON, REVIEW, Memory
from app.components.view import tag, view
from app.state import actor, engine
from app.text import t
from engine.errors import Invalid, Problem, QuarterdeckError
from engine.parameters.changes import FieldChange, change
from engine.parameters.equality import same
from engine.parameters.in_force import DEFAULT
from engine.parameters.merging import ChangedMeanwhile

WHY, KEY = "edit-why", "edit-changes"  # what the fragments are called
DAYS = ".days"
WAITS = (3, 7, 14, 30, 90)
USUAL_DAYS = 14
WHERE = {"effective_from": "day"}  # a problem's field of the service → the widget here


def draw(memory: Memory) -> None:
    """Why and from when; then what changes, and saving it: a fragment that is drawn again after each change."""
    if memory.about.card.kind == "personal":
        st.session_state[memory.form.key(DAY)] = (
            engine().sets.today()
        )  # a preset is for now; it needs no reason
    else:
        st.fragment(key=WHY)(_why)(memory)
    st.fragment(key=KEY)(_end)(memory)


@guarded
def _why(memory: Memory) -> None:
    """The reason, the day, whether a second person is wanted: apart, so that a change of a field need not draw them."""
    key = memory.form.key
    st.header(t("edit.why"), anchor=False)
    st.text_area(
        t("edit.reason"), key=key(REASON), height=80, max_chars=2000, placeholder=t("edit.reason.example"),
        on_change=_reason_typed, args=(memory,),
    )  # fmt: skip
    if not st.session_state.get(key(DAY)):
        st.session_state[key(DAY)] = engine().sets.today()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        day = st.date_input(
            t("edit.day"), None, key=key(DAY), format="YYYY-MM-DD", width=190, help=t("edit.day.help"),
            on_change=_draw_all,
        )  # fmt: skip
        st.toggle(t("edit.review"), key=key(REVIEW), help=t("edit.review.help"), on_change=_draw_end)
    if isinstance(day, date) and day < engine().sets.today():
        st.caption(f":material/warning: {t('edit.day.past', day=shown.day(day))}")


@guarded
def _end(memory: Memory) -> None:
    if memory.saved is not None:
        st.rerun()  # a refresh came between saving and leaving the page
    found = changes(memory)
    st.header(t("edit.changes"), anchor=False)
    behind = params_edit_merge.behind(memory)
    if behind:
        params_edit_merge.told(
            memory
        )  # beside what would anything be changed? Both are brought together first
    else:
        _table(memory, found)
    _save(memory, found, behind)
    params_edit_draft.keep(memory)
    params_edit_merge.follow(memory)


def changes(memory: Memory) -> list[FieldChange]:
    """What the new version would change of what is in force on its day, in the form's order."""
    about = memory.about
    gone = [name for name in about.held.values if name not in memory.form.fields]
    found = (_change(memory, name) for name in [*memory.names, *gone])
    return [one for one in found if one is not None]


def _change(memory: Memory, name: str) -> FieldChange | None:
    """One field's change; None without one, and where the field cannot be read yet."""
    about, f = memory.about, memory.form.fields.get(name)
    before = (about.held.values.get(name), about.held.origin.get(name, DEFAULT))
    if name not in about.held.values:
        before = (about.above.get(name), about.above_from.get(name, DEFAULT))
    after: tuple[Any, str] = (about.above.get(name), about.above_from.get(name, DEFAULT))
    if f is None:
        after = (None, DEFAULT)
    elif name in memory.here:
        read = kept.read_of(memory, name)
        if read.problem is not None:
            return None
        after = (read.value, about.place)
    if before[1] == after[1] and same(before[0], after[0]):
        return None
    source = memory.sources.get(name, "")
    made = memory.lines.get(name)
    if made is None or made[0][0] is not after[0] or made[0][1:] != (after[1], source):
        guarded_here = about.card.guarded or (f is not None and f.guarded)
        line = change(name, f, before, after, guarded=guarded_here, source=source)
        made = memory.lines[name] = ((after[0], after[1], source), line)
    return made[1]


def _table(memory: Memory, found: list[FieldChange]) -> None:
    about = memory.about
    if found:
        st.caption(t("edit.changes.against", day=shown.day(about.day), count=len(found)))
        titles = {one.place: one.title for one in about.places}
        view(
            params_changes.table(
                found, memory.form.fields, place=about.place, titles=titles, made=memory.rows
            ),
            key="edit-table",
        )
    else:
        view(tag("p", t("edit.changes.none"), cls="qd-muted"), key="edit-table")
    wrong = [
        memory.form.fields[name].label(name)
        for name in memory.names
        if name in memory.here
        and kept.read_of(memory, name).problem is not None
        and kept.raw_now(memory, name) not in EMPTY
    ]
    if wrong:
        said = plain(t("edit.changes.wrong", fields=", ".join(wrong)))
        st.markdown(f":small[:red[:material/error: {said}]]")


def _save(memory: Memory, found: list[FieldChange], behind: bool) -> None:
    """The button, and before it what will become of the change."""
    card, key = memory.about.card, memory.form.key
    reviewed = [one.title for one in found if one.guarded] if card.kind != "personal" else []
    waits = bool(reviewed) or bool(st.session_state.get(key(REVIEW)))
    if reviewed:
        said = t("edit.guarded.all") if card.guarded else t("edit.guarded", fields=", ".join(reviewed))
        st.caption(f":material/shield: {plain(said)}")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.button(
            t("edit.ask") if waits else t("edit.save"), type="primary", key="edit-save",
            on_click=_submit, disabled=behind,
            icon=":material/rate_review:" if waits else ":material/save:", args=(memory,),
        )  # fmt: skip
        if waits:
            st.selectbox(
                t("edit.days"), WAITS, index=WAITS.index(USUAL_DAYS), key=key(DAYS), width=190,
                format_func=lambda n: t("edit.days.shown", count=n),
            )  # fmt: skip
        st.button(t("edit.clear"), type="tertiary", key="edit-clear", on_click=_clear, args=(memory,))


def _reason_typed(memory: Memory) -> None:
    """Its problem, if it was one, is over; the draft is kept where the changes are drawn."""
    if any(p.where == "reason" for p in memory.problems):
        memory.problems = [p for p in memory.problems if p.where != "reason"]
        st.rerun()
    st.rerun([WHY, KEY])


def _draw_end() -> None:
    st.rerun([WHY, KEY])


def _draw_all() -> None:
    st.rerun()  # what is in force, and inherited, depends on the day


def _submit(memory: Memory) -> None:
    """Store the version, or keep the problems for the summary. Nothing typed is lost."""
    memory.submitted += 1
    memory.refusal, memory.problems = "", []
    kept.look(memory)
    about, key = memory.about, memory.form.key
    reason = str(st.session_state.get(key(REASON)) or "").strip()
    day = st.session_state.get(key(DAY))
    values, _ = kept.values_here(memory)
    problems = kept.problems(memory)
    if not reason and about.card.kind != "personal":
        problems = [*problems, Problem("reason", t("edit.reason.needed"), rule="required")]
    memory.problems = problems
    if not problems and not changes(memory):
        memory.refusal = t("edit.nothing")
    if problems or memory.refusal:
        st.rerun()
    try:
        memory.saved = engine().sets.submit(
            actor(), about.card.model, about.card.name, values, reason=reason, base=memory.base,
            effective_from=day if isinstance(day, date) else None, place=about.place,
            sources=memory.sources,
            review=bool(st.session_state.get(key(REVIEW))),
            days=int(st.session_state.get(key(DAYS)) or USUAL_DAYS),
        )  # fmt: skip
        params_edit_draft.forget(memory)
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

    params_edit_draft.forget(memory)
    begin(memory)
    st.rerun()
