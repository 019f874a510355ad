"""A real mail server in this process: STARTTLS or TLS with a certificate of its own, signing in, and refusals."""

from __future__ import annotations

import datetime
import ipaddress
import socket
import ssl
import time
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

USER, PASSWORD = "quarterdeck", "mail-password-0123"


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for localhost and its key, made now: (certificate, key)."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    folder.mkdir(parents=True, exist_ok=True)
    public, private = folder / "mail.pem", folder / "mail.key"
    public.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return public, private


def free_port() -> int:
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        return int(made.getsockname()[1])


@dataclass
class MailBox:
    """What the server took; ``refuse`` maps a recipient to the answer it gets."""

    messages: list[EmailMessage] = field(default_factory=list)
    protected: list[bool] = field(default_factory=list)
    refuse: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        import asyncio

        message = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.messages.append(message)
        self.protected.append(session.ssl is not None)
        await asyncio.sleep(self.delay)
        return "250 taken"

    def wait(self, count: int, seconds: float = 20.0) -> list[EmailMessage]:
        """The messages, as soon as there are so many."""
        end = time.monotonic() + seconds
        while len(self.messages) < count and time.monotonic() < end:
            time.sleep(0.02)
        assert len(self.messages) >= count, f"{len(self.messages)} of {count} mails came"
        return self.messages


class MailServer:
    """The server; ``start`` and ``stop`` may be called again: the port stays."""

    def __init__(self, folder: Path, security: str = "starttls", *, signing_in: bool = True) -> None:
        self.box = MailBox()
        self.port = free_port()
        self.security, self.signing_in = security, signing_in
        self.certificate, key = certificate(folder)
        self._context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._context.load_cert_chain(self.certificate, key)
        self._controller: Controller | None = None

    def start(self) -> MailServer:
        options: dict[str, Any] = {}
        if self.security == "starttls":
            options |= {"tls_context": self._context, "require_starttls": True}
        elif self.security == "tls":
            options |= {"ssl_context": self._context}
        if self.signing_in:
            options |= {"authenticator": _authenticate, "auth_required": True}
            options |= {"auth_require_tls": self.security == "starttls"}
        self._controller = Controller(self.box, hostname="127.0.0.1", port=self.port, **options)
        self._controller.start()
        return self

    def stop(self) -> None:
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    def option(self, **more: Any) -> dict[str, Any]:
        """The settings that send through this server."""
        given = {
            "host": "localhost",
            "port": self.port,
            "security": self.security,
            "username": USER if self.signing_in else "",
            "sender": "quarterdeck@example.com",
            "ca_file": str(self.certificate),
            "timeout_seconds": 5,
        }
        return given | more


def _authenticate(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
    good = isinstance(data, LoginPassword) and (data.login, data.password) == (
        USER.encode(),
        PASSWORD.encode(),
    )
    return AuthResult(success=good, handled=not good and False)


def text_of(message: EmailMessage) -> str:
    part = message.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def html_of(message: EmailMessage) -> str:
    part = message.get_body(("html",))
    assert part is not None
    return str(part.get_content())
