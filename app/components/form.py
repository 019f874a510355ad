"""The generated form of a model version: native widgets, each change kept as a draft.

Each field is a fragment of its own: leaving a field costs the server that field, not the whole form. The page
is drawn again only where a change reaches further: another field appears, or the summary of problems shrinks.
``st.form`` is not used (it blocks fields that depend on others), nor ``st.number_input`` (no thousands
separators): numbers are text with our own parser, and the form says how it understood them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, cast

import streamlit as st

from app.components import form_set_panel, form_sets, inputs, presets
from app.components.form_parts import below, groups, put, raws_now, shown_raw, summary, widget
from app.components.form_sets import Taken
from app.components.form_state import FormModel, read
from app.components.nav import go
from app.components.page import guarded, plain
from app.components.shown import duration
from app.state import actor, engine
from app.text import t
from engine.errors import Invalid, Problem, QuarterdeckError
from engine.store.base import utc_now

PAGE = "run"  # drafts are kept per person, model and page


@dataclass
class Session:
    """What a form remembers between reruns, beside the widgets' own values."""

    form: FormModel
    drawn: dict[str, Any] = field(default_factory=dict)  # raws as last drawn, to see what a rerun changed
    problems: list[Problem] = field(default_factory=list)
    submitted: int = 0
    run: str | None = None
    refusal: str = ""
    saved: Any = None
    restored_at: Any = None
    taken: Taken | None = None  # the parameter set that the form was filled from
    before: tuple[dict[str, Any], Taken | None] | None = None  # what a set was filled over
    set_refusal: str = ""
    source: str = ""  # the run that the form was filled from
    labels: Any = None  # of the set's versions, with what they were looked up for


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
            put(key, raws.get(name, form.defaults[name]))
    inputs.fill(form, chosen, overwrite=overwrite)


def refill(form: FormModel, taken: Taken, over: dict[str, Any] | None = None) -> None:
    """Fill the fields from a set; ``over`` goes before. Files and input tables stay: no set holds them."""
    memory = session_of(form)
    now = raws_now(form)
    typed = any(
        not form_sets.same_raw(form, n, raw, form_sets.base(form, memory.taken, n)) for n, raw in now.items()
    )
    memory.before = (now, memory.taken) if typed and over is None else None
    memory.taken, memory.problems = taken, []
    _fill_fields(form, {**form.defaults, **taken.raws, **(over or {})})
    keep(form, memory)


def put_back(form: FormModel, memory: Session) -> None:
    """What was in the fields before a set was chosen, and the set that they were filled from then."""
    if memory.before is None:
        return
    raws, memory.taken = memory.before
    memory.before, memory.problems = None, []
    _fill_fields(form, raws)
    keep(form, memory)


def _fill_fields(form: FormModel, raws: dict[str, Any]) -> None:
    for name, f in form.fields.items():
        if f.type != "file":
            put(form.key(name), raws[name])


def draw(form: FormModel, stored: list[Any], expected: float | None) -> None:
    """The whole form. Leaves for the run's page once a run is queued."""
    memory = session_of(form)
    memory.drawn = raws_now(form)
    values = {name: read(name, f, memory.drawn[name]).value for name, f in form.fields.items()}
    shown = form.visible(values)
    form_set_panel.draw(form, memory)
    summary(form, memory.problems, memory.submitted, memory.refusal, t("form.refused"))
    if form.manifest.inputs:
        st.header(t("inputs.title"), anchor=False)
        _inputs(form, stored)
    groups(form, shown, lambda _, names: _group(form, names))
    _end(form, expected)
    if memory.saved is None:
        memory.saved = _kept(form)  # as the form was opened: nothing typed yet


def _group(form: FormModel, names: list[str]) -> None:
    grid = st.grid(2, min_column_width=300, gap="medium")
    for name in names:
        wide = form.fields[name].type in ("table", "file")
        with grid.cell(column_span="all") if wide else grid:
            _field(form, name)


@st.fragment
@guarded
def _inputs(form: FormModel, stored: list[Any]) -> None:
    memory = session_of(form)
    before = inputs.held(form)
    inputs.draw(form, stored, {p.where: p for p in memory.problems})
    now = inputs.held(form)
    keep(form, memory)
    if any(before.get(name) != now.get(name) for name in form.feeding):
        st.rerun(scope="app")


@st.fragment
@guarded
def _field(form: FormModel, name: str) -> None:
    memory, f, key = session_of(form), form.fields[name], form.key(name)
    with st.container(gap="xsmall"):
        raw = widget(form, name)
        if f.guarded:
            st.badge(t("form.guarded"), icon=":material/shield:", color="violet", help=t("form.guarded.help"))
        below(name, f, raw, next((p for p in memory.problems if p.where == name), None))
        base = form_sets.base(form, memory.taken, name)
        if not form_sets.same_raw(form, name, raw, base):
            st.button(
                _back(form, memory, name), key=f"{key}-reset", type="tertiary", icon=":material/undo:",
                on_click=put, args=(key, base),
            )  # fmt: skip
    if memory.drawn.get(name) != raw:
        memory.drawn[name] = raw
        _changed(form, memory, name)


