"""Static HTML in the pages' own look: lists, cards, badges, facts. One element, real links, one style sheet.

A page of native elements costs about 0.1 ms of CPU for each; a list of 25 runs here costs as much as one.
Text is escaped by markupsafe: build HTML only with ``tag`` and ``Markup.format``.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st
from markupsafe import Markup, escape

from app.components.nav import go, href, texts

LONG = 60  # characters
_ASSETS = Path(__file__).parent / "assets"


@cache
def asset(name: str) -> str:
    """The text of a file in ``app/components/assets``."""
    return (_ASSETS / name).read_text(encoding="utf-8")


@cache
def component(name: str, script: str) -> Any:
    """A browser component made of ``assets/<script>`` with the pages' style sheet, registered once.

    The browser loads the script from its own address: a script handed over inside the page would need a
    content policy under which made-up scripts (``blob:``) run.
    """
    from streamlit.components.v2.get_bidi_component_manager import get_bidi_component_manager
    from streamlit.components.v2.manifest_scanner import ComponentConfig, ComponentManifest

    manager, key = get_bidi_component_manager(), f"quarterdeck.{name}"
    manifest = ComponentManifest("quarterdeck", "1", [ComponentConfig(name, _ASSETS.name)])
    manager.register_from_manifest(manifest, _ASSETS.parent)
    served = get_bidi_component_manager() is manager  # not so where a test draws a page without a server
    js = script if served else asset(script)
    return st.components.v2.component(key, css=asset("style.css"), js=js)


def view(
    html: Markup, *, key: str, focus: str | None = None, on_act: Callable[[str], None] | None = None
) -> str | None:
    """Show HTML; a click on a ``link`` changes the page. Returns the name of a clicked ``act``, else None.

    ``focus``: when this value changes, the keyboard focus moves here (summary of problems). ``on_act`` is called
    with the clicked act before the page is drawn, as the callback of a widget.
    """

    def acted() -> None:
        act = getattr(st.session_state.get(key), "act", None)
        if act and on_act is not None:
            on_act(str(act))

    shown = component("view", "view.js")(
        key=key,
        data={"html": str(html), "focus": focus},
        on_go_change=_nothing,
        on_act_change=_nothing if on_act is None else acted,
    )
    if shown.go:
        go(shown.go["page"], **shown.go["query"])
    act: str | None = shown.act
    return act


def _nothing() -> None:
    return None


def tag(name: str, content: Any = "", /, **attributes: Any) -> Markup:
    """``<name attribute="…">content</name>``, escaped; ``cls`` is class, ``data_x`` is data-x; None leaves out."""
    # by hand: Markup.format takes ten times as long, and a page of many rows is made of thousands of tags
    written = [
        f' {_attribute(key)}="{"" if value is True else escape(value)}"'
        for key, value in attributes.items()
        if value is not None and value is not False
    ]
    return Markup(f"<{name}{''.join(written)}>{escape(content)}</{name}>")  # noqa: S704 - names are ours


def _attribute(key: str) -> str:
    return "class" if key == "cls" else key.replace("_", "-")


def join(parts: Any, between: str = "") -> Markup:
    """Pieces of HTML or text, one after the other."""
    return escape(between).join(parts)


def link(label: Any, page: str, *, cls: str | None = None, **query: Any) -> Markup:
    """A link to one of our pages: a plain click stays in the session, Ctrl-click opens a tab."""
    kept = {key: texts(value) for key, value in query.items() if value is not None}
    return tag(
        "a",
        label,
        href=href(page, **kept),
        data_page=page,
        data_query=json.dumps(kept, sort_keys=True),
        cls=cls,
    )


def icon(name: str) -> Markup:
    """A Material symbol from the font that the pages load anyway."""
    return tag("span", name, cls="qd-icon", aria_hidden="true")


def badge(label: str, colour: str = "gray", symbol: str | None = None) -> Markup:
    """A small coloured mark: colour never stands alone, the label says it too."""
    return tag("span", join([icon(symbol) if symbol else "", label]), cls=f"qd-badge qd-{colour}")


def facts(pairs: list[tuple[str, Any]], *, inline: bool = False) -> Markup:
    """Names and values, as a definition list; long texts get a line of their own.

    ``inline``: one line, each as wide as it needs, instead of columns.
    """
    made = [
        tag("div", tag("dt", name) + tag("dd", value), cls="qd-wide" if _long(value) else None)
        for name, value in pairs
    ]
    return tag("dl", join(made), cls="qd-facts qd-inline" if inline else "qd-facts")


def _long(value: Any) -> bool:
    return isinstance(value, str) and not isinstance(value, Markup) and len(value) > LONG
