"""The effect of a version on results: shadow runs asked for with one click, followed, and read as before → after."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import streamlit as st
from markupsafe import Markup

from app.components import shown
from app.components.live import refresh_while_unfinished
from app.components.menu import may
from app.components.page import guarded, note, plain, show_error
from app.components.params_changes import percent, signed
from app.components.view import badge, icon, join, link, tag, view
from app.state import actor, engine
from app.text import t
from engine.access import PARAMS_TRY
from engine.errors import QuarterdeckError
from engine.parameters.effects import Effect, MetricEffect, OutputEffect, TrialInput
from engine.parameters.set_records import APPROVED, IN_REVIEW, SetVersion
from engine.runs.records import RunRecord
from engine.runs.submission import InputRef

VERDICTS = {
    "better": ("green", "thumb_up"),
    "worse": ("red", "thumb_down"),
    "same": ("gray", "drag_handle"),
    "changed": ("blue", "swap_vert"),
}

PROPOSED = {"default": "effect.from.default", "last-run": "effect.from.last_run", "": "effect.from.nothing"}


@st.fragment
@guarded
def card(version: SetVersion) -> None:
    """What the newest shadow runs say; the button that asks for them; while they run, it moves by itself."""
    found = engine().sets.effect(actor(), version.model, version.set, version.number)
    there = engine().sets.resource(actor(), version.model, version.set)
    tries = may(actor(), PARAMS_TRY, there)
    if found is None and (version.state not in (IN_REVIEW, APPROVED) or not tries):
        return
    st.header(t("effect.title"), anchor=False)
    if found is None:
        st.caption(t("effect.about"))
    else:
        _show(found, version)
    if tries and (found is None or found.finished):
        _ask(version, again=found is not None)


def shadow(run: RunRecord) -> None:
    """On a run's page: that it only tried a version out, and of which."""
    tried = run.provenance.get("shadow")
    if run.kind != "shadow" or not tried:
        return
    to = link(
        f"{tried['set']}@{tried['version']}",
        "params-set",
        model=run.model,
        set=tried["set"],
        version=tried["version"],
    )
    said = t("effect.shadow.without" if tried.get("without") else "effect.shadow.with")
    note(t("effect.shadow"), tag("p", join([said, " ", to])), key="run-shadow")


def _show(found: Effect, version: SetVersion) -> None:
    zone = engine().settings.business_timezone
    if found.outdated:
        note(
            t("effect.outdated"),
            tag("p", t(f"effect.outdated.{found.outdated}")),
            colour="orange",
            key="effect-old",
        )
    view(_runs(found, zone), key="effect-runs")
    if not found.finished:
        refresh_while_unfinished([found.before.id, found.after.id], key="effect-live")
        return
    if not found.succeeded:
        for run in (found.before, found.after):
            if run.state != "succeeded":
                sentence = run.error.sentence if run.error else t(f"run.ended.{run.state}.body")
                heading = t("effect.failed.after" if run is found.after else "effect.failed.before")
                note(heading, tag("p", sentence), colour="red", key=f"effect-failed-{run.id}")
        return
    if found.metrics:
        view(cards(found.metrics), key="effect-metrics")
    else:
        st.caption(t("effect.no_metrics"))
    if found.outputs:
        view(_outputs(found.outputs), key="effect-outputs")


def _runs(found: Effect, zone: str) -> Markup:
    """Both runs with their states; what they read; by whom, and when."""
    before, after = (
        join([link(t(f"effect.run.{which}"), "run", run=run.id), " ", shown.state_badge(run.state)])
        for which, run in (("before", found.before), ("after", found.after))
    )
    data = ", ".join(f"{use.dataset} {t('version.short', number=use.version)}" for use in found.after.inputs)
    parts: list[Any] = [before, after]
    about = t("effect.asked", who=shown.person(found.by), when=shown.when(found.at, zone))
    model = t("effect.model", number=found.after.version)
    if data:
        model = t("effect.data", model=model, data=data)
    line = tag("div", join(parts, " "), cls="qd-line")
    return line + tag("p", f"{about} {model}", cls="qd-muted qd-small", style="margin-top:0.3rem")


