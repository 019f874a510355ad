"""The generated form of a model version: one fragment, native widgets, each change kept as a draft.

``st.form`` is not used (it blocks fields that depend on others), nor ``st.number_input`` (no thousands
separators): numbers are text with our own parser, and the form says how it understood them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, cast

import streamlit as st

from app.components import form_fields, inputs
from app.components.form_state import FormModel, Read, echo, raw_of, read
from app.components.page import guarded, note, plain
from app.components.view import join, tag
from app.state import actor, engine
from app.text import t
from engine.errors import Invalid, Problem, QuarterdeckError
from engine.parameters.field_types import FieldBase
from engine.store.base import utc_now

PAGE = "run"  # drafts are kept per person, model and page


@dataclass
class Session:
    """What a form remembers between reruns, beside the widgets' own values."""

    form: FormModel
    problems: list[Problem] = field(default_factory=list)
    problem_raws: dict[str, Any] = field(default_factory=dict)
    submitted: int = 0
    run: str | None = None
    refusal: str = ""
    saved: Any = None
    restored_at: Any = None
    visible: frozenset[str] = frozenset()


def session_of(form: FormModel) -> Session:
    """The memory of this form in this browser session."""
    key = f"form-session:{form.model}"
    held = st.session_state.get(key)
    if held is None or held.form.version_id != form.version_id:
        held = st.session_state[key] = Session(form)
    return cast(Session, held)


def fill(form: FormModel, raws: dict[str, Any], chosen: dict[str, Any], *, overwrite: bool) -> None:
    """Give widgets their values: those of a draft or run over the defaults. Only before the form is drawn."""
    for name in form.fields:
        key = form.key(name)
        if overwrite or key not in st.session_state:
            st.session_state[key] = raws.get(name, form.defaults[name])
            for suffix in ("-base", "-editor"):
                st.session_state.pop(key + suffix, None)
    inputs.fill(form, chosen, overwrite=overwrite)


def raws_now(form: FormModel) -> dict[str, Any]:
    """What every field holds now."""
    return {name: st.session_state.get(form.key(name), form.defaults[name]) for name in form.fields}


@st.fragment
@guarded
def draw(form: FormModel, stored: list[Any], expected: float | None) -> None:
    """The whole form. Leaves for the run's page when the run is queued."""
    memory = session_of(form)
    if memory.run:
        run, memory.run = memory.run, None
        from app.components.nav import go

        go("run", run=run)
    raws = raws_now(form)
    reads = {name: read(name, f, raws[name]) for name, f in form.fields.items()}
    shown = form.visible({name: r.value for name, r in reads.items()})
    memory.visible = frozenset(shown)
    _summary(memory, raws)
    inputs.draw(form, stored, {p.where: p for p in memory.problems})
    for heading, names in form.groups:
        drawn = [name for name in names if name in shown]
        if drawn:
            _group(form, heading, drawn, raws, reads, memory)
    _options(form)
    _actions(form, memory, expected)
    _save(form, memory)


def _group(
    form: FormModel,
    heading: str,
    names: list[str],
    raws: dict[str, Any],
    reads: dict[str, Read],
    memory: Session,
) -> None:
    if heading:
        st.subheader(plain(heading), anchor=False)
    grid = st.grid(2, min_column_width=300, gap="medium")
    for name in names:
        wide = form.fields[name].type in ("table", "file")
        with grid.cell(column_span="all") if wide else grid.cell():
            _field(form, name, form.fields[name], raws[name], reads[name], memory)


def _field(form: FormModel, name: str, f: FieldBase, raw: Any, was: Read, memory: Session) -> None:
    changed = raw != form.defaults[name]
    text = form_fields.label(name, f)
    key = form.key(name)
    drawn = form_fields.draw(f, key, text, inputs.choices(form, name))
    now = was if drawn == raw else read(name, f, drawn)
    problem = now.problem if _worth_saying(f, drawn, now) else None
    problem = problem or next(
        (p for p in memory.problems if p.where == name and memory.problem_raws.get(name) == drawn), None
    )
    if problem:
        st.markdown(f":red[:material/error: {plain(problem.sentence)}]")
    else:
        understood = echo(f, drawn, now.value)
        parts = [plain(f.help)] if f.help else []
        parts = [f"**= {plain(understood)}**", *parts] if understood else parts
        if parts:
            st.caption(" · ".join(parts))
    if changed:
        default = _shown_default(form, name)
        st.button(
            t("form.reset", value=plain(default)),
            key=f"{key}-reset",
            type="tertiary",
            icon=":material/undo:",
            on_click=_reset,
            args=(form, name),
            help=t("form.reset.help"),
        )


def _worth_saying(f: FieldBase, raw: Any, now: Read) -> bool:
    """A wrong value is said at once; an empty field only when the form is submitted."""
    return now.problem is not None and raw not in (None, "", [], {})


