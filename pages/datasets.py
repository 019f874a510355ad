"""Datasets: the list, upload, and one dataset with its rows and versions. ``/datasets?dataset=NAME[&version=2]``."""

from typing import Any

import streamlit as st

from app.components import downloads, lists, personal, sharing, shown, tables
from app.components.nav import asked, go
from app.components.page import crumbs, empty, page, plain
from app.components.upload import upload
from app.components.view import badge, facts, join, link, tag, view
from app.state import actor, engine
from app.text import t


class Rows:
    """Pages of a dataset version."""

    def __init__(self, name: str, version: int) -> None:
        self.name, self.version = name, version

    def __call__(self, **asked_: Any) -> Any:
        """One page, by the engine."""
        return engine().datasets.page(actor(), self.name, self.version, **asked_)


def everything() -> None:
    """All datasets, and the way to bring a new one."""
    search = st.text_input(
        t("datasets.search"), key="datasets:search", bind="query-params", icon=":material/search:", width=320
    )
    found = engine().datasets.list(actor(), search=search or "")
    if found:
        view(lists.datasets(found, engine().settings.business_timezone), key="datasets-list")
    elif search:
        empty("search_off", t("datasets.none"), t("models.none.body"), key="datasets-none")
    else:
        empty("table", t("datasets.empty"), t("datasets.empty.body"), key="datasets-empty")
    with st.expander(t("datasets.upload"), icon=":material/upload:", expanded=not found and not search):
        name = st.text_input(t("datasets.name"), key="datasets:name", help=t("datasets.name.help"), width=320)
        made = upload(key="datasets-upload", dataset=(name or "").strip())
        if made:
            go("datasets", dataset=made["dataset"], version=made["number"])


def one(name: str, number: int | None) -> None:
    """One dataset."""
    zone = engine().settings.business_timezone
    about = engine().datasets.get(actor(), name)
    versions = about.versions
    entry = engine().datasets.version(actor(), name, number) if number else about.latest
    crumbs((t("nav.datasets"), "datasets"))
    st.title(plain(about.title or name), anchor=False)
    newest = entry.number == versions[0].number
    mark = badge(t("version.newest"), "green") if newest else badge(t("version.older"), "orange")
    view(
        tag("div", join([badge(t("version.short", number=entry.number)), mark]), cls="qd-line"),
        key="dataset-badges",
    )
    sharing.button("dataset", name, about.title or name)
    pairs = [
        (t("datasets.fact.name"), tag("code", name)),
        (t("datasets.fact.rows"), shown.number(entry.rows)),
        (t("datasets.fact.columns"), len(entry.schema)),
        (t("datasets.fact.size"), shown.size(entry.bytes)),
        (t("datasets.fact.added"), shown.exactly(entry.created_at, zone)),
        (t("datasets.fact.by"), shown.person(entry.created_by)),
        (t("datasets.fact.source"), entry.lineage.get("source") or "–"),
        (t("datasets.fact.licence"), entry.lineage.get("licence") or "–"),
    ]
    view(facts(pairs, inline=True), key="dataset-facts")
    view(
        downloads.row(
            downloads.button(
                kind.upper() if kind != "parquet" else "Parquet",
                downloads.dataset_address(name, entry.number, kind),
            )
            for kind in downloads.TABLE_FORMATS
        ),
        key="dataset-downloads",
    )
    classes = engine().datasets.classes(actor(), name)
    personal.notes(name, entry, classes)
    st.header(t("datasets.rows.title"), anchor=False)
    tables.table(Rows(name, entry.number), key=f"rows-{name}-{entry.number}", caption=about.title or name)
    personal.form(name, classes)
    st.header(t("datasets.versions"), anchor=False)
    view(version_list(name, versions, zone), key="dataset-versions")
    with st.expander(t("datasets.upload.next"), icon=":material/upload:"):
        made = upload(key="dataset-upload", dataset=name)
        if made:
            go("datasets", dataset=name, version=made["number"])


def version_list(name: str, versions: Any, zone: str) -> Any:
    """All versions of a dataset, newest first."""
    rows = []
    for version in versions:
        label = link(
            t("version.long", number=version.number), "datasets", dataset=name, version=version.number
        )
        rows_ = t("datasets.rows", count=version.rows, shown=shown.number(version.rows))
        cells = [
            tag("span", label, cls="qd-title"),
            tag("span", join([rows_, " · ", tag("code", version.content_hash[:12])]), cls="qd-cell qd-small"),
            tag("span", shown.exactly(version.created_at, zone), cls="qd-cell qd-small qd-end"),
        ]
        rows.append(tag("li", join(cells), cls="qd-row"))
    return tag("ul", join(rows), cls="qd-list qd-versions")


chosen = asked("dataset")
with page(t("datasets.title"), heading=not chosen, caption="" if chosen else t("datasets.caption")):
    if chosen:
        version = asked("version")
        one(chosen, int(version) if version and version.isdigit() else None)
    else:
        everything()
