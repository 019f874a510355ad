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
    """What the form begins with: the values of an earlier run or a parameter set, a kept draft, else the defaults."""
    memory = form.session_of(made)
    source, wanted = asked("from"), asked("set")
    if source and st.session_state.get("form:from") != source:
        run = engine().runs.get(actor(), source)
        given = {used.name: f"{used.dataset}@{used.version}" for used in run.inputs}
        form.fill(made, made.raws(run.values), given, overwrite=True)
        st.session_state["form:from"] = source
        memory.restored_at = memory.saved = memory.before = None
        memory.taken = form_sets.from_run(made, run)
        return
    kept = engine().drafts.get(actor(), made.model, form.PAGE)
    if kept.get("version") == made.number and not source:
        fresh = made.key(next(iter(made.fields), "")) not in st.session_state
        form.fill(made, kept.get("fields", {}), kept.get("inputs", {}), overwrite=False)
        if fresh:
            memory.restored_at = datetime.fromisoformat(kept["at"])
            memory.taken = form_sets.from_draft(made, kept.get("set"))
    else:
        form.fill(made, {}, {}, overwrite=False)
    place = asked("place") or ""
    if wanted and st.session_state.get("form:set") != (made.version_id, wanted, place):
        st.session_state["form:set"] = (made.version_id, wanted, place)
        form_set_panel.adopt(made, memory, wanted, place)


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
