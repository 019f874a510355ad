"""Is this request well formed, meant for us, and, where a browser sent it, from our own pages?"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.types import Scope

from app.security.hosts import Hosts, address_of, header, split_host
from app.security.limits import announced
from app.text import t
from engine.settings import Settings

METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
# decoded path: control characters, backslashes and parent folders have no place in any address of ours
CROOKED = re.compile(r"[\x00-\x1f\x7f\\]|(?:^|/)\.\.?(?:/|$)|^//")
WEBSOCKET = "/_stcore/stream"
# Streamlit routes that we do not use: its remote control by programs, its own sign-in, its own figures
CLOSED = (
    "/_stcore/agent",
    "/_stcore/metrics",
    "/_stcore/script-health-check",
    "/oauth2callback",
    "/component/",
)
# where nothing is meant to be asked for by a page of another site, not even by an image or a form
OWN_PAGES_ONLY = ("/api/", "/media/", "/_stcore/")
CROSS = frozenset({"cross-site", "same-site"})


@dataclass(frozen=True)
class Refusal:
    """Why not: HTTP status, sentence for the person, short reason for the log."""

    status: int
    sentence: str
    reason: str


def _refusal(status: int, reason: str, **values: str) -> Refusal:
    return Refusal(status, t(f"refused.{reason}", **values), reason)


class Check:
    """The questions asked of each request."""

    def __init__(self, hosts: Hosts, settings: Settings) -> None:
        self.hosts = hosts
        self.settings = settings

    def request(self, scope: Scope, limit: int) -> Refusal | None:
        """Why this HTTP request is not served; None where it is."""
        if scope["method"] not in METHODS:
            return _refusal(405, "method")
        return self._host(scope) or self._path(scope) or self._length(scope, limit) or self._origin(scope)

    def websocket(self, scope: Scope) -> Refusal | None:
        """Why this websocket is not opened. Browsers send cookies with a websocket from any page."""
        if scope["path"] != WEBSOCKET:
            return _refusal(404, "closed")
        if refusal := self._host(scope):
            return refusal
        origin = header(scope, b"origin")
        return None if self.hosts.ours(origin, scope) else _refusal(403, "foreign")

    def same_host(self, scope: Scope) -> Scope:
        """The websocket's request with the host that its (checked) origin names.

        Behind a proxy both differ, and Streamlit would compare them again and refuse.
        """
        netloc = urlsplit(header(scope, b"origin")).netloc.encode("latin-1")
        return {**scope, "headers": [(n, netloc if n == b"host" else v) for n, v in scope["headers"]]}

    def _host(self, scope: Scope) -> Refusal | None:
        given = [value for name, value in scope["headers"] if name == b"host"]
        name = split_host(given[0].decode("latin-1")) if len(given) == 1 else None
        if name is None:
            return _refusal(400, "no-host")
        if self.hosts.knows(name[0], scope):
            return None
        return _refusal(421, "other-host", host=name[0][:200])

    def _path(self, scope: Scope) -> Refusal | None:
        path = scope["path"]
        if CROOKED.search(path):
            return _refusal(400, "path")
        return _refusal(404, "closed") if path.startswith(CLOSED) else None

    def _length(self, scope: Scope, limit: int) -> Refusal | None:
        try:
            length = announced(scope["headers"])
        except ValueError:
            return _refusal(400, "length")
        return _refusal(413, "too-large") if length is not None and length > limit else None

    def _origin(self, scope: Scope) -> Refusal | None:
        """Cross-site requests (OWASP: fetch metadata, else Origin). Programs send neither and have no cookies."""
        path, method = scope["path"], scope["method"]
        origin, site = header(scope, b"origin"), header(scope, b"sec-fetch-site")
        if method not in SAFE and path.startswith("/auth/oidc/"):
            return None  # the identity provider's own posts: signed by it, checked there
        if (
            origin
            and not self.hosts.ours(origin, scope)
            and (method not in SAFE or path.startswith(OWN_PAGES_ONLY))
        ):
            return _refusal(403, "foreign", address=address_of(scope, self.settings))
        if site in CROSS and (method not in SAFE or path.startswith(OWN_PAGES_ONLY)):
            return _refusal(403, "foreign", address=address_of(scope, self.settings))
        return None
