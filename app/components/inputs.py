"""Input tables of a run: chosen from the stored datasets, or uploaded and then stored; shown before they are used."""

from __future__ import annotations

from typing import Any

import streamlit as st

from app.components import tables
from app.components.form_state import FormModel
from app.components.page import note, plain
from app.components.shown import number as counted
from app.components.upload import upload
from app.components.view import join, tag
from app.state import actor, engine
from app.text import t
from engine.data import drawing
from engine.errors import Problem, QuarterdeckError
from engine.runs.submission import InputRef

Seen = tuple[tuple[str, str], ...]


def key(form: FormModel, name: str) -> str:
    """The key of an input's select box."""
    return f"{form.key(name)}-dataset"


def fill(form: FormModel, given: dict[str, Any], *, overwrite: bool) -> None:
    """Choose what a draft or run had (``name@3``), else the manifest's default dataset."""
    for name, spec in form.manifest.inputs.items():
        if overwrite or key(form, name) not in st.session_state:
            dataset, _, version = (given.get(name) or spec.dataset or "").partition("@")
            st.session_state[key(form, name)] = dataset or None
            st.session_state[f"{key(form, name)}-version"] = int(version) if version else None


def held(form: FormModel) -> dict[str, str]:
    """What is chosen now, as ``name@version``."""
    found = {}
    for name in form.manifest.inputs:
        dataset = st.session_state.get(key(form, name))
        version = st.session_state.get(f"{key(form, name)}-version")
        if dataset:
            found[name] = f"{dataset}@{version}" if version else dataset
    return found


def chosen(form: FormModel) -> tuple[dict[str, InputRef], list[Problem]]:
    """What to run with, and a problem for each required input that has nothing."""
    now: dict[str, InputRef] = dict(held(form))
    missing = [
        Problem(name, t("inputs.needed", title=spec.title or name), "", "required")
        for name, spec in form.manifest.inputs.items()
        if spec.required and name not in now
    ]
    return now, missing


def draw(form: FormModel, stored: list[Any], problems: dict[str, Problem]) -> None:
    """All inputs of the model."""
    for name, spec in form.manifest.inputs.items():
        with st.container(border=True):
            _one(form, name, spec, stored, problems.get(name))


def _one(form: FormModel, name: str, spec: Any, stored: list[Any], problem: Problem | None) -> None:
    entries = {entry.name: entry for entry in stored}
    box = key(form, name)
    arrived = st.session_state.pop(f"{box}-arrived", None)
    if arrived:
        st.session_state[box], st.session_state[f"{box}-version"] = arrived
    if st.session_state.get(box) not in entries:
        st.session_state[box] = None
    title = plain(spec.title or name) + ("" if spec.required else f" {t('form.optional')}")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        dataset = st.selectbox(
            title,
            list(entries),
            index=None,
            key=box,
            format_func=lambda n: _entry(entries[n]) if n in entries else n,
            placeholder=t("inputs.choose"),
            on_change=_newest,
            args=(box,),
        )
        version = _version(box, entries.get(dataset)) if dataset else None
    if spec.help:
        st.caption(plain(spec.help))
    if problem and problem.value == (f"{dataset}@{version}" if dataset else ""):
        st.markdown(f":small[:red[:material/error: {plain(problem.sentence)}]]")
    if dataset and version:
        _check(form, name, spec, dataset, version)
    _bring(form, name, spec)


def _entry(entry: Any) -> str:
    return f"{entry.title or entry.name} · {t('datasets.rows', count=entry.rows, shown=counted(entry.rows))}"


def _newest(box: str) -> None:
    st.session_state[f"{box}-version"] = None


def _version(box: str, entry: Any) -> int:
    """Which version: the newest unless another one is chosen. It is pinned: a run says which it read."""
    newest = int(entry.version)
    held = st.session_state.get(f"{box}-version") or newest
    if newest == 1:
        st.session_state[f"{box}-version"] = 1
        return 1
    numbers = list(range(newest, 0, -1))
    st.session_state[f"{box}-version"] = held if held in numbers else newest
    return st.selectbox(
        t("inputs.version"),
        numbers,
        key=f"{box}-version",
        width=130,
        format_func=lambda n: t("version.short", number=n),
    )


