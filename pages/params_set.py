"""A parameter set: what is in force, its places and versions; one version with its review.

``/params-set?model=NAME&set=NAME[&version=3][&place=DE/S001]``.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import streamlit as st

from app.components import params_changes, params_effect, params_review, params_values, params_versions, shown
from app.components.menu import may
from app.components.nav import asked, go
from app.components.page import crumbs, empty, page, plain
from app.components.view import badge, facts, join, link, tag, view
from app.state import actor, engine
from app.text import t
from engine.access import PARAMS_WRITE, RUN_CREATE
from engine.parameters import set_values
from engine.parameters.set_records import IN_REVIEW, SetCard, SetVersion

PAGE = 25


def draw(model: str, name: str) -> None:
    """The whole page."""
    card = engine().sets.get(actor(), model, name)
    manifest = set_values.manifest_of(engine(), model)
    titles = {one.place: one.title for one in engine().sets.places(actor(), model, name)}
    number = asked("version")
    if number and number.isdigit():
        one_version(card, manifest, titles, int(number))
        return
    head(card, manifest)
    names = ("values", "versions")
    values, versions = st.tabs([t(f"set.tab.{one}") for one in names], key="set-tab")
    with values:
        in_force(card, manifest, titles)
    with versions:
        version_list(card, manifest, titles)


def head(card: SetCard, manifest: Any) -> None:
    """Title, what there is at a glance, and what can be done."""
    crumbs((t("nav.params"), "params"))
    st.title(plain(card.title), anchor=False)
    about = manifest.model
    line = [
        link(about.title or card.model, "model", model=card.model),
        badge(card.department) if card.department else "",
        badge(t("set.own"), "violet", "person") if card.kind == "personal" else "",
        badge(t("set.guarded"), "violet", "shield") if card.guarded else "",
    ]
    if card.in_force:
        line.append(badge(t("set.in_force", number=card.in_force), "green", "check_circle"))
    if card.in_review:
        line.append(badge(t("set.waiting", count=card.in_review), "orange", "hourglass_top"))
    view(tag("div", join(line), cls="qd-line"), key="set-badges")
    there = engine().sets.resource(actor(), card.model, card.name)
    with st.container(horizontal=True):
        if may(actor(), PARAMS_WRITE, there) and st.button(
            t("set.edit"), type="primary", icon=":material/edit:", key="set-edit"
        ):
            go("params-edit", model=card.model, set=card.name, place=asked("place"))
        if (
            card.in_force
            and may(actor(), RUN_CREATE, engine().catalog.resource(card.model))
            and st.button(t("set.run"), icon=":material/play_arrow:", key="set-run")
        ):
            go("run-model", model=card.model, set=card.name, place=asked("place"))


def in_force(card: SetCard, manifest: Any, titles: dict[str, str]) -> None:
    """The values at a place, today or on another day, as known now or then."""
    today = engine().sets.today()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        place = asked("place") or ""
        if titles:
            place = st.selectbox(
                t("set.place"),
                ["", *titles],
                index=["", *titles].index(place) if place in titles else 0,
                key="set:place",
                width=260,
                format_func=lambda one: params_values.place_name(one, titles),
            )
        day = st.date_input(t("set.day"), today, key="set:day", format="YYYY-MM-DD", width=170)
        known = st.date_input(
            t("set.known"), None, key="set:known", format="YYYY-MM-DD", width=210, help=t("set.known.help")
        )
    valid_on = day if isinstance(day, date) else today
    known_at = _end_of(known) if isinstance(known, date) else None
    found = engine().sets.in_force(actor(), card.model, card.name, valid_on, known_at, place or "")
    if not found.versions:
        way = link(t("set.edit"), "params-edit", model=card.model, set=card.name)
        empty("tune", t("set.nothing"), t("set.nothing.body", day=valid_on.isoformat()), way, key="set-none")
        return
    held = [
        join(
            [
                tag("span", f"{params_values.place_name(where, titles)}: "),
                link(
                    t("version.short", number=number),
                    "params-set",
                    model=card.model,
                    set=card.name,
                    version=number,
                ),
            ]
        )
        for where, number in found.versions.items()
    ]
    view(tag("p", join(held, " · "), cls="qd-small qd-muted"), key="set-held")
    defaults = set_values.defaults(manifest)
    view(params_values.table(found, manifest, defaults, titles), key="set-values")


def _end_of(day: date) -> Any:
    from datetime import timedelta

    from engine.calendar import BusinessCalendar

    return BusinessCalendar.from_settings(engine().settings).start_of(day + timedelta(days=1))


def version_list(card: SetCard, manifest: Any, titles: dict[str, str]) -> None:
    """All versions, newest first, a page at a time."""
    at = max(1, int(st.session_state.get("set:page", 1)))
    found, total = engine().sets.versions(actor(), card.model, card.name, offset=(at - 1) * PAGE, limit=PAGE)
    if not total:
        empty("history", t("set.no_versions"), t("set.no_versions.body"), key="set-no-versions")
        return
    zone, today = engine().settings.business_timezone, engine().sets.today()
    labels = {name: field.label(name) for name, field in manifest.fields.items()}
    view(params_versions.listed(found, titles, labels, zone=zone, today=today), key="set-versions")
    if total > PAGE:
        st.pagination(-(-total // PAGE), key="set:page")


def one_version(card: SetCard, manifest: Any, titles: dict[str, str], number: int) -> None:
    """A version: who, when, why, what it changes, its review, what can be done about it."""
    compared = engine().sets.differences(actor(), card.model, card.name, number)
    version = compared.version
    zone, today = engine().settings.business_timezone, engine().sets.today()
    crumbs((t("nav.params"), "params"))
    state = params_versions.state_of(version, today)
    title = join(
        [
            t("version.long", number=number),
            " · ",
            link(card.title, "params-set", model=card.model, set=card.name),
        ]
    )
    line = tag("h1", title, cls="qd-h1") + params_versions.state_badge(state)
    view(tag("div", line, cls="qd-line"), key="version-head")
    view(_facts(version, manifest, titles, zone), key="version-facts")
    st.header(t("set.changes"), anchor=False)
    if compared.fields:
        st.caption(plain(_against(compared.held, version, titles)))
        view(
            params_changes.table(compared.fields, manifest.fields, place=version.place, titles=titles),
            key="version-changes",
        )
    else:
        st.caption(t("set.changes.none"))
    params_effect.card(version)
    if version.state == IN_REVIEW:
        params_review.panel(version)
    st.header(t("set.history"), anchor=False)
    view(params_versions.steps(version.steps, zone), key="version-steps")


def _facts(version: SetVersion, manifest: Any, titles: dict[str, str], zone: str) -> Any:
    pairs: list[tuple[str, Any]] = [
        (t("set.fact.model"), link(manifest.model.title or version.model, "model", model=version.model)),
        (t("set.fact.place"), params_values.place_name(version.place, titles)),
        (t("set.fact.from"), version.effective_from.isoformat()),
        (t("set.fact.author"), shown.person(version.author)),
        (t("set.fact.made"), shown.exactly(version.created_at, zone)),
    ]
    if version.approved_at is not None:
        pairs.append((t("set.fact.approved_by"), shown.person(version.approved_by)))
        pairs.append((t("set.fact.approved"), shown.exactly(version.approved_at, zone)))
    if version.expires_at is not None:
        pairs.append((t("set.fact.expires"), shown.exactly(version.expires_at, zone)))
    reason = tag("p", version.reason, cls="qd-reason") if version.reason else ""
    return join([facts(pairs, inline=True), reason])


def _against(held: dict[str, int], version: SetVersion, titles: dict[str, str]) -> str:
    day = version.effective_from.isoformat()
    if not held:
        return t("set.against.nothing", day=day)
    said = ", ".join(
        f"{params_values.place_name(where, titles)} {t('version.short', number=number)}"
        for where, number in held.items()
    )
    return t("set.against", held=said, day=day)


with page(t("set.title"), heading=False):
    wanted, set_name = asked("model"), asked("set")
    if wanted and set_name:
        draw(wanted, set_name)
    else:
        empty(
            "tune",
            t("set.which"),
            "",
            link(t("nav.params"), "params"),
            key="set-which",
        )