def _changed(form: FormModel, memory: Session, name: str) -> None:
    """After a change: keep the draft; draw the page again where the change reaches beyond its field."""
    keep(form, memory)
    had = memory.problems
    if had:
        _, left = form.values(raws_now(form))
        elsewhere = [p for p in had if p.where not in form.fields]
        memory.problems = [p for p in left if p in had or p.where == name] + elsewhere
    if name in form.deciders or had != memory.problems:
        st.rerun(scope="app")


def _back(form: FormModel, memory: Session, name: str) -> str:
    """What the button says that takes a change back: to the set's value, or to the model's default."""
    base = form_sets.base(form, memory.taken, name)
    shown = plain(shown_raw(form.fields[name], base))
    if memory.taken is not None and name in memory.taken.raws:
        return t("form.set.differs", title=plain(memory.taken.title), value=shown)
    return t("form.reset", value=shown)


@st.fragment
@guarded
def _end(form: FormModel, expected: float | None) -> None:
    memory = session_of(form)
    if memory.run:
        run, memory.run = memory.run, None
        go("run", run=run)
    with st.expander(t("form.options"), icon=":material/tune:", expanded=bool(_seed(form)[1])):
        grid = st.grid(2, min_column_width=300, gap="medium")
        label, seed = form.key(".label"), form.key(".seed")
        grid.text_input(t("form.label"), key=label, max_chars=200, placeholder=t("form.label.example"))
        grid.text_input(t("form.seed"), key=seed, help=t("form.seed.help"), autocomplete="off")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            t("form.run"), type="primary", icon=":material/play_arrow:", key="form-run", on_click=_submit, args=(form,)
        )  # fmt: skip
        presets.keeping(form, memory)
        st.button(t("form.clear"), type="tertiary", key="form-clear", on_click=_clear, args=(form,))
        if expected:
            st.caption(t("form.expected", time=duration(expected)))


def _clear(form: FormModel) -> None:
    memory = session_of(form)
    memory.problems, memory.refusal, memory.restored_at, memory.saved = [], "", None, None
    memory.taken, memory.before, memory.set_refusal, memory.source = None, None, "", ""
    fill(form, {}, {}, overwrite=True)
    engine().drafts.clear(actor(), form.model, PAGE)
    st.rerun()


def _submit(form: FormModel) -> None:
    """Queue the run, or draw the page again with what keeps it from being queued."""
    memory = session_of(form)
    _queue(form, memory)
    if memory.run is None:
        st.rerun()


def _queue(form: FormModel, memory: Session) -> None:
    """Read everything and queue the run, or keep the problems for the summary. Nothing typed is lost."""
    memory.submitted += 1
    memory.refusal = ""
    values, problems = form.values(raws_now(form))
    seed, wrong = _seed(form)
    chosen, missing = inputs.chosen(form)
    memory.problems = [*missing, *problems, *wrong]
    if memory.problems:
        return
    label = str(st.session_state.get(form.key(".label")) or "")
    try:
        run = engine().runs.submit(
            actor(), form.model, inputs=chosen, version=form.number, seed=seed, label=label,
            **form_sets.submitted(form, memory.taken, values),
        )  # fmt: skip
    except Invalid as error:
        memory.problems = error.problems
        return
    except QuarterdeckError as error:
        memory.refusal = error.sentence
        return
    engine().drafts.clear(actor(), form.model, PAGE)
    memory.saved, memory.restored_at, memory.run = None, None, run.id


def _seed(form: FormModel) -> tuple[int | None, list[Problem]]:
    text = str(st.session_state.get(form.key(".seed")) or "").strip()
    if not text:
        return None, []
    if text.isascii() and text.isdigit() and int(text) < 2**31:
        return int(text), []
    return None, [Problem("seed", t("form.seed.wrong", value=text), text)]


def keep(form: FormModel, memory: Session) -> None:
    """Keep what is typed, when it differs from what was kept last. A reload or Escape loses nothing."""
    now = _kept(form)
    if memory.saved is not None and now != memory.saved:
        memory.saved = now
        engine().drafts.save(actor(), form.model, {**now, "at": utc_now().isoformat()}, PAGE)


def _kept(form: FormModel) -> dict[str, Any]:
    memory = session_of(form)
    kept = {"version": form.number, "fields": raws_now(form), "inputs": inputs.held(form)}
    if memory.source:
        kept["from"] = memory.source
    return kept if memory.taken is None else {**kept, "set": memory.taken.kept()}
