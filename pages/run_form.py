"""Run a model: the form made from its manifest. ``/run-model?model=NAME[&version=3][&from=RUN]``.

``&set=summer`` or ``&set=summer@3`` (with ``&place=DE``) fills it from a parameter set.
"""

from datetime import datetime

import streamlit as st

from app.components import form, form_set_panel, form_sets, shown
from app.components.form_state import FormModel
from app.components.nav import asked, go
from app.components.page import crumbs, empty, page, plain
from app.components.view import badge, link, tag, view
from app.state import actor, engine
from app.text import t


@st.cache_resource(max_entries=200, show_spinner=False)
def form_model(version_id: str, _loaded) -> FormModel:
    """What the form needs of a version; versions never change."""
    return FormModel(version_id, _loaded.model, _loaded.number, _loaded.manifest)


def start(made: FormModel) -> None:
    """What the form begins with: a kept draft, else the values of the run or parameter set that the address names.

    A draft that began from that very run or set comes back at a reload; another one gives way to it.
    """
    memory = form.session_of(made)
    source, wanted, place = asked("from") or "", asked("set") or "", asked("place") or ""
    kept = engine().drafts.get(actor(), made.model, form.PAGE)
    kept = kept if kept.get("version") == made.number else {}
    address = (made.version_id, wanted, place)
    if source and st.session_state.get("form:from") != source and kept.get("from", "") != source:
        st.session_state["form:set"] = address
        _from_run(made, memory, source)
        return
    if source:
        st.session_state["form:from"] = source
    if kept and source in ("", kept.get("from", "")):
        fresh = made.key(next(iter(made.fields), "")) not in st.session_state
        form.fill(made, kept.get("fields", {}), kept.get("inputs", {}), overwrite=False)
        if fresh:
            memory.restored_at, memory.source = datetime.fromisoformat(kept["at"]), kept.get("from", "")
            memory.taken = form_sets.from_draft(made, kept.get("set"))
    else:
        form.fill(made, {}, {}, overwrite=False)
    if st.session_state.get("form:set") != address:  # taken once, not at each rerun
        st.session_state["form:set"], memory.set_refusal = address, ""
        if wanted and not form_sets.is_from(memory.taken, wanted, place):
            form_set_panel.adopt(made, memory, wanted, place)


def _from_run(made: FormModel, memory: form.Session, source: str) -> None:
    run = engine().runs.get(actor(), source)
    given = {used.name: f"{used.dataset}@{used.version}" for used in run.inputs}
    form.fill(made, made.raws(run.values), given, overwrite=True)
    st.session_state["form:from"] = memory.source = source
    memory.restored_at = memory.saved = memory.before = None
    memory.taken, memory.set_refusal = form_sets.from_run(made, run), ""
    if run.parameter_set and memory.taken is None:
        memory.set_refusal = t("form.set.gone", name=run.parameter_set["name"])


def restored(made: FormModel) -> None:
    """Say that what was typed earlier is back."""
    at = form.session_of(made).restored_at
    if at:
        st.caption(
            ":material/history: "
            + t("form.restored", when=shown.when(at, engine().settings.business_timezone))
        )


def draw(name: str) -> None:
    """Heading and form of a model."""
    wanted = asked("version") or "live"
    loaded = engine().catalog.version(actor(), name, int(wanted) if wanted.isdigit() else wanted)
    made = form_model(loaded.id, loaded)
    about = loaded.manifest.model
    crumbs((t("nav.models"), "models"))
    st.title(plain(about.title), anchor=False)
    number = link(t("version.long", number=loaded.number), "model", model=name)
    line = badge(shown.language(loaded.language)) + tag("span", number, cls="qd-small")
    view(tag("div", line, cls="qd-line"), key="form-about")
    st.markdown(plain(about.summary or ""))
    start(made)
    restored(made)
    with st.container(width=920):
        form.draw(made, engine().datasets.list(actor()), engine().runs.expected_seconds(name))


with page(t("form.title"), heading=False):
    model = asked("model")
    if model:
        draw(model)
    else:
        empty("deployed_code", t("form.which"), "", link(t("nav.models"), "models"), key="form-which")
        if st.button(t("home.empty.action")):
            go("models")
