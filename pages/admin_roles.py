"""Roles: what each is for, the one table of rights, and why somebody may or may not do something."""

from typing import Any

import streamlit as st

from app.components import rights, rows
from app.components.menu import may
from app.components.nav import NEEDS
from app.components.page import guarded, page, plain
from app.components.view import tag, view
from app.state import actor, auth, engine
from app.text import t
from auth.rights import RIGHTS, ROLES
from engine.access import ACCOUNT_READ, PERMISSIONS, Resource


def holders(everybody: list[Any]) -> dict[str, int]:
    """Role → how many active people hold it somewhere."""
    active = [person for person in everybody if person.state == "active"]
    return {role: sum(any(g.role == role for g in person.grants) for person in active) for role in ROLES}


@st.fragment
@guarded
def table() -> None:
    """The table of rights, whole or of one role."""
    st.header(t("roles.table"), anchor=False)
    chosen = st.pills(
        t("roles.show"), list(ROLES), format_func=rows.role, key="roles:role", bind="query-params"
    )
    st.caption(t("roles.legend"))
    view(rights.table(chosen), key="roles-table")


@st.fragment
@guarded
def explain(everybody: list[Any]) -> None:
    """Any decision can explain itself."""
    st.header(t("roles.explain"), anchor=False)
    people = {person.id: person for person in everybody if person.state == "active"}
    models = {card.name: card for card in engine().catalog.list(actor())}
    with st.container(width=920):
        grid = st.grid(3, min_column_width=240)
        who = grid.selectbox(
            t("roles.explain.who"),
            list(people),
            index=None,
            format_func=lambda one: people[one].shown,
            key="explain:who",
        )
        what = grid.selectbox(
            t("roles.explain.what"),
            list(RIGHTS),
            format_func=lambda name: PERMISSIONS[name].description.rstrip("."),
            key="explain:what",
        )
        which = grid.selectbox(
            t("roles.explain.model"),
            list(models),
            index=None,
            format_func=lambda name: models[name].title,
            placeholder=t("roles.explain.anything"),
            key="explain:model",
        )
    if not who:
        return
    about = Resource("model", which, models[which].department) if which else None
    decision = engine().authorizer.decide(auth().accounts.actor_of(who), what, about)
    if decision.allowed:
        st.success(plain(t("roles.explain.yes", reason=decision.reason)))
    else:
        st.warning(plain(t("roles.explain.no", reason=decision.reason)))


with page(t("roles.title"), caption=t("roles.caption"), needs=NEEDS["roles"]):
    reads = may(actor(), ACCOUNT_READ)
    people = auth().accounts.list(actor()) if reads else []
    held = actor().grants
    mine = ", ".join(
        rows.held(grant)
        for grant in sorted(held, key=lambda grant: (grant.department, grant.role))
        if grant.role in ROLES
    )
    view(tag("p", t("roles.mine", list=mine) if mine else t("roles.mine_none")), key="roles-mine")
    view(rights.cards(holders(people) if reads else None), key="roles-cards")
    table()
    if reads:
        explain(people)
