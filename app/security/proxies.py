"""Whose word counts about where a request comes from.

Only a proxy named in the settings may say so (``X-Forwarded-For``, ``-Proto``, ``-Host``); the headers are
taken out of every request, so that nothing behind this layer believes them by mistake.
"""

from __future__ import annotations

import ipaddress

from starlette.types import Scope

from engine.network import Network

FORWARDING = frozenset(
    {
        b"forwarded",
        b"x-forwarded-for",
        b"x-forwarded-proto",
        b"x-forwarded-host",
        b"x-forwarded-port",
        b"x-forwarded-prefix",
        b"x-forwarded-server",
        b"x-real-ip",
        b"x-client-ip",
        b"x-original-url",
        b"x-rewrite-url",
        b"x-http-method-override",
        b"x-method-override",
    }
)


class Proxies:
    """The trusted proxies."""

    def __init__(self, networks: tuple[Network, ...]) -> None:
        self.networks = networks

    def trusts(self, address: str) -> bool:
        """Is this the address of a proxy of ours?"""
        try:
            found = ipaddress.ip_address(address)
        except ValueError:
            return False
        if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped:
            found = found.ipv4_mapped
        return any(found in network for network in self.networks)

    def seen(self, scope: Scope) -> Scope:
        """The request as its sender made it: client, scheme and host as the trusted proxy saw them."""
        given = [(name, value) for name, value in scope["headers"] if name in FORWARDING]
        if not given:
            return scope
        kept = [(name, value) for name, value in scope["headers"] if name not in FORWARDING]
        changed = {**scope, "headers": kept}
        client = scope.get("client")
        if client and self.networks and self.trusts(client[0]):
            self._believe(changed, given)
        return changed

    def _believe(self, scope: Scope, given: list[tuple[bytes, bytes]]) -> None:
        if sender := self._sender(_values(given, b"x-forwarded-for")):
            scope["client"] = (sender, 0)
        scheme = _values(given, b"x-forwarded-proto")[-1:]
        if scheme and scheme[0].lower() in ("http", "https", "ws", "wss"):
            secure = scheme[0].lower() in ("https", "wss")
            plain = "ws" if scope["type"] == "websocket" else "http"
            scope["scheme"] = plain + "s" if secure else plain
        if host := _values(given, b"x-forwarded-host")[-1:]:
            others = [(name, value) for name, value in scope["headers"] if name != b"host"]
            scope["headers"] = [(b"host", host[0].encode("latin-1")), *others]

    def _sender(self, chain: list[str]) -> str:
        """The nearest address that is no proxy of ours: what stands before it, anybody may have written."""
        for hop in reversed(chain):
            address = _without_port(hop)
            if not address:
                return ""
            if not self.trusts(address):
                return address
        return _without_port(chain[0]) if chain else ""


def _values(given: list[tuple[bytes, bytes]], name: bytes) -> list[str]:
    joined = ",".join(value.decode("latin-1") for key, value in given if key == name)
    return [part.strip() for part in joined.split(",") if part.strip()]


def _without_port(hop: str) -> str:
    """The address of ``192.0.2.1``, ``192.0.2.1:80``, ``2001:db8::1`` or ``[2001:db8::1]:80``; else nothing."""
    name = hop.partition("]")[0].lstrip("[") if hop.startswith("[") else hop
    if name.count(":") == 1:
        name = name.partition(":")[0]
    try:
        return str(ipaddress.ip_address(name))
    except ValueError:
        return ""
