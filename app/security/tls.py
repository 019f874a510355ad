"""TLS of the server itself: the certificate is looked at before the start, and a renewed one is taken up.

TLS 1.2 is the oldest version spoken (RFC 8996); ciphers are OpenSSL's defaults of Python's own choice, with
forward secrecy. ``local_context`` is for our own command line: it trusts exactly this certificate.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import structlog

from engine.errors import Unavailable
from engine.settings import Settings

log = structlog.get_logger(__name__)


class PassphraseAsked(Exception):
    """The key file is encrypted: a server that starts by itself has nobody to ask."""


def context_of(settings: Settings) -> ssl.SSLContext | None:
    """The server's TLS context; None without a certificate. Raises Unavailable naming what is wrong."""
    if settings.certificate is None:
        if settings.certificate_key is not None:
            raise Unavailable(
                "QUARTERDECK_CERTIFICATE_KEY is set without QUARTERDECK_CERTIFICATE. Set both, or none for http."
            )
        return None
    check_times(settings.certificate)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
    context.set_alpn_protocols(["http/1.1"])
    load(context, settings.certificate, settings.certificate_key)
    return context


def load(context: ssl.SSLContext, certificate: Path, key: Path | None) -> None:
    """Put certificate and key into a context. Raises Unavailable."""

    def refuse() -> str:
        raise PassphraseAsked

    key_file = key or certificate
    try:
        if key is not None:
            key.read_bytes()
        context.load_cert_chain(certificate, key_file, password=refuse)
    except PassphraseAsked:
        raise Unavailable(
            f"The private key {key_file} has a passphrase, and nobody can type it at a start. Take it off "
            f"(openssl pkey -in {key_file.name} -out plain.key), make the file readable by the server's user only."
        ) from None
    except OSError as error:
        if getattr(error, "reason", "") == "KEY_VALUES_MISMATCH":
            raise Unavailable(
                f"The private key {key_file} does not belong to the certificate {certificate}. "
                "Name the key that the certificate was requested with."
            ) from None
        if isinstance(error, ssl.SSLError):
            raise Unavailable(
                f"The private key {key_file} cannot be used as a PEM key ({error.reason or 'no key in it'}). "
                "It begins with -----BEGIN PRIVATE KEY-----."
            ) from None
        raise Unavailable(
            f"The private key {key_file} cannot be read: {error.strerror}. "
            "Check QUARTERDECK_CERTIFICATE_KEY and the file's owner and mode."
        ) from None


def check_times(path: Path, now: datetime | None = None) -> None:
    """Raises Unavailable when the certificate cannot be read, is not valid yet, or no longer."""
    from engine.doctor.certificates import Unreadable, read

    try:
        found = read(path)
    except Unreadable as error:
        raise Unavailable(f"The TLS certificate {path} {error}. Check QUARTERDECK_CERTIFICATE.") from None
    moment = now or datetime.now(UTC)
    if moment > found.until:
        raise Unavailable(
            f"The TLS certificate {path} has expired on {found.until:%Y-%m-%d %H:%M} UTC: browsers would refuse it. "
            "Put a renewed one in its place."
        )
    if moment < found.since:
        raise Unavailable(
            f"The TLS certificate {path} is valid from {found.since:%Y-%m-%d %H:%M} UTC only. "
            "Use another one, or correct this machine's clock."
        )


@dataclass
class Renewal:
    """Takes up a renewed certificate without a restart: files are looked at once a minute."""

    settings: Settings
    context: ssl.SSLContext
    _seen: tuple[int, ...] = field(default=(), init=False)

    def __post_init__(self) -> None:
        self._seen = self._marks()

    def look(self) -> bool:
        """Load the files anew when they changed; a broken pair is logged and the old one stays in use."""
        marks = self._marks()
        if marks == self._seen or not marks:
            return False
        self._seen = marks
        certificate = self.settings.certificate
        assert certificate is not None
        try:
            check_times(certificate)
            load(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), certificate, self.settings.certificate_key)
            load(self.context, certificate, self.settings.certificate_key)
        except Unavailable as error:
            log.error("renewed certificate not taken", reason=error.sentence)
            return False
        log.info("renewed certificate in use", certificate=str(certificate))
        return True

    def _marks(self) -> tuple[int, ...]:
        files = [f for f in (self.settings.certificate, self.settings.certificate_key) if f is not None]
        try:
            return tuple(file.stat().st_mtime_ns for file in files)
        except OSError:
            return ()


def local_context(certificate: Path) -> ssl.SSLContext:
    """For a client on this machine: trusts the server's own certificate, under whatever name."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.check_hostname = (
        False  # it is asked as localhost; that it has this certificate's key is the proof
    )
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.load_verify_locations(certificate)
    return context


def for_uvicorn(context: ssl.SSLContext | None) -> dict[str, Any]:
    """Keyword arguments for ``uvicorn.Config``."""
    return {} if context is None else {"ssl_context_factory": lambda _config, _default: context}
