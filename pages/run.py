"""A run: live while it goes on, then its results. The address ``/run?run=ID`` is to share."""

import streamlit as st

from app.components import downloads, live, params_effect, provenance, results, run_set, shown
from app.components.menu import may
from app.components.nav import asked, go
from app.components.page import crumbs, empty, guarded, note, page, plain
from app.components.view import join, link, tag, view
from app.state import actor, engine
from app.text import t
from engine.access import RUN_CREATE
from engine.errors import NotFound, QuarterdeckError
from engine.runs.records import RunRecord


def manifest_of(run: RunRecord):
    """The manifest that the run was made with; None when its version is gone."""
    try:
        return engine().catalog.version(actor(), run.model, run.version).manifest
    except NotFound:
        return None


def actions(run: RunRecord) -> None:
    """Cancel while it runs; afterwards run again, edit and run, download all."""
    with st.container(horizontal=True, vertical_alignment="center"):
        if not run.finished:
            waiting = run.state == "cancelling"
            if st.button(t("run.cancel"), icon=":material/cancel:", key="run-cancel", disabled=waiting):
                engine().runs.cancel(actor(), run.id)
                st.rerun()
            return
        runs = may(actor(), RUN_CREATE, engine().catalog.resource(run.model))
        if runs and st.button(
            t("run.again"),
            icon=":material/replay:",
            key="run-again",
            help=t("run.again.help"),
            type="primary",
        ):
            try:
                made = engine().runs.again(actor(), run.id)
            except QuarterdeckError as error:
                st.error(plain(error.sentence))
            else:
                go("run", run=made.id)
        if runs and st.button(t("run.edit"), icon=":material/edit:", key="run-edit", help=t("run.edit.help")):
            go("run-model", model=run.model, version=run.version, **{"from": run.id})
        if run.state == "succeeded":
            view(downloads.of_run(run.id), key="run-zip")


@st.fragment
@guarded
def going_on(run_id: str, drawn: str) -> None:
    """The part that moves: only the browser asks how far it is, until the state is no longer the ``drawn`` one."""
    run = engine().runs.get(actor(), run_id)
    text, offset = engine().runs.log(actor(), run_id, 0)
    expected = engine().runs.expected_seconds(run.model)
    with st.container(border=True):
        live.follow_run(run, text[-20000:], offset, expected, key=f"follow-{run_id}")
    if run.state != drawn:
        st.rerun(scope="app")  # the badge in the head says the state as well
    st.caption(t("run.closing"))


def ended(run: RunRecord) -> None:
    """How it ended, where that is not simply well."""
    for number, warning in enumerate(run.warnings):
        note(t("run.warning"), warning, colour="orange", key=f"warning-{number}")
    if run.state == "succeeded":
        return
    heading = t(f"run.ended.{run.state}")
    told = run.error is not None and run.state != "cancelled"  # that it was cancelled is said by the heading
    sentence = run.error.sentence if run.error and told else t(f"run.ended.{run.state}.body")
    colour = "red" if run.state == "failed" else "orange"
    note(heading, tag("p", sentence), colour=colour, key="run-ended")
    if run.error and run.error.trace:
        with st.expander(t("run.technical"), icon=":material/code:"):
            st.code(run.error.trace, language=None, wrap_lines=True)


def printed(run: RunRecord) -> None:
    """What the model printed."""
    text, _ = engine().runs.log(actor(), run.id, 0)
    if not text.strip():
        return
    with st.expander(t("run.printed"), icon=":material/terminal:", expanded=run.state != "succeeded"):
        kept = text[-100_000:]
        view(tag("pre", kept, cls="qd-log", tabindex="0", aria_label=t("progress.log")), key="run-printed")


def made_of(run: RunRecord, manifest, origin) -> None:
    """Provenance, behind one click each."""
    zone = engine().settings.business_timezone
    st.header(t("run.made_of"), anchor=False)
    with st.expander(t("run.values"), icon=":material/tune:", expanded=True):
        view(provenance.values(run, manifest, origin), key="run-values")
    if run.inputs:
        with st.expander(t("run.inputs"), icon=":material/table:", expanded=True):
            view(provenance.inputs(run, manifest), key="run-inputs")
    with st.expander(t("run.environment"), icon=":material/dns:"):
        view(provenance.environment(run, zone), key="run-environment")


def draw(run_id: str) -> None:
    """The whole page of one run."""
    run = engine().runs.get(actor(), run_id)
    zone = engine().settings.business_timezone
    crumbs((t("nav.runs"), "runs"))
    title = tag("span", run.label or run.model_title or run.model)
    head = tag("h1", title, style="font-size:1.6rem;margin:0;line-height:1.3") + shown.state_badge(run.state)
    view(tag("div", head, cls="qd-line"), key="run-head")
    manifest, origin = manifest_of(run), run_set.of(run)
    params_effect.shadow(run)
    view(provenance.summary(run, zone, manifest, origin), key="run-summary")
    actions(run)
    if not run.finished:
        going_on(run_id, run.state)
        return
    if run.reused_from:
        earlier = link(t("run.reused.link"), "run", run=run.reused_from)
        note(t("run.reused"), join([t("run.reused.body"), " ", earlier]), key="run-reused")
    ended(run)
    if run.state == "succeeded":
        results.draw(run, manifest)
    printed(run)
    made_of(run, manifest, origin)


with page(t("run.title"), heading=False):
    wanted = asked("run")
    if wanted:
        draw(wanted)
    else:
        empty("history", t("run.which"), "", link(t("nav.runs"), "runs"), key="run-which")
