"""Two to five versions or sets of a model side by side. ``/params-compare?model=NAME&ref=summer@3&ref=winter:DE``.

A reference is ``name`` (in force today), ``name@3``, or either with ``:PLACE``.
"""

from __future__ import annotations

from typing import Any

import streamlit as st
from markupsafe import Markup

from app.components import downloads, lists, params_columns, params_comparing
from app.components.menu import may
from app.components.nav import asked, asked_all, go
from app.components.page import crumbs, empty, page, plain, show_error
from app.components.params_comparing import Asked
from app.components.view import join, link, tag, view
from app.state import actor, engine
from app.text import t
from engine.access import RUN_CREATE
from engine.errors import QuarterdeckError
from engine.parameters import set_values
from engine.parameters.set_records import Comparison, SetCard

SHOWN_RUNS, MOST_RUNS = 5, 100  # shown, and found at most


def compared(address: Asked, cards: dict[str, SetCard]) -> None:
    """The table, and what used its columns."""
    manifest = set_values.manifest_of(engine(), address.model)
    found = engine().sets.compare(actor(), address.model, address.references)
    differing, total = params_comparing.counted(found)
    with st.container(horizontal=True, vertical_alignment="center"):
        view(tag("div", params_comparing.summary(found), cls="qd-line"), key="compare-summary")
        view(_download(found, address), key="compare-xlsx")
        every = st.toggle(t("compare.every"), key="compare:every") if 0 < differing < total else True
    titles = {name: card.title for name, card in cards.items()}
    view(params_comparing.table(found, address, manifest.fields, titles, every), key="compare-table")
    runs(found, titles)


def _download(found: Comparison, address: Asked) -> Markup:
    """The comparison as a workbook: the first column to edit, the others beside it."""
    first, reference = found.columns[0], address.references[0]
    fixed = "@" in reference or not first.place
    where = downloads.set_address(
        found.model, first.set, first.place, first.number if fixed else None, address.references[1:]
    )
    return downloads.button(t("compare.xlsx"), where, title=t("compare.xlsx.help"))


def runs(found: Comparison, titles: dict[str, str]) -> None:
    """The runs that used each of the versions."""
    st.header(t("compare.runs"), anchor=False)
    zone = engine().settings.business_timezone
    unused: list[Any] = []
    runs_it = may(actor(), RUN_CREATE, engine().catalog.resource(found.model))
    for set_name, number in dict.fromkeys((column.set, column.number) for column in found.columns):
        records = engine().sets.used_by(actor(), found.model, set_name, number)
        title = t("run.set.version", title=titles.get(set_name, set_name), number=number)
        if not records:
            reference = f"{set_name}@{number}"
            unused.append(link(title, "run-model", model=found.model, set=reference) if runs_it else title)
            continue
        of = t("compare.runs.many", title=title) if len(records) >= MOST_RUNS else ""
        of = of or t("compare.runs.of", title=title, count=len(records))
        with st.expander(plain(of), icon=":material/history:"):
            view(lists.runs(records[:SHOWN_RUNS], zone), key=f"runs-{set_name}-{number}")
            if SHOWN_RUNS < len(records) < MOST_RUNS:
                st.caption(t("compare.runs.more", count=len(records) - SHOWN_RUNS))
    if unused:
        said = t("compare.runs.none") if runs_it else t("compare.runs.nobody")
        view(
            tag("p", join([said, join(unused, " · ")], " "), cls="qd-muted"),
            key="compare-unused",
        )


def which_model() -> None:
    """No model in the address: choose among those that have sets."""
    models = sorted({card.model for card in engine().sets.list(actor()) if card.latest})
    if not models:
        action = link(t("nav.models"), "models")
        empty("compare_arrows", t("compare.nothing"), t("compare.nothing.body"), action, key="compare-none")
        return
    titles = {card.name: card.title for card in engine().catalog.list(actor())}
    view(tag("p", t("compare.which")), key="compare-which")
    chosen = st.selectbox(
        t("compare.model"), models, index=None, key="compare:model", width=400,
        format_func=lambda name: titles.get(name, name), placeholder=t("compare.model.choose"),
    )  # fmt: skip
    if chosen:
        go("params-compare", model=chosen)


def draw(model: str) -> None:
    """The choice of columns, and the comparison once there are two."""
    about: Any = engine().catalog.version(actor(), model).manifest.model
    crumbs((t("nav.params"), "params"))
    st.title(t("compare.title"), anchor=False)
    view(tag("p", link(about.title, "model", model=model)), key="compare-model")
    cards = {card.name: card for card in engine().sets.list(actor(), model) if card.latest}
    address = Asked(model, asked_all("ref"), asked_all("rows"))
    if not cards and not address.references:
        action = link(t("nav.params"), "params", model=model)
        empty("compare_arrows", t("compare.nothing"), t("compare.nothing.body"), action, key="compare-none")
        return
    params_columns.choose(address, cards)
    if len(address.references) < 2:
        params_columns.suggest(address, cards)
        return
    try:
        compared(address, cards)
    except QuarterdeckError as error:
        show_error(error)
        view(params_columns.without(address), key="compare-without")


with page(t("compare.title"), heading=False):
    wanted = asked("model")
    if wanted:
        draw(wanted)
    else:
        st.title(t("compare.title"), anchor=False)
        which_model()
