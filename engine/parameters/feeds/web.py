"""A text from an address, for feeds: only from allowed servers, never from where the company did not allow it.

The name is looked up once and every address it has is judged; the connection then goes to the very address that was
judged, so that a name that answers differently the second time gains nothing. Redirects are followed within the
allowed places only, each judged anew; a secret goes to the first server only. One clock runs over all of it,
from the connection to the last byte: an answer that comes drop by drop ends when the time is over.
Proxies of the environment are not used: they would look names up for us.
"""

from __future__ import annotations

import http.client
import ipaddress
import re
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from engine.errors import Invalid, Problem, Unavailable
from engine.feed_settings import FeedSettings

REDIRECTS = 3
AGENT = "Quarterdeck"
PIECE = 1 << 16
MOVED = (301, 302, 303, 307, 308)


@dataclass(frozen=True)
class Place:
    """An address in its parts, found to be allowed."""

    scheme: str
    name: str
    port: int
    target: str

    @property
    def origin(self) -> tuple[str, str, int]:
        """Where it leads, without what is asked there."""
        return self.scheme, self.name, self.port


def allowed(url: str, settings: FeedSettings) -> Place:
    """The address in its parts. Raises Invalid: no address, or none that feeds may read from."""
    if not re.fullmatch(r"[!-~]+", url):
        raise _refused(
            "An address must be plain characters without spaces; write other characters as %20 and so on."
        )
    try:
        parts = urlsplit(url)
        name, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        raise _refused("This is no address. Write it like https://api.example.com/rates.") from None
    if parts.scheme not in ("https", "http") or not name:
        raise _refused("A feed reads from addresses that begin with https://.")
    if parts.username is not None or parts.password is not None:
        raise _refused(
            "An address must not hold a name or password. Store a secret, and name it in the feed."
        )
    place = Place(
        parts.scheme, name, port or {"https": 443, "http": 80}[parts.scheme],
        (parts.path or "/") + (f"?{parts.query}" if parts.query else ""),
    )  # fmt: skip
    if not any(origin.holds(*place.origin) for origin in settings.feed_origins):
        known = settings.feed_hosts or "none"
        raise _refused(
            f"Feeds may not read from {shown(place)}. Allowed are: {known}. An administrator adds a server with the "
            "setting QUARTERDECK_FEED_HOSTS."
        )
    return place


def shown(place: Place) -> str:
    """The server of an address, as people write it."""
    default = {"https": 443, "http": 80}[place.scheme]
    name = f"[{place.name}]" if ":" in place.name else place.name
    return f"{place.scheme}://{name}" + ("" if place.port == default else f":{place.port}")


def fetch(url: str, settings: FeedSettings, headers: Mapping[str, str]) -> bytes:
    """The body of the answer. Raises Invalid for what will not pass by itself, Unavailable for what may.

    ``headers`` carry a secret: they go to the first server only.
    """
    clock = _Clock(settings.feed_seconds)
    place, sent, address = allowed(url, settings), dict(headers), url
    first = place.origin
    with clock:
        for _ in range(REDIRECTS + 1):
            answer = _ask(place, settings, sent, clock)
            if isinstance(answer, bytes):
                return answer
            address = urljoin(address, answer)
            place = _next(address, settings, place)
            sent = sent if place.origin == first else {}
    raise _refused(f"{shown(place)} sends from one address to the next, more than {REDIRECTS} times.")


def _next(address: str, settings: FeedSettings, before: Place) -> Place:
    try:
        return allowed(address, settings)
    except Invalid as error:
        raise _refused(f"{shown(before)} sends on to another address. {error.sentence}") from None


def _ask(place: Place, settings: FeedSettings, headers: Mapping[str, str], clock: _Clock) -> bytes | str:
    """The body, or the address that the server sends on to."""
    where = shown(place)
    connection = _connection(place, settings, clock)
    sent = {
        "User-Agent": AGENT,
        "Accept": "application/json, text/csv, */*;q=0.5",
        "Accept-Encoding": "identity",
    }
    try:
        connection.request("GET", place.target, headers={**sent, **headers})
        answer = connection.getresponse()
        clock.check()  # a connection that was cut looks like the end of the headers
        if answer.status in MOVED:
            return answer.getheader("Location") or ""
        _good(answer, where)
        return _body(answer, settings, where, clock)
    except (OSError, http.client.HTTPException) as error:
        raise _failed(error, settings, where, clock) from None
    finally:
        connection.close()


def _good(answer: http.client.HTTPResponse, where: str) -> None:
    if answer.status in (401, 403):
        raise _refused(
            f"{where} refuses the request (status {answer.status}). Check the stored secret and its header."
        )
    if answer.status == 429 or answer.status >= 500:
        raise Unavailable(f"{where} answers with status {answer.status}. Try again later.")
    if answer.status != 200:
        raise _refused(f"{where} answers with status {answer.status}. Check the address.")
    if answer.getheader("Content-Encoding", "identity").lower() != "identity":
        raise _refused(f"{where} sends a compressed answer although none was asked for: it is not read.")


