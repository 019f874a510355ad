"""Lists of runs, models, datasets and versions, as HTML: one element each, every entry a link."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from markupsafe import Markup

from app import state
from app.components import shown
from app.components.menu import may
from app.components.view import badge, icon, join, link, tag
from app.text import t
from engine.access import RUN_CREATE, Resource
from engine.parameters.set_records import PRESET
from engine.runs.records import RunRecord
from engine.store.base import utc_now


def runs(records: Iterable[RunRecord], zone: str) -> Markup:
    """Runs: state, model and version, when, how long, by whom."""
    now, records = utc_now(), list(records)
    shown.people({record.submitted_by for record in records})  # looked up together, not one by one
    head = tag(
        "li",
        join(
            [
                tag("span", t("runs.column.state")),
                tag("span", t("runs.column.run"), cls="qd-title"),
                tag("span", t("runs.column.when")),
                tag("span", t("runs.column.took"), cls="qd-end"),
                tag("span", t("runs.column.version"), cls="qd-end"),
            ]
        ),
        cls="qd-row qd-head",
        aria_hidden="true",
    )
    return tag("ul", head + join(_run(record, zone, now) for record in records), cls="qd-list qd-runs")


def _run(record: RunRecord, zone: str, now: datetime) -> Markup:
    under = record.label or t("runs.short", id=record.id[-6:])
    by = shown.person(record.submitted_by)
    told = record.parameter_set
    if told and not told["name"].startswith(PRESET):
        under = f"{under} · {told['name']}@{list(told['versions'].values())[-1]}"
    said_by_badge = record.state in ("succeeded", "cancelled")
    sentence = record.error.sentence if record.error and not said_by_badge else ""
    title = link(record.model_title or record.model, "run", run=record.id)
    whole = f"{under} · {by}" if by else under
    second = tag("span", whole, cls="qd-under qd-wrap", title=whole if len(whole) > 60 else None)
    if sentence:
        second += tag("span", _short(sentence), cls="qd-under")
    took = t("runs.reused") if record.reused_from else shown.duration(shown.seconds_of(record, now))
    return tag(
        "li",
        join(
            [
                tag("span", shown.state_badge(record.state), cls="qd-state"),
                tag("span", title + second, cls="qd-title"),
                tag(
                    "span",
                    shown.when(record.submitted_at, zone, now=now),
                    cls="qd-cell qd-small",
                    title=shown.exactly(record.submitted_at, zone),
                ),
                tag("span", took, cls="qd-cell qd-end qd-number qd-small qd-last"),
                tag(
                    "span", t("version.short", number=record.version), cls="qd-cell qd-end qd-small qd-extra"
                ),
            ]
        ),
        cls="qd-row",
    )


def _short(text: str, length: int = 140) -> str:
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def model_cards(cards: Iterable[Any]) -> Markup:
    """Models as cards: what it is, in which language, and a way to run it for those who may."""
    return tag("div", join(_card(card) for card in cards), cls="qd-cards")


def _card(card: Any) -> Markup:
    foot = [
        badge(shown.language(card.language)),
        tag("span", t("version.short", number=card.live), cls="qd-muted qd-small") if card.live else "",
    ]
    if may(state.actor(), RUN_CREATE, Resource("model", card.name, card.department)):
        run = link(join([icon("play_arrow"), t("models.run")]), "run-model", cls="qd-button", model=card.name)
        foot.append(tag("span", run, cls="qd-right"))
    return tag(
        "article",
        join(
            [
                tag("div", link(card.title, "model", model=card.name), cls="qd-name"),
                tag("div", card.summary or "", cls="qd-text"),
                tag("div", join(foot), cls="qd-foot"),
            ]
        ),
        cls="qd-card",
    )


def datasets(entries: Iterable[Any], zone: str) -> Markup:
    """Datasets: name, newest version, rows, size, when it was added."""
    return tag(
        "ul", _dataset_head() + join(_dataset(entry, zone) for entry in entries), cls="qd-list qd-data"
    )


def _dataset_head() -> Markup:
    cells = [
        tag("span", t("datasets.column.name"), cls="qd-title"),
        tag("span", t("datasets.column.rows"), cls="qd-end"),
        tag("span", t("datasets.column.size"), cls="qd-end"),
        tag("span", t("datasets.column.added"), cls="qd-end"),
    ]
    return tag("li", join(cells), cls="qd-row qd-head", aria_hidden="true")


def _dataset(entry: Any, zone: str) -> Markup:
    title = link(entry.title or entry.name, "datasets", dataset=entry.name)
    under = tag("span", f"{entry.name} · {t('version.short', number=entry.version)}", cls="qd-under qd-wrap")
    cells = [
        tag("span", title + under, cls="qd-title"),
        tag(
            "span",
            t("datasets.rows", count=entry.rows, shown=shown.number(entry.rows)),
            cls="qd-cell qd-end qd-number",
        ),
        tag("span", shown.size(entry.bytes), cls="qd-cell qd-end qd-number qd-small"),
        tag("span", shown.when(entry.updated_at, zone), cls="qd-cell qd-end qd-small qd-last"),
    ]
    return tag("li", join(cells), cls="qd-row")
