"""By which names this server is reached, and which origins are its own pages.

A page of another site must not speak with our cookies (cross-site requests, RFC 6454 origins), and a name
that an attacker points at our address must not be answered (DNS rebinding, poisoned links).
"""

from __future__ import annotations

import ipaddress
import re
import socket
from urllib.parse import urlsplit

from starlette.types import Scope

from engine.network import LOOPBACK
from engine.settings import Settings

HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9_.-]+)(?::([0-9]{1,5}))?", re.IGNORECASE)
SECURE = frozenset({"https", "wss"})
DEFAULT_PORTS = {"http": 80, "https": 443}


def is_secure(scope: Scope) -> bool:
    """Did the browser come by https (a trusted proxy's word counts)? Then cookies are Secure."""
    return scope.get("scheme") in SECURE


def address_of(scope: Scope, settings: Settings) -> str:
    """The origin that people reach us by: the setting, else what the (checked) Host header says."""
    return settings.public_address or _own(scope)


def _own(scope: Scope) -> str:
    scheme = "https" if is_secure(scope) else "http"
    name, port = split_host(header(scope, b"host")) or ("localhost", None)
    shown = f"[{name}]" if ":" in name else name
    return f"{scheme}://{shown}" + ("" if port in (None, DEFAULT_PORTS[scheme]) else f":{port}")


def header(scope: Scope, name: bytes) -> str:
    """The first header of that name, or an empty text."""
    for key, value in scope["headers"]:
        if key == name:
            return str(value.decode("latin-1"))
    return ""


def split_host(text: str) -> tuple[str, int | None] | None:
    """Name (small letters, without brackets) and port of a Host header; None where it is malformed."""
    found = HOST.fullmatch(text)
    if found is None:
        return None
    port = int(found[2]) if found[2] else None
    if port is not None and not 0 < port < 65536:
        return None
    return found[1].strip("[]").lower().rstrip("."), port


class Hosts:
    """The names this server answers to."""

    def __init__(self, settings: Settings) -> None:
        public = settings.public_address
        self.public = public
        own = {settings.host.lower(), socket.gethostname().lower()}
        self.names = LOOPBACK | own | {name for name in settings.host_names if not name.startswith("*.")}
        if public:
            self.names |= {str(urlsplit(public).hostname)}
        self.below = tuple(name[1:] for name in settings.host_names if name.startswith("*."))

    def knows(self, host: str, scope: Scope) -> bool:
        """Is this name one of ours? ``host`` is a name without a port.

        Without a public address every IP address is: a page cannot make a browser take its own site for
        an address, and which addresses lead here (translation, containers) we cannot know.
        """
        if host in self.names or host.endswith(self.below):
            return True
        try:
            ipaddress.ip_address(host)
        except ValueError:
            return False
        server = scope.get("server") or ("", None)
        return self.public is None or host == server[0]

    def ours(self, origin: str, scope: Scope) -> bool:
        """Does this Origin header name our own pages: the address of this very request, or the public one?"""
        return origin == _own(scope) or (self.public is not None and origin == self.public)
