"""How the server is reached, and what of it is open."""

from __future__ import annotations

import ipaddress
from datetime import UTC, datetime
from urllib.parse import urlsplit

from engine.doctor.certificates import Unreadable, read
from engine.doctor.finding import Finding
from engine.settings import Settings

RENEW_DAYS = 21
WIDE = {4: 16, 6: 48}  # a proxy's network of more addresses than this prefix holds is most likely a mistake


def access(settings: Settings) -> Finding:
    """Who can reach the server, and is the way protected?"""
    figures = {
        "listens_on": settings.host,
        "tls": settings.certificate is not None,
        "public_address": settings.public_address or "",
        "trusted_proxies": settings.trusted_proxies,
    }
    troubles = [trouble for trouble in (_plain(settings), _wide(settings), _names(settings)) if trouble]
    if troubles:
        value = "; ".join(said for said, _ in troubles)
        return Finding(False, value, " ".join(remedy for _, remedy in troubles), figures)
    if settings.certificate is None:
        return Finding(True, f"{settings.host}, plain http: only this machine reaches it", "", figures)
    return Finding(True, f"{settings.host}, https", "", figures)


def certificate(settings: Settings) -> Finding | None:
    """The TLS certificate; None where none is set."""
    if settings.certificate is None:
        return None
    try:
        found = read(settings.certificate)
    except Unreadable as error:
        return Finding(False, f"{settings.certificate} {error}", "Check QUARTERDECK_CERTIFICATE.", {})
    days = (found.until - datetime.now(UTC)).days
    figures = {"valid_until": found.until.isoformat(), "days_left": days, "names": list(found.names)}
    value = f"valid until {found.until:%Y-%m-%d} ({days} days), for {', '.join(found.names) or 'no name'}"
    if days < RENEW_DAYS:
        remedy = "Renew it: put the new files in its place; the server takes them up within a minute."
        return Finding(False, value, remedy, figures)
    host = urlsplit(settings.public_address or "").hostname
    if host and not found.covers(host):
        return Finding(
            False, f"{value}; not for {host}", f"Use a certificate made for {host}: browsers warn.", figures
        )
    return Finding(True, value, "", figures)


def _plain(settings: Settings) -> tuple[str, str] | None:
    if settings.certificate is not None or _loopback(settings.host):
        return None
    if settings.proxies:
        return (
            f"{settings.host} is reached by plain http from other machines, not by the proxy only",
            (
                "Listen on an address that only the proxy reaches (QUARTERDECK_HOST=127.0.0.1 where it runs on this "
                "machine), or give the server a certificate as well."
            ),
        )
    return (
        f"{settings.host} is reached by plain http: passwords and contents can be read on the way",
        (
            "Set QUARTERDECK_CERTIFICATE and QUARTERDECK_CERTIFICATE_KEY, or QUARTERDECK_HOST=127.0.0.1 behind a "
            "reverse proxy that speaks https."
        ),
    )


def _wide(settings: Settings) -> tuple[str, str] | None:
    wide = [str(n) for n in settings.proxies if n.prefixlen < WIDE[n.version]]
    if not wide:
        return None
    return (
        f"forwarding headers are believed from {', '.join(wide)}: anybody there can pretend another address",
        "Name the proxies' own addresses in QUARTERDECK_TRUSTED_PROXIES.",
    )


def _names(settings: Settings) -> tuple[str, str] | None:
    public = settings.public_address
    if public and public.startswith("http:") and not _loopback(urlsplit(public).hostname or ""):
        return (f"people open {public} without https", "Give QUARTERDECK_PUBLIC_ADDRESS as https://….")
    if public and public.startswith("https:") and settings.certificate is None and not settings.proxies:
        return (
            (
                f"people open {public}, but neither a certificate nor a trusted proxy is set: the server takes their "
                "requests for plain http"
            ),
            "Name the proxy in QUARTERDECK_TRUSTED_PROXIES, or set QUARTERDECK_CERTIFICATE.",
        )
    return None


def _loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
