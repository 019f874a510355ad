"""The side of every page: the pages that this person may open, who is signed in, notices, and the way out."""

from __future__ import annotations

import time
from pathlib import Path

import streamlit as st
import structlog

from app import state
from app.components.nav import MENU, NEEDS, PAGES, Entry
from app.components.view import icon, join, link, tag, view
from app.text import t
from engine.access import Actor, Resource
from engine.errors import QuarterdeckError

LOGO = str(Path(__file__).parent / "assets" / "logo.svg")
ICON = str(Path(__file__).parent / "assets" / "icon.svg")
SIGN_OUT = "/auth/sign-out"
UNREAD_SECONDS = 5.0  # how old the number beside the bell may be
log = structlog.get_logger(__name__)


def navigation() -> None:
    """Draw the side and run the page that the address names. Pages that are not for this person say so themselves."""
    # before the menu: the browser would otherwise fetch the page's symbol as its icon from a server of Google's
    st.set_page_config(page_icon=ICON)
    st.logo(LOGO, size="large")
    actor = _somebody()
    entries = {entry.page: entry for entry in MENU if actor is not None and _sees(actor, entry)}
    sections: dict[str, list[st.Page]] = {}
    for name, (path, url) in PAGES.items():
        entry = entries.get(name)
        sections.setdefault(t(f"menu.{entry.section}") if entry and entry.section else "", []).append(
            st.Page(
                path,
                title=t(f"nav.{name}"),
                icon=f":material/{entry.symbol}:" if entry else None,
                url_path=url,
                default=name == "home",
                visibility="visible" if entry else "hidden",
            )
        )
    chosen = st.navigation(sections if len(sections) > 1 else sections[""], expanded=True)
    if actor is not None:
        with st.sidebar:
            _me(actor)
    chosen.run()


def may(actor: Actor, permission: str, on: Resource | None = None) -> bool:
    """May this person do that, to this object or to any at all? For menus and buttons: the service checks again."""
    return state.engine().authorizer.decide(actor, permission, on).allowed


def _somebody() -> Actor | None:
    """Who is signed in; None while the server starts or the session has ended (the page then says so)."""
    try:
        return state.actor()
    except QuarterdeckError:
        return None


def _sees(actor: Actor, entry: Entry) -> bool:
    needed = entry.needs or NEEDS.get(entry.page, "")
    return not needed or may(actor, needed)


def _me(actor: Actor) -> None:
    count = unread(actor)
    bell = join([icon("notifications"), tag("span", t("menu.inbox"))])
    if count:
        bell += tag("span", str(count), cls="qd-badge qd-red", title=t("inbox.unread", count=count))
    who = link(join([icon("account_circle"), tag("span", actor.name or actor.id)]), "account", cls="qd-who")
    out = tag("a", join([icon("logout"), tag("span", t("menu.sign_out"))]), href=SIGN_OUT)
    lines = [who, link(bell, "inbox"), out]
    company = state.auth().company.name()
    if company:
        lines.append(tag("p", company, cls="qd-muted qd-small qd-company"))
    view(tag("nav", join(lines), cls="qd-me", aria_label=t("menu.me")), key="me")


def unread(actor: Actor) -> int:
    """Unread notices, looked up at most every five seconds: a page is drawn often."""
    held: tuple[str, float, int] | None = st.session_state.get("menu:unread")
    now = time.monotonic()
    if held is not None and held[0] == actor.id and now - held[1] < UNREAD_SECONDS:
        return held[2]
    try:
        count = state.engine().notify.unread(actor)
    except (QuarterdeckError, AttributeError):
        log.debug("no inbox for this person")
        count = 0
    st.session_state["menu:unread"] = (actor.id, now, count)
    return count


def forget_unread() -> None:
    """Look the number up anew when the page is drawn next: a notice was read."""
    st.session_state.pop("menu:unread", None)
