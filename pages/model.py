"""A model's page: what it is, its versions and fields, its golden cases. ``/model?model=NAME``."""

from typing import Any

import streamlit as st

from app.components import lists, model_view, sharing, shown
from app.components.menu import may
from app.components.nav import asked, go
from app.components.page import crumbs, empty, page, plain
from app.components.view import badge, join, link, tag, view
from app.state import actor, engine
from app.text import t
from engine.access import RUN_CREATE


def head(found: Any, about: Any) -> None:
    """Title, badges, and the way to the form."""
    crumbs((t("nav.models"), "models"))
    st.title(plain(about.title), anchor=False)
    badges = [badge(shown.language(about.language)), badge(about.department) if about.department else ""]
    badges.append(badge(t("version.live", number=found.card.live), "green") if found.card.live else "")
    badges += [badge(tag_) for tag_ in about.tags]
    view(tag("div", join(badges), cls="qd-line"), key="model-badges")
    if about.summary:
        st.markdown(plain(about.summary))
    with st.container(horizontal=True):
        if may(actor(), RUN_CREATE, engine().catalog.resource(about.name)) and st.button(
            t("models.run.long"), type="primary", icon=":material/play_arrow:", key="model-run"
        ):
            go("run-model", model=about.name)
        if st.button(t("nav.params"), icon=":material/tune:", key="model-params"):
            go("params", model=about.name)
        sharing.button("model", about.name, about.title)


def golden(name: str, loaded: Any, zone: str) -> None:
    """The golden cases, what the last check found, and a button to check now."""
    model_view.golden(loaded.manifest, engine().catalog.last_check(actor(), name, loaded.number), zone)
    allowed = loaded.manifest.golden and may(actor(), RUN_CREATE, engine().catalog.resource(name))
    if allowed and st.button(t("model.golden.check"), icon=":material/rule:", key="model-check"):
        with st.spinner(t("model.golden.checking")):
            engine().catalog.check_version(actor(), name, loaded.number)
        st.rerun()


def draw(name: str) -> None:
    """The whole page of one model."""
    found = engine().catalog.get(actor(), name)
    wanted = asked("version")
    loaded = engine().catalog.version(
        actor(), name, int(wanted) if wanted and wanted.isdigit() else wanted or "live"
    )
    manifest, zone = loaded.manifest, engine().settings.business_timezone
    head(found, manifest.model)
    about, fields, versions, recent = st.tabs(
        [t("model.about"), t("model.fields"), t("model.versions"), t("model.runs")],
        key="model-tab",
    )
    with about:
        model_view.readme(found)
        model_view.tables(manifest)
    with fields:
        view(model_view.fields(manifest), key="model-fields")
        golden(name, loaded, zone)
    with versions:
        view(model_view.versions(found, zone), key="model-versions")
        view(model_view.history(found, zone), key="model-history")
    with recent:
        records, total = engine().runs.list(actor(), model=name, limit=10)
        if records:
            view(lists.runs(records, zone), key="model-runs")
            if total > len(records):
                view(
                    tag("p", link(t("home.all", count=total), "runs", **{"runs:model": name})),
                    key="model-all",
                )
        else:
            empty(
                "history",
                t("model.no_runs"),
                "",
                link(t("models.run.long"), "run-model", model=name),
                key="model-none",
            )


with page(t("model.title"), heading=False):
    model = asked("model")
    if model:
        draw(model)
    else:
        empty("deployed_code", t("form.which"), "", link(t("nav.models"), "models"), key="model-which")