def cards(metrics: Sequence[MetricEffect]) -> Markup:
    """One card for each metric: after large, before and difference below, and what the model calls that."""
    return tag("div", join(_card(one) for one in metrics), cls="qd-metrics qd-effects")


def _card(one: MetricEffect) -> Markup:
    unit = tag("small", one.unit) if one.unit else ""
    inner = [tag("div", one.title, cls="qd-small qd-muted")]
    if one.verdict == "same":
        inner.append(tag("div", join([_number(one.after, one), unit]), cls="qd-value"))
        inner.append(tag("div", badge(t("effect.verdict.same"), *VERDICTS["same"])))
        return tag("div", join(inner), cls="qd-metric")
    arrow = tag("span", icon("arrow_forward"), cls="qd-arrow")
    old = tag("span", _number(one.before, one), cls="qd-was")
    inner.append(tag("div", join([old, arrow, tag("span", _number(one.after, one)), unit]), cls="qd-value"))
    moved = [badge(t(f"effect.verdict.{one.verdict}"), *VERDICTS[one.verdict])]
    if one.difference is not None:
        said = f"{signed(one.difference, one.decimals)} {one.unit}".strip()
        moved.append(tag("span", said, cls="qd-number"))
    if one.relative is not None:
        moved.append(tag("span", percent(one.relative), cls="qd-number qd-muted"))
    inner.append(tag("div", join(moved, " "), cls="qd-small qd-line"))
    return tag("div", join(inner), cls=f"qd-metric qd-effect-{one.verdict}")


def _number(value: float | None, one: MetricEffect) -> str:
    return shown.number(value, one.decimals) if value is not None else "–"


def _outputs(outputs: Sequence[OutputEffect]) -> Markup:
    """Tables, figures and files: which are not the same, and which are."""
    lines = []
    for key, those in (
        ("effect.differs", [_output(one) for one in outputs if one.differs]),
        ("effect.same", [one.title for one in outputs if not one.differs]),
    ):
        if those:
            lines.append(tag("li", t(key, names=", ".join(those))))
    return tag("ul", join(lines), cls="qd-plain-list qd-small qd-muted")


def _output(one: OutputEffect) -> str:
    if one.rows_before is None or one.rows_after is None or one.rows_before == one.rows_after:
        return one.title
    before, after = shown.number(one.rows_before), shown.number(one.rows_after)
    return t("effect.rows", name=one.title, before=before, after=after)


def _ask(version: SetVersion, *, again: bool) -> None:
    """The button, and (folded away) other data than is proposed."""
    where = (actor(), version.model, version.set)
    proposed = engine().sets.trial_inputs(*where)
    key = f"effect:{version.id}"
    chosen: dict[str, InputRef] = {}
    lacking = [one for one in proposed if one.required and not one.reference]
    label = t("effect.again" if again else "effect.ask")
    kind: Literal["primary", "secondary"] = (
        "primary" if version.state == IN_REVIEW and not again else "secondary"
    )
    asked = st.button(label, icon=":material/science:", key=f"{key}:ask", type=kind)
    if proposed:
        with st.expander(t("effect.which"), icon=":material/table:", expanded=bool(lacking)):
            chosen = _data(proposed, key)
    if not asked:
        return
    try:
        engine().sets.try_out(*where, version.number, chosen)
    except QuarterdeckError as error:
        show_error(error)
        return
    st.rerun(scope="fragment")


def _data(proposed: Sequence[TrialInput], key: str) -> dict[str, InputRef]:
    """Which data to read instead of what is proposed: a dataset's newest version."""
    stored = {one.name: one for one in engine().datasets.list(actor())}
    chosen: dict[str, InputRef] = {}
    for one in proposed:
        names = {"": t(PROPOSED[one.source], data=one.reference)}
        names |= {name: plain(entry.title or name) for name, entry in stored.items()}
        name = st.selectbox(
            plain(one.title), list(names), key=f"{key}:{one.name}", width=460, format_func=names.__getitem__
        )
        if name:
            chosen[one.name] = f"{name}@{stored[name].version}"
    return chosen