def _check(form: FormModel, name: str, spec: Any, dataset: str, version: int) -> None:
    """Say plainly where columns don't fit; show the first rows to whoever wants to see them."""
    looked = look(form.model, form.number, name, dataset, version, seen(dataset))
    if looked.problems:
        listed = tag("ul", join(tag("li", p) for p in looked.problems))
        note(t("inputs.unfit"), listed, colour="orange", key=f"{key(form, name)}-unfit")
    shown = st.expander(
        t("inputs.preview"), icon=":material/table_view:", key=f"{key(form, name)}-preview", on_change="rerun"
    )
    if shown.open:
        with shown:
            page = first_rows(dataset, version, looked.content_hash, seen(dataset))
            tables.preview(page, key=f"{key(form, name)}-rows", caption=t("inputs.preview.of", name=dataset))


def _bring(form: FormModel, name: str, spec: Any) -> None:
    opened = st.expander(
        t("inputs.upload"), icon=":material/upload:", key=f"{key(form, name)}-bring", on_change="rerun"
    )
    if not opened.open:
        return
    with opened:
        st.caption(t("inputs.columns", columns=plain(", ".join(spec.columns)) or t("inputs.any")))
        made = upload(key=f"{key(form, name)}-upload")
        if made:
            st.session_state[f"{key(form, name)}-arrived"] = (made["dataset"], made["number"])
            st.rerun(scope="app")


class Looked:
    """What was found out about one dataset version for one input."""

    def __init__(self, problems: list[str], content_hash: str) -> None:
        self.problems, self.content_hash = problems, content_hash


@st.cache_resource(max_entries=500, show_spinner=False)
def look(model: str, number: int, name: str, dataset: str, version: int, masked: Seen) -> Looked:
    """Does a dataset version fit an input? Both never change, so the answer is kept."""
    who = actor()
    spec = engine().catalog.version(who, model, number).manifest.inputs[name]
    found = engine().datasets.version(who, dataset, version)
    try:
        problems = [p.sentence for p in engine().datasets.fits(found, spec)]
    except QuarterdeckError as error:
        problems = [error.sentence]
    return Looked(problems, found.content_hash)


@st.cache_resource(max_entries=100, show_spinner=False)
def first_rows(dataset: str, version: int, content_hash: str, masked: Seen) -> Any:
    """The first rows of a dataset version, kept for all who see the same columns: versions never change."""
    return engine().datasets.page(actor(), dataset, version, offset=0, limit=8)


def seen(dataset: str) -> Seen:
    """What tells apart how people see a dataset: the columns that are masked for this one."""
    return tuple(sorted(engine().datasets.column_classes.hidden(actor(), dataset).items()))


def choices(form: FormModel, name: str) -> list[tuple[str, str]] | None:
    """The values that ``choices_from`` names, read from the dataset or from the chosen input; else None."""
    if form.fields[name].type == "secret":
        return secret_choices(form)
    source = getattr(form.fields[name], "choices_from", None)
    if source is None:
        return None
    dataset = source.dataset or (held(form).get(source.input) or "")
    if not dataset:
        return []
    stem, _, number = dataset.partition("@")
    found = engine().datasets.version(actor(), stem, int(number) if number else None)
    return distinct(stem, found.number, source.column, source.label, seen(stem))


def secret_choices(form: FormModel) -> list[tuple[str, str]]:
    """The secrets that this person may give to this model: name, and what it is for. Never a value."""
    secrets = engine().secrets
    department = engine().catalog.resource(form.model).department
    offered = secrets.offered(actor(), department) if secrets else []
    return [(name, f"{name} · {description}" if description else name) for name, description in offered]


@st.cache_resource(max_entries=200, show_spinner=False)
def distinct(
    dataset: str, version: int, column: str, label: str | None, masked: Seen
) -> list[tuple[str, str]]:
    """Distinct values of a column with their labels, kept for all who see the same columns."""
    path = engine().datasets.path(actor(), dataset, version)
    return drawing.labelled(engine().datasets.warehouse, path, column, label)
