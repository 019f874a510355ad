"""The audit log as people read it: the search, the list of entries, one entry, and the verification."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any
from urllib.parse import urlencode

import streamlit as st
from markupsafe import Markup

from app.components import audit_objects, rows, shown
from app.components.audit_objects import titled
from app.components.downloads import button
from app.components.nav import asked as from_address
from app.components.page import empty, guarded, note, plain
from app.components.view import badge, facts, join, tag, view
from app.state import actor, auth, engine
from app.text import has, t
from auth.audit import words
from auth.audit.asking import RESULTS, asked
from auth.audit.search import Entry, Search

COLOURS = {"done": "green", "refused": "orange", "failed": "red"}
FIELDS = ("since", "until", "person", "action", "object_id", "result", "department")
BEHIND = "audit:behind"  # where the page of entries begins, under the search it was asked for


def overview() -> None:
    """What there is, at a glance."""
    found = auth().audit.facts(actor())
    zone = engine().settings.business_timezone
    anchor = shown.when(found.newest_anchor, zone) if found.newest_anchor else t("audit.facts.no_anchor")
    kept = t("audit.facts.days", count=found.retention_days) if found.retention_days else ""
    personal = t("audit.facts.personal_days", count=found.personal_days) if found.personal_days else ""
    pairs: list[tuple[str, Any]] = [
        (t("audit.facts.entries"), shown.number(found.entries)),
        (t("audit.facts.anchor"), anchor),
        (t("audit.facts.kept"), kept or t("audit.facts.for_ever")),
        (t("audit.facts.personal"), personal or t("audit.facts.for_ever")),
        (t("audit.facts.second"), found.second_folder or t("audit.facts.no_second")),
    ]
    view(facts(pairs, inline=True), key="audit-facts")


def search() -> Search:
    """The form; what it asks for. Raises Invalid for an end before the start."""
    audit, me = auth().audit, actor()
    people, actions = audit.people(me), audit.actions(me)
    for name in ("person", "object"):
        _begin(f"audit:{name}", from_address(name))
    grid = st.grid(4, min_column_width=190)
    since = grid.date_input(t("audit.search.since"), None, key="audit:since", format="YYYY-MM-DD")
    until = grid.date_input(t("audit.search.until"), None, key="audit:until", format="YYYY-MM-DD")
    person = grid.selectbox(
        t("audit.search.person"),
        ["", *sorted(people, key=lambda one: people[one].casefold())],
        key="audit:person",
        format_func=lambda one: people.get(one, one) or t("audit.everybody"),
    )
    action = grid.selectbox(
        t("audit.search.action"),
        ["", *actions],
        key="audit:action",
        format_func=lambda one: titled(one) or t("audit.everything"),
    )
    object_id = grid.text_input(
        t("audit.search.object"), key="audit:object", help=t("audit.search.object_help"), max_chars=300
    )
    result = grid.selectbox(
        t("audit.search.result"),
        ["", *RESULTS],
        key="audit:result",
        format_func=lambda one: t(f"audit.result.{one}") if one else t("audit.all_results"),
    )
    department = grid.selectbox(
        t("audit.search.department"),
        ["", *audit.departments(me)],
        key="audit:department",
        format_func=lambda one: one or t("audit.all_departments"),
    )
    return asked(
        auth(),
        since=since if isinstance(since, date) else None,
        until=until if isinstance(until, date) else None,
        person=person,
        action=action,
        object_id=object_id.strip(),
        result=result,
        department=department,
    )


def _begin(key: str, value: str | None) -> None:
    """What the address asks for is in the form at first; what was typed since stays."""
    if value and key not in st.session_state:
        st.session_state[key] = value


def listing(wanted: Search) -> None:
    """The entries, the way to older ones, and the exports."""
    told = str(wanted)
    behind: dict[str, int] = st.session_state.get(BEHIND) or {}
    page = auth().audit.search(actor(), wanted, before=behind.get(told))
    if not page.entries:
        empty("fact_check", t("audit.none"), t("audit.none.body"), key="audit-none")
        return
    known = audit_objects.titles(page.entries)
    chosen = view(rows.listed((_row(entry, known) for entry in page.entries), "qd-audit"), key="audit-list")
    with st.container(horizontal=True):
        if told in behind and st.button(t("audit.newest"), key="audit:newest", icon=":material/first_page:"):
            st.session_state[BEHIND] = {}
            st.rerun()
        if page.before is not None and st.button(
            t("audit.older"), key="audit:older", icon=":material/chevron_right:"
        ):
            st.session_state[BEHIND] = {told: page.before}
            st.rerun()
    view(tag("div", join(_exports(wanted)), cls="qd-downloads"), key="audit-exports")
    found = {str(entry.seq): entry for entry in page.entries}
    if chosen in found:
        details(found[chosen])


def _exports(wanted: Search) -> Iterable[Markup]:
    query = {key: value for key, value in wanted.as_json().items() if key not in ("since", "until")}
    # the moments themselves, so that the file holds what the page shows
    query |= {
        key: f"{value:%Y-%m-%dT%H:%M:%SZ}" for key in ("since", "until") if (value := getattr(wanted, key))
    }
    for form in ("csv", "jsonl"):
        yield button(t(f"audit.{form}"), f"/files/audit?{urlencode({**query, 'format': form})}")


def _row(entry: Entry, known: dict[str, str]) -> Markup:
    zone = engine().settings.business_timezone
    change = words.change(entry) if entry.action != audit_objects.RUN_STATE else ""
    about = [part for part in (change, entry.reason and f"“{entry.reason}”") if part]
    under = join([audit_objects.described(entry, known), " · ".join(["", *about]) if about else ""])
    who = join([tag("span", entry.actor_name), tag("span", _through(entry), cls="qd-under")])
    when = tag("span", f"{shown.exactly(entry.at, zone)[:19]}", cls="qd-number", title=zone)
    result = (
        badge(t(f"audit.result.{entry.result}"), COLOURS[entry.result]) if entry.result in RESULTS else ""
    )
    action = rows.act(t("audit.details"), str(entry.seq), about=t("audit.entry.title", number=entry.seq))
    return rows.row(audit_objects.what(entry), under, [who, when, result], [action])


def _through(entry: Entry) -> str:
    return t(f"audit.via.{entry.via}") if has(f"audit.via.{entry.via}") else entry.via


def details(entry: Entry) -> None:
    """Open one entry with all its columns."""

    @st.dialog(plain(t("audit.entry.title", number=entry.seq)), width="large")
    @guarded
    def showing() -> None:
        known = audit_objects.titles([entry])
        pairs = [pair for pair in _facts(entry, known) if pair[1] not in ("", None)]
        view(facts(pairs), key=f"audit-{entry.seq}")

    showing()


def _facts(entry: Entry, known: dict[str, str]) -> list[tuple[str, Any]]:
    zone = engine().settings.business_timezone
    rest = {key: value for key, value in entry.details.items() if key not in ("old", "new")}
    pairs: list[tuple[str, Any]] = [
        (t("audit.entry.at"), shown.exactly(entry.at, zone)),
        (t("audit.entry.who"), entry.actor_name),
        (t("audit.entry.id"), entry.actor),
        (t("audit.entry.via"), _through(entry)),
    ]
    pairs += [(_named(key), value or t("audit.entry.erased")) for key, value in entry.where.items()]
    pairs += [
        (t("audit.entry.what"), audit_objects.what(entry)),
        (t("audit.entry.object"), audit_objects.described(entry, known)),
        (t("audit.entry.object_id"), entry.object_id),
        (t("audit.entry.department"), entry.department),
        (t("audit.entry.result"), entry.result),
        (t("audit.entry.reason"), entry.reason),
    ]
    pairs += [
        (t(f"audit.entry.{key}"), words.value(entry.details[key]))
        for key in ("old", "new")
        if key in entry.details
    ]
    pairs += [(_named(key), words.value(value)) for key, value in rest.items()]
    return [
        *pairs,
        (t("audit.entry.credential"), entry.credential),
        (t("audit.entry.request"), entry.request),
        (t("audit.entry.hash"), entry.hash),
    ]


def _named(key: str) -> str:
    return key.replace("_", " ").capitalize()


def verification() -> None:
    """Verify with progress, and say what was found; leaving the page stops it."""
    bar = st.progress(0.0)

    def progress(done: int, total: int) -> None:
        text = t("audit.verify.working", done=shown.number(done), total=shown.number(total))
        bar.progress(min(done / max(total, 1), 1.0), text=text)

    report = auth().audit.verify(actor(), progress)
    bar.empty()
    lines = [finding.sentence for finding in report.findings.listed]
    if report.findings.total > len(lines):
        lines.append(t("audit.verify.more", count=report.findings.total - len(lines)))
    lines += report.warnings
    body = tag("ul", join(tag("li", line) for line in lines)) if lines else ""
    hashed = tag("p", t("audit.verify.hash", hash=report.hash), cls="qd-small qd-wrap")
    note(report.sentence, join([body, hashed]), colour="green" if report.ok else "red", key="audit-report")
