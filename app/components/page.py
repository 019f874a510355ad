"""What every page has: a title, and no traceback ever. Known errors show their sentence, others an id."""

from __future__ import annotations

import functools
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar, cast

import streamlit as st
import structlog
from markupsafe import Markup

from app import state
from app.components.view import icon, join, link, tag, view
from app.text import t
from engine.access import require
from engine.errors import Invalid, QuarterdeckError

ICON = str(Path(__file__).parent / "assets" / "icon.svg")  # a Material icon would be fetched from the network
log = structlog.get_logger(__name__)
SAID = "page:said"
F = TypeVar("F", bound=Callable[..., Any])


@contextmanager
def page(title: str, *, heading: bool = True, caption: str = "", needs: str = "") -> Iterator[None]:
    """Draw a page inside this: sets the browser's title, shows the heading, words what goes wrong.

    ``needs`` is the permission without which the page shows nothing but a sentence (the refusal is audited).
    """
    # an entry in the menu makes it show, and with it the choice of light or dark
    st.set_page_config(
        page_title=f"{title} · Quarterdeck", page_icon=ICON, layout="wide", menu_items={"About": t("about")}
    )
    with worded(title):
        if heading:
            st.title(title, anchor=False)
        if caption:
            st.caption(caption)
        if needs and not _may(needs):
            st.stop()
        if done := st.session_state.pop(SAID, None):
            st.success(plain(done), icon=":material/check_circle:")
        yield


def _may(permission: str) -> bool:
    """Ask, and show the sentence of a refusal: nothing may be raised before the page's own part has begun."""
    engine = state.engine()
    try:
        require(engine.authorizer, state.actor(), permission, None, engine.auditor)
    except QuarterdeckError as refusal:
        show_error(refusal)
        return False
    return True


def say(sentence: str) -> None:
    """Show a sentence on top of the page that is drawn next: what was done. Never with a secret in it."""
    st.session_state[SAID] = sentence


@contextmanager
def worded(where: str) -> Iterator[None]:
    """Show the sentence of an error instead of a traceback; Streamlit's own control flow passes through."""
    try:
        yield
    except Exception as error:
        show_error(error, where)


def guarded(function: F) -> F:
    """The same for a fragment, which runs again on its own, outside of ``page``."""

    @functools.wraps(function)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        with worded(function.__name__):
            return function(*args, **kwargs)

    return cast(F, wrapped)


def show_error(error: Exception, where: str = "") -> None:
    """The sentence of a known error; else a plain sentence with an id that is also in the server's log."""
    if isinstance(error, Invalid) and len(error.problems) > 1:
        listed = tag("ul", join(tag("li", p.sentence) for p in error.problems))
        note(
            t("error.problems", subject=error.subject),
            listed,
            colour="red",
            key=f"error-{secrets.token_hex(4)}",
        )
        return
    if isinstance(error, QuarterdeckError):
        st.error(plain(error.sentence), icon=":material/error:")
        return
    quoted = secrets.token_hex(4)
    log.error("page failed", id=quoted, where=where, exc_info=error)
    st.error(t("error.unexpected", id=quoted), icon=":material/error:")


def plain(text: str) -> str:
    """Text for an element that reads markdown: shown as it is."""
    for sign in "\\`*_[]$<:#~":
        text = text.replace(sign, "\\" + sign)
    return text


def note(
    heading: str, body: Any = "", *, colour: str = "blue", key: str, focus: str | None = None
) -> str | None:
    """A message with a heading and HTML below it."""
    alert = "alert" if colour == "red" else None
    html = tag(
        "div", tag("h2", heading, tabindex="-1") + tag("div", body), cls=f"qd-note qd-{colour}", role=alert
    )
    return view(html, key=key, focus=focus)


def empty(symbol: str, heading: str, body: str = "", action: Markup | None = None, *, key: str) -> None:
    """What a list shows when there is nothing in it, and what to do about that."""
    html = join([icon(symbol), tag("h2", heading), tag("p", body), tag("p", action) if action else ""])
    view(tag("div", html, cls="qd-empty"), key=key)


def crumbs(*links: tuple[str, str]) -> None:
    """Where this page lies: links to the pages above it, as (label, page)."""
    html = join((link(label, target) for label, target in links), " / ")
    view(tag("nav", html, cls="qd-small qd-muted", aria_label=t("nav.crumbs")), key="crumbs")
