"""Notices: what concerns one, newest first. Opening what a notice is about marks it as read."""

from typing import Any

import streamlit as st
from markupsafe import Markup

from app.components import rows, shown
from app.components.menu import forget_unread
from app.components.nav import PAGES, go
from app.components.page import empty, page
from app.components.view import badge, join, tag, view
from app.state import actor, engine
from app.text import t

MOST = 100
PLACES = {url: name for name, (_, url) in PAGES.items()}


def entry(notice: Any, zone: str) -> Markup:
    """One notice: unread ones are bold and say so."""
    new = notice.read_at is None
    mark = badge(t("inbox.new"), "blue") if new else ""
    title = join([mark, " " if new else "", tag("span", notice.title, cls="qd-unread" if new else None)])
    buttons = []
    if notice.link:
        buttons.append(
            rows.act(t("inbox.look"), f"look:{notice.id}", symbol="open_in_new", about=notice.title)
        )
    if new:
        buttons.append(rows.act(t("inbox.read"), f"read:{notice.id}", symbol="done", about=notice.title))
    body = join([notice.body, tag("span", shown.when(notice.at, zone), cls="qd-under")])
    return rows.row(title, body, [], buttons)


def read(ids: list[str] | None = None) -> None:
    """Mark as read, and have the number beside the bell looked up anew."""
    engine().notify.read(actor(), ids)
    forget_unread()


def look(link: str) -> None:
    """Go to what a notice is about."""
    from urllib.parse import parse_qsl, urlsplit

    parts = urlsplit(link)
    page_name = PLACES.get(parts.path.strip("/"))
    if page_name:
        go(page_name, **dict(parse_qsl(parts.query)))


with page(t("inbox.title"), caption=t("inbox.caption")):
    zone_ = engine().settings.business_timezone
    with st.container(horizontal=True, vertical_alignment="center"):
        unread = st.toggle(t("inbox.only_unread"), key="inbox:unread")
        if st.button(t("inbox.read_all"), icon=":material/done_all:", key="inbox-all"):
            read()
            st.rerun()
    notices = {one.id: one for one in engine().notify.list(actor(), unread=unread, limit=MOST)}
    if not notices:
        empty("notifications_none", t("inbox.empty"), t("inbox.empty.body"), key="inbox-none")
    else:
        chosen = view(
            rows.listed((entry(one, zone_) for one in notices.values()), "qd-two"), key="inbox-list"
        )
        what, _, which = (chosen or "").partition(":")
        if which in notices:
            read([which])
            if what == "look":
                look(notices[which].link)
            st.rerun()
