"""One version of a parameter set: who, when, why, what it changes, its effect, its review, its runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from app.components import (
    lists,
    params_changes,
    params_effect,
    params_review,
    params_sheets_rows,
    params_values,
    params_versions,
    shown,
)
from app.components.menu import may
from app.components.nav import go
from app.components.page import crumbs, note, plain
from app.components.view import badge, facts, join, link, tag, view
from app.state import actor, engine
from app.text import t
from engine.access import PARAMS_WRITE, RUN_CREATE
from engine.parameters.changes import FieldChange
from engine.parameters.set_records import EXPIRED, IN_REVIEW, ReviewStep, SetCard, SetVersion
from engine.parameters.spreadsheet.records import TableChange
from engine.parameters.spreadsheet.row_diff import table_change

MOST_RUNS = 10
OPEN = ("approved", "planned", "superseded")


def draw(card: SetCard, manifest: Any, titles: dict[str, str], number: int) -> None:
    """The whole page of a version."""
    crumbs((t("nav.params"), "params"))
    compared = engine().sets.differences(actor(), card.model, card.name, number)
    version, zone = compared.version, engine().settings.business_timezone
    state = params_versions.state_of(version, engine().sets.today())
    of_set = link(card.title, "params-set", model=card.model, set=card.name)
    head = tag("h1", join([t("version.long", number=number), " · ", of_set]), cls="qd-h1")
    marks = [badge(card.department)] if card.department else []
    view(
        tag("div", join([head, params_versions.state_badge(state), *marks]), cls="qd-line"),
        key="version-head",
    )
    view(_facts(version, manifest, titles, zone), key="version-facts")
    _actions(card, version, state)
    _how_it_ended(version)
    st.header(t("set.changes"), anchor=False)
    if compared.fields:
        st.caption(plain(_against(compared.held, version, titles)))
        table = params_changes.table(compared.fields, manifest.fields, place=version.place, titles=titles)
        view(table, key="version-changes")
        params_sheets_rows.draw(_tables(compared.fields), manifest.fields, "version")
    else:
        st.caption(t("set.changes.none"))
    params_effect.card(version)
    if version.state == IN_REVIEW:
        params_review.panel(version)
    st.header(t("set.history"), anchor=False)
    trials = engine().sets.trials(actor(), card.model, card.name, number)
    steps = [*version.steps, *(ReviewStep("tried", one.by, one.at) for one in trials)]
    view(params_versions.steps(steps, zone), key="version-steps")
    _runs(version, zone)


def _facts(version: SetVersion, manifest: Any, titles: dict[str, str], zone: str) -> Any:
    pairs: list[tuple[str, Any]] = [
        (t("set.fact.model"), link(manifest.model.title or version.model, "model", model=version.model)),
        (t("set.fact.place"), params_values.place_name(version.place, titles)),
        (t("set.fact.from"), shown.day(version.effective_from)),
        (t("set.fact.author"), shown.person(version.author)),
        (t("set.fact.made"), shown.exactly(version.created_at, zone)),
    ]
    if version.approved_at is not None:
        if version.approved_by != version.author:
            pairs.append((t("set.fact.approved_by"), shown.person(version.approved_by)))
        pairs.append((t("set.fact.approved"), shown.exactly(version.approved_at, zone)))
    if version.expires_at is not None and version.state in (IN_REVIEW, EXPIRED):
        pairs.append((t(f"set.fact.{_expiry(version)}"), shown.exactly(version.expires_at, zone)))
    reason = tag("p", version.reason, cls="qd-reason") if version.reason else ""
    return join([facts(pairs, inline=True), reason])


def _expiry(version: SetVersion) -> str:
    return "expires" if version.state == IN_REVIEW else "expired"


def _actions(card: SetCard, version: SetVersion, state: str) -> None:
    """Run with it, go on from it, lay it beside what is in force."""
    address = {"model": card.model, "place": version.place or None}
    reference = f"{card.name}@{version.number}"
    there = engine().sets.resource(actor(), card.model, card.name)
    with st.container(horizontal=True):
        runs = state in OPEN and may(actor(), RUN_CREATE, engine().catalog.resource(card.model))
        if runs and st.button(t("set.run"), icon=":material/play_arrow:", key="version-run"):
            go("run-model", set=reference, **address)
        if may(actor(), PARAMS_WRITE, there) and st.button(
            t("set.edit_from"), icon=":material/edit:", key="version-edit", help=t("set.edit_from.help")
        ):
            go("params-edit", set=card.name, **{"from": version.number}, **address)
        place = f":{version.place}" if version.place else ""
        if card.in_force and st.button(
            t("set.compare"), icon=":material/compare_arrows:", key="version-compare"
        ):
            go("params-compare", model=card.model, ref=[f"{card.name}{place}", reference])


def _against(held: dict[str, int], version: SetVersion, titles: dict[str, str]) -> str:
    day = shown.day(version.effective_from)
    if not held:
        return t("set.against.nothing", day=day)
    said = ", ".join(
        f"{params_values.place_name(where, titles)} {t('version.short', number=number)}"
        for where, number in held.items()
    )
    return t("set.against", held=said, day=day)


def _tables(changes: Sequence[FieldChange]) -> list[TableChange]:
    """The rows behind what the table of changes counts: an approver of a price list wants to see which."""
    return [
        table_change(
            one.field,
            [column["name"] for column in one.after["columns"]],
            one.before["rows"],
            one.after["rows"],
        )
        for one in changes
        if one.rows is not None and one.before.get("columns") == one.after.get("columns")
    ]


def _how_it_ended(version: SetVersion) -> None:
    """On top, where it was turned down or its time is over: why, and how to go on."""
    if version.state == EXPIRED:
        note(t("set.ended.expired"), tag("p", t("set.ended.again")), colour="orange", key="version-ended")
        return
    last = version.steps[-1] if version.steps else None
    if version.state != "rejected" or last is None:
        return
    who = shown.person(last.by)
    body = [tag("p", tag("q", last.comment, cls="qd-said"))] if last.comment else []
    body.append(tag("p", t("set.ended.again")))
    note(t(f"set.ended.{last.step}", who=who), join(body), colour="orange", key="version-ended")


def _runs(version: SetVersion, zone: str) -> None:
    """The runs that took values from it."""
    found = engine().sets.used_by(actor(), version.model, version.set, version.number)
    if not found:
        return
    st.header(t("set.runs"), anchor=False)
    view(lists.runs(found[:MOST_RUNS], zone), key="version-runs")
    if len(found) > MOST_RUNS:
        st.caption(t("set.runs.more", count=len(found) - MOST_RUNS))
