"""Which versions are compared: columns are added and taken off, and all of it stands in the address."""

from __future__ import annotations

import streamlit as st
from markupsafe import Markup

from app.components.nav import go
from app.components.params_comparing import Asked
from app.components.view import join, tag, view
from app.state import actor, engine
from app.text import t
from engine.parameters.set_records import PRESET, SetCard

IN_FORCE = 0  # stands for what is in force, where versions are chosen by number
MOST_COLUMNS, MOST_VERSIONS, SUGGESTED = 5, 500, 6


def choose(asked: Asked, cards: dict[str, SetCard]) -> None:
    """Add a column: a set, a version or what is in force, a place."""
    if len(asked.references) >= MOST_COLUMNS:
        st.caption(t("compare.full", most=MOST_COLUMNS))
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.selectbox(
            t("form.set.label"),
            list(cards),
            index=None if len(cards) > 1 else 0,
            key="compare:set",
            format_func=lambda one: _title(cards[one]) if one in cards else one,
            placeholder=t("compare.choose"),
            width=300,
        )
        if not name:
            return
        number = st.selectbox(
            t("form.set.version"),
            [IN_FORCE, *range(cards[name].latest, max(0, cards[name].latest - MOST_VERSIONS), -1)],
            key=f"compare:version:{name}",
            format_func=lambda n: t("form.set.in_force") if n == IN_FORCE else t("form.set.number", number=n),
            width=190,
        )
        place = _place(asked, name)
        reference = _reference(name, number, place)
        there = reference in asked.references
        added = st.button(
            t("compare.add"), key="compare-add", icon=":material/add:", type="primary", disabled=there,
            help=t("compare.there") if there else None,
        )  # fmt: skip
        if added:
            go("params-compare", model=asked.model, ref=[*asked.references, reference])


def _title(card: SetCard) -> str:
    return t("form.set.preset", title=card.title) if card.name.startswith(PRESET) else card.title


def _place(asked: Asked, name: str) -> str:
    places = {one.place: one.title for one in engine().sets.places(actor(), asked.model, name)}
    if not places:
        return ""
    return st.selectbox(
        t("form.set.place"),
        ["", *places],
        key=f"compare:place:{name}",
        format_func=lambda one: f"{one} · {places[one]}" if places.get(one) else one or t("form.set.company"),
        width=200,
    )


def _reference(name: str, number: int, place: str) -> str:
    version = name if number == IN_FORCE else f"{name}@{number}"
    return f"{version}:{place}" if place else version


def suggest(asked: Asked, cards: dict[str, SetCard]) -> None:
    """What is often compared, one click each; until there are two columns."""
    links = _suggested(asked, cards)
    if asked.references:
        st.caption(t("compare.more"))
        view(tag("p", join(_chosen(asked), " · ")), key="compare-chosen")
    else:
        st.caption(t("compare.begin" if links else "compare.only"))
    if links:
        view(tag("ul", join(tag("li", one) for one in links), cls="qd-plain-list"), key="compare-suggest")


def _suggested(asked: Asked, cards: dict[str, SetCard]) -> list[Markup]:
    links = []
    for card in list(cards.values())[:SUGGESTED]:
        if card.in_force and card.latest > card.in_force:
            words = t("compare.suggest.newest", title=_title(card), number=card.latest)
            links.append(asked.link(words, [card.name, f"{card.name}@{card.latest}"]))
        elif card.latest > 1:
            words = t("compare.suggest.last", title=_title(card), number=card.latest, before=card.latest - 1)
            links.append(asked.link(words, [f"{card.name}@{card.latest - 1}", f"{card.name}@{card.latest}"]))
    held = [card.name for card in cards.values() if card.in_force and not card.name.startswith(PRESET)]
    if 2 <= len(held) <= MOST_COLUMNS:
        links.append(asked.link(t("compare.suggest.sets", count=len(held)), held))
    return links


def _chosen(asked: Asked) -> list[Markup]:
    return [tag("strong", one) for one in asked.references]


def without(asked: Asked) -> Markup:
    """After an error: the same comparison without one of the columns."""
    links = [
        asked.link(t("compare.without", ref=one), [*asked.references[:n], *asked.references[n + 1 :]])
        for n, one in enumerate(asked.references)
    ]
    return tag("ul", join(tag("li", one) for one in links), cls="qd-plain-list")
