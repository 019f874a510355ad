"""People: the list with search and filters, adding one, and one person. ``/people[?person=ID]``."""

from typing import Any

import streamlit as st

from app.components import grants, person, rows, shown
from app.components.menu import may
from app.components.nav import NEEDS, asked
from app.components.page import crumbs, empty, page, plain
from app.components.view import join, link, tag, view
from app.state import actor, auth, engine
from app.text import t
from auth.granting import place
from auth.rights import ROLES
from engine.access import ACCOUNT_MANAGE, EVERYWHERE, ROLE_GRANT, SESSION_MANAGE

MOST = 200  # people shown at a time; the search finds the others


def filters() -> dict[str, Any]:
    """What is searched for; all of it stands in the address."""
    departments = [one.name for one in auth().accounts.departments(actor())]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        search = st.text_input(
            t("people.search"), key="people:search", bind="query-params", icon=":material/search:", width=280
        )
        state = st.selectbox(
            t("people.state"),
            ["active", "disabled", "erased"],
            index=None,
            key="people:state",
            bind="query-params",
            width=150,
            format_func=lambda name: t(f"people.state.{name}"),
            placeholder=t("people.any"),
        )
        department = st.selectbox(
            t("people.department"),
            departments,
            index=None,
            key="people:department",
            bind="query-params",
            width=190,
            placeholder=t("people.any"),
        )
        role = st.selectbox(
            t("people.role"),
            list(ROLES),
            index=None,
            key="people:role",
            bind="query-params",
            width=180,
            format_func=rows.role,
            placeholder=t("people.any"),
        )
    return {"search": search or "", "state": state, "department": department, "role": role}


def fits(one: Any, department: str | None, role: str | None) -> bool:
    """Does somebody hold such a role in such a place? A role held everywhere counts in each department."""
    if not department and not role:
        return True
    return any(
        (not role or held.role == role) and (not department or held.department in (department, EVERYWHERE))
        for held in one.grants
    )


def everybody() -> None:
    """The list, and the form to add somebody."""
    wanted = filters()
    if may(actor(), ACCOUNT_MANAGE) and st.button(
        t("people.add"), type="primary", icon=":material/person_add:", key="people-add"
    ):
        person.add()
    found = [
        one
        for one in auth().accounts.list(actor(), search=wanted["search"], state=wanted["state"])
        if fits(one, wanted["department"], wanted["role"])
    ]
    if not found:
        empty("search_off", t("people.none"), t("people.none.body"), key="people-none")
    else:
        zone = engine().settings.business_timezone
        st.caption(t("people.count", count=len(found)))
        heading = rows.head(*(t(f"people.column.{name}") for name in ("who", "roles", "state", "last")))
        entries = (_entry(one, zone) for one in found[:MOST])
        view(rows.listed(entries, "qd-people", heading), key="people-list")
        if len(found) > MOST:
            st.caption(t("people.more", shown=MOST))


def _entry(one: Any, zone: str) -> Any:
    under = " · ".join(part for part in (one.name, one.email if one.email != one.name else "") if part)
    when = shown.when(one.last_sign_in, zone) if one.last_sign_in else t("people.never")
    last = join([tag("span", f"{t('people.column.last')}: ", cls="qd-narrow"), when])
    return rows.row(
        link(one.shown, "people", person=one.id),
        under,
        [rows.grants(one.grants), person.state_badge(one.state), last],
    )


def closed(departments: list[str]) -> frozenset[str]:
    """Rows of the table in which this person gives no roles: an administrator of one department opens only that."""
    me = actor()
    return frozenset(
        name or grants.WHOLE for name in ("", *departments) if not may(me, ROLE_GRANT, place(name))
    )


def one(account: str) -> None:
    """One person."""
    zone = engine().settings.business_timezone
    found = auth().accounts.get(actor(), account)
    crumbs((t("nav.people"), "people"))
    st.title(plain(found.shown), anchor=False)
    person.about(found, zone)
    if found.state == "erased":
        return
    itself = found.id == actor().id
    if itself:
        st.info(t("person.you"))
    st.header(t("person.grants"), anchor=False)
    if may(actor(), ROLE_GRANT):
        st.caption(t("person.grants.hint"))
        places = [one.name for one in auth().accounts.departments(actor())]
        grants.editor(found, places, closed(places))
    else:
        view(rows.grants(found.grants), key="person-grants")
    if may(actor(), ACCOUNT_MANAGE):
        st.header(t("person.about"), anchor=False)
        person.edit(found)
        st.header(t("person.danger"), anchor=False)
        person.dangers(found)
    if may(actor(), SESSION_MANAGE):
        more = [
            link(t("person.sessions"), "sessions", person=found.id),
            link(t("person.tokens"), "tokens", person=found.id),
        ]
        view(tag("p", tag("span", " · ").join(more)), key="person-more")


with page(
    t("people.title"),
    heading=not asked("person"),
    caption="" if asked("person") else t("people.caption"),
    needs=NEEDS["people"],
):
    chosen = asked("person")
    if chosen:
        one(chosen)
    else:
        everybody()
