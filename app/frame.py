"""The one HTML file in which all pages are drawn: Streamlit's own, told what it would have to find out.

Streamlit's script does not know whether ``/models`` is a page of an application at ``/`` or an application at
``/models``: it asks below both for its server, and the wrong one is an error in the browser's console and a
question lost on each page. Our pages lie directly below the server's address, so it is told.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.types import Scope

PAGE = re.compile(r"/[a-z-]*")  # all our pages; everything else is for Streamlit to answer
METHODS = frozenset({"GET", "HEAD"})
INLINE = "window.prerenderReady = false"
BASE = "window.__streamlit = {BACKEND_BASE_URL: window.location.origin}"
AGENTS = re.compile(r'<link rel="service-desc"[^>]*>')  # to an interface that we do not offer


def is_page(scope: Scope) -> bool:
    """Does this request ask for the HTML file?"""
    return scope["method"] in METHODS and PAGE.fullmatch(scope["path"]) is not None


@cache
def page() -> str:
    """The file's text, with its inline script extended by the server's address."""
    from streamlit import file_util

    text = (Path(file_util.get_static_dir()) / "index.html").read_text("utf-8")
    text = text.replace("<title>Streamlit</title>", "<title>Quarterdeck</title>", 1)
    text = AGENTS.sub("", text, count=1)
    return text.replace(INLINE, f"{INLINE}\n      {BASE}", 1)


async def answer(_request: Request) -> Response:
    """The file; the browser asks for it anew each time, since an update names other scripts in it."""
    return HTMLResponse(page(), headers={"Cache-Control": "no-cache"})