def _body(answer: http.client.HTTPResponse, settings: FeedSettings, where: str, clock: _Clock) -> bytes:
    if answer.length is None and not answer.chunked:  # its end could not be told from a broken connection
        raise _refused(
            f"{where} does not say how long its answer is, so half of it could not be told from all of it."
        )
    limit, parts, size = settings.feed_limit_mb << 20, [], 0
    while piece := answer.read1(PIECE):
        size += len(piece)
        if size > limit:
            raise _refused(
                f"{where} sends more than {settings.feed_limit_mb} MB "
                "(setting QUARTERDECK_FEED_LIMIT_MB). Ask for less."
            )
        parts.append(piece)
        clock.check()
    clock.check()
    if answer.length:
        raise Unavailable(f"{where} ended in the middle of its answer. Try again later.")
    return b"".join(parts)


def _connection(place: Place, settings: FeedSettings, clock: _Clock) -> http.client.HTTPConnection:
    """A connection to an address that was judged; its certificate is checked against the name."""
    where = shown(place)
    plain = _connected(place, settings, clock)
    clock.watch(plain)
    try:
        used = _secured(plain, place.name, where) if place.scheme == "https" else plain
    except OSError as error:
        plain.close()
        raise _failed(error, settings, where, clock) from None
    clock.watch(used)
    connection = http.client.HTTPConnection(place.name, place.port, timeout=clock.left())
    connection.sock = used
    connection.default_port = {"https": 443, "http": 80}[place.scheme]  # the Host header then names no port
    return connection


def _secured(plain: socket.socket, name: str, where: str) -> ssl.SSLSocket:
    try:
        return ssl.create_default_context().wrap_socket(plain, server_hostname=name)
    except ssl.SSLCertVerificationError as error:
        raise _refused(
            f"The certificate of {where} is not trusted ({error.verify_message}). Have it renewed, or make "
            "the server's machine trust who signed it."
        ) from None


def _connected(place: Place, settings: FeedSettings, clock: _Clock) -> socket.socket:
    failure = OSError(0, "no address")
    for address in _addresses(place, settings):
        try:
            return socket.create_connection((address, place.port), timeout=clock.left())
        except OSError as error:
            failure = error
    raise _failed(failure, settings, shown(place), clock, "reached")


def _addresses(place: Place, settings: FeedSettings) -> list[str]:
    """The addresses of a name, if feeds may connect to each of them."""
    where = shown(place)
    try:
        found = socket.getaddrinfo(place.name, place.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise Unavailable(
            f"The name {place.name} could not be looked up. Check it, or try again later."
        ) from None
    addresses = list(dict.fromkeys(str(one[4][0]) for one in found))
    if not all(public(address, settings) for address in addresses):
        raise _refused(
            f"{where} leads to an address of a private, local or reserved network, which feeds do not read from. If "
            "that is meant, an administrator allows the network with QUARTERDECK_FEED_PRIVATE_NETWORKS."
        )
    return addresses


_CARRYING = ipaddress.ip_network("64:ff9b::/96")  # IPv4 addresses behind NAT64


def public(address: str, settings: FeedSettings) -> bool:
    """May feeds connect to this address? Those that carry another one inside are judged by that one."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        if found.sixtofour is not None or found.teredo is not None:
            return False
        if found.ipv4_mapped is not None:
            found = found.ipv4_mapped
        elif found in _CARRYING:
            found = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
    if any(found.version == network.version and found in network for network in settings.feed_networks):
        return True
    return found.is_global and not found.is_multicast and not found.is_reserved


class _Clock:
    """Ends what it watches when the time is over."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds
        self._timer = threading.Timer(seconds, self._ring)
        self._timer.daemon = True
        self._watched: list[socket.socket] = []
        self._guard = threading.Lock()
        self.over = False

    def __enter__(self) -> _Clock:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    def left(self) -> float:
        """Seconds that are left, never none at all."""
        return max(0.05, self._end - time.monotonic())

    def check(self) -> None:
        """Raise TimeoutError when the time is over."""
        if self.over or time.monotonic() >= self._end:
            self.over = True
            raise TimeoutError("the time is over")

    def watch(self, connection: socket.socket) -> None:
        """Cut this connection when the time is over."""
        with self._guard:
            self._watched.append(connection)
            late = self.over
        if late:
            self._cut(connection)

    def _ring(self) -> None:
        with self._guard:
            self.over = True
            watched = list(self._watched)
        for connection in watched:
            self._cut(connection)

    def _cut(self, connection: socket.socket) -> None:
        with suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)


def _failed(
    error: Exception, settings: FeedSettings, where: str, clock: _Clock, tried: str = "read"
) -> Unavailable:
    """A socket waits no longer than the clock has left, and may notice a moment before the clock does."""
    if clock.over or isinstance(error, TimeoutError):
        took = (
            f"{where} took longer than {settings.feed_seconds:g} seconds (setting QUARTERDECK_FEED_SECONDS)."
        )
        return Unavailable(f"{took} Try again later.")
    reason = getattr(error, "strerror", None) or type(error).__name__
    return Unavailable(f"{where} could not be {tried} ({reason}). Try again later.")


def _refused(sentence: str) -> Invalid:
    return Invalid("the feed", [Problem("url", sentence)])