def _shown_default(form: FormModel, name: str) -> str:
    raw, f = form.defaults[name], form.fields[name]
    if raw in (None, "", []):
        return t("form.nothing")
    if isinstance(raw, bool):
        return t("yes") if raw else t("no")
    if isinstance(raw, dict):
        return t("form.default")
    labels = {c.value: c.shown for c in getattr(f, "choices", [])}
    text = ", ".join(labels.get(v, v) for v in raw) if isinstance(raw, list) else labels.get(raw, str(raw))
    return text if len(text) <= 30 else text[:29] + "…"


def _reset(form: FormModel, name: str) -> None:
    key = form.key(name)
    st.session_state[key] = form.defaults[name]
    for suffix in ("-base", "-editor"):
        st.session_state.pop(key + suffix, None)


def _summary(memory: Session, raws: dict[str, Any]) -> None:
    """What kept the form from being run, on top; each line leads to its field."""
    if memory.refusal:
        note(
            t("form.refused"), memory.refusal, colour="red", key="form-problems", focus=str(memory.submitted)
        )
        return
    open_ = [
        p for p in memory.problems if p.where not in raws or memory.problem_raws.get(p.where) == raws[p.where]
    ]
    if not open_:
        return
    items = []
    for problem in open_:
        target = (
            memory.form.key(problem.where)
            if problem.where in raws
            else inputs.key(memory.form, problem.where)
        )
        items.append(tag("li", tag("a", problem.sentence, href="#", data_field=target)))
    heading = t("form.problems", count=len(open_))
    note(heading, tag("ul", join(items)), colour="red", key="form-problems", focus=str(memory.submitted))


def _options(form: FormModel) -> None:
    with st.expander(t("form.options"), icon=":material/tune:"):
        grid = st.grid(2, min_column_width=300, gap="medium")
        grid.text_input(
            t("form.label"), key=f"{form.key('')}:label", max_chars=200, placeholder=t("form.label.example")
        )
        grid.text_input(
            t("form.seed"), key=f"{form.key('')}:seed", help=t("form.seed.help"), autocomplete="off"
        )


def _actions(form: FormModel, memory: Session, expected: float | None) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            t("form.run"),
            type="primary",
            icon=":material/play_arrow:",
            key="form-run",
            on_click=_submit,
            args=(form,),
        )
        st.button(t("form.clear"), type="tertiary", key="form-clear", on_click=_clear, args=(form,))
        if expected:
            from app.components.shown import duration

            st.caption(t("form.expected", time=duration(expected)))


def _clear(form: FormModel) -> None:
    memory = session_of(form)
    memory.problems, memory.refusal, memory.restored_at = [], "", None
    fill(form, {}, {}, overwrite=True)
    engine().drafts.clear(actor(), form.model, PAGE)
    memory.saved = None


def _submit(form: FormModel) -> None:
    """Read everything, submit the run, or keep the problems for the summary. Nothing typed is lost."""
    memory = session_of(form)
    raws = raws_now(form)
    memory.submitted += 1
    memory.problems, memory.refusal, memory.problem_raws = [], "", raws
    reads = {name: read(name, f, raws[name]) for name, f in form.fields.items()}
    visible = form.visible({name: r.value for name, r in reads.items()})
    problems = [r.problem for name, r in reads.items() if r.problem and name in visible]
    seed, wrong = _seed(form)
    chosen, missing = inputs.chosen(form)
    problems += wrong + missing
    if problems:
        memory.problems = problems
        return
    values = {name: reads[name].value for name in form.fields if name in visible}
    try:
        label = str(st.session_state.get(f"{form.key('')}:label") or "")
        run = engine().runs.submit(
            actor(), form.model, values=values, inputs=chosen, version=form.number, seed=seed, label=label
        )
    except Invalid as error:
        memory.problems = error.problems
        return
    except QuarterdeckError as error:
        memory.refusal = error.sentence
        return
    engine().drafts.clear(actor(), form.model, PAGE)
    memory.saved = None
    memory.run = run.id


def _seed(form: FormModel) -> tuple[int | None, list[Problem]]:
    text = str(st.session_state.get(f"{form.key('')}:seed") or "").strip()
    if not text:
        return None, []
    if text.isascii() and text.isdigit() and int(text) < 2**31:
        return int(text), []
    return None, [Problem("seed", t("form.seed.wrong", value=text), text)]


def _save(form: FormModel, memory: Session) -> None:
    """Keep what is typed, when it differs from what was kept last. A reload or Escape loses nothing."""
    now = {"version": form.number, "fields": raws_now(form), "inputs": inputs.held(form)}
    if memory.saved is None:
        memory.saved = now  # as the form was opened: nothing typed yet
    elif now != memory.saved:
        engine().drafts.save(actor(), form.model, {**now, "at": utc_now().isoformat()}, PAGE)
        memory.saved = now


__all__ = ["Session", "draw", "fill", "raw_of", "session_of"]
