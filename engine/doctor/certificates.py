"""What a certificate file says: from when until when, for which names."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path


class Unreadable(Exception):
    """The file cannot be read as a certificate; the text says why, as the end of a sentence."""


@dataclass(frozen=True)
class Certificate:
    """Times are in UTC; ``names`` are the host names and addresses that it was made for."""

    since: datetime
    until: datetime
    names: tuple[str, ...]

    def covers(self, host: str) -> bool:
        """Was it made for this name? A ``*`` stands for one label (RFC 6125, 6.4.3)."""
        parent = host.partition(".")[2]
        return host.lower() in self.names or (bool(parent) and f"*.{parent.lower()}" in self.names)


def read(path: Path) -> Certificate:
    """The first certificate of a PEM file. Raises Unreadable."""
    from cryptography import x509

    try:
        text = path.read_bytes()
    except OSError as error:
        raise Unreadable(f"cannot be read: {error.strerror}") from None
    try:
        found = x509.load_pem_x509_certificate(text)
    except ValueError:
        raise Unreadable(
            "is no certificate in PEM form (it begins with -----BEGIN CERTIFICATE-----)"
        ) from None
    return Certificate(found.not_valid_before_utc, found.not_valid_after_utc, _names(found))


def _names(certificate: object) -> tuple[str, ...]:
    from cryptography import x509

    assert isinstance(certificate, x509.Certificate)
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    found = [name.lower() for name in names.get_values_for_type(x509.DNSName)]
    return (*found, *(str(address) for address in names.get_values_for_type(x509.IPAddress)))
