"""A mail: its settings, and from a stored letter to a message of plain text and simple HTML (RFC 5322, 2046)."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal

from engine.errors import Invalid, Problem
from engine.notify.words import word

SECURITIES = ("starttls", "tls", "none")
PORTS = {"starttls": 587, "tls": 465, "none": 25}
ADDRESS = re.compile(r"[^@\s<>\"',;:()\[\]\\]+@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?", re.ASCII)
LONGEST_SUBJECT = 200


@dataclass(frozen=True)
class MailSettings:
    """How mail is sent: the option ``email``. ``security`` is how the connection is protected.

    ``ca_file`` is a file of certificates for a mail server whose certificate the company itself has issued.
    """

    host: str = ""
    port: int = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    username: str = ""
    sender: str = ""
    sender_name: str = "Quarterdeck"
    ca_file: str = ""
    timeout_seconds: float = 20.0

    @property
    def works(self) -> bool:
        """Is there enough to send anything?"""
        return bool(self.host and self.sender)

    @property
    def domain(self) -> str:
        """The part after the @ of the sender: what Message-IDs end with."""
        return self.sender.rpartition("@")[2] or "localhost"

    @classmethod
    def of(cls, option: Mapping[str, Any]) -> MailSettings:
        """From the stored option; unknown keys are ignored (a newer version may have written them)."""
        known = {key: value for key, value in option.items() if key in cls.__dataclass_fields__}
        return cls(**known)

    def as_option(self) -> dict[str, Any]:
        """What is stored."""
        return asdict(self)

    def check(self) -> None:
        """Raises Invalid naming every problem."""
        problems = []
        if not self.host or re.search(r"[\s/@]", self.host):
            problems.append(
                Problem("host", "The mail server must be a name such as mail.example.com.", self.host)
            )
        if not 0 < self.port < 65536:
            problems.append(
                Problem("port", f"The port {self.port} must be between 1 and 65535.", str(self.port))
            )
        if self.security not in SECURITIES:
            rule = "one of starttls, tls, none"
            problems.append(Problem("security", f"The protection must be {rule}.", self.security, rule))
        if not is_address(self.sender):
            problems.append(
                Problem(
                    "sender", f"“{self.sender}” is not a mail address: write name@example.com.", self.sender
                )
            )
        if re.search(r"[\r\n]", self.sender_name + self.username):
            problems.append(Problem("sender_name", "Names must be on one line."))
        if not 1 <= self.timeout_seconds <= 300:
            problems.append(Problem("timeout_seconds", "The time limit must be between 1 and 300 seconds."))
        if problems:
            raise Invalid("the e-mail settings", problems)


@dataclass(frozen=True)
class Letter:
    """What the outbox keeps of a mail until it is sent (sealed: a link in it may let somebody in)."""

    title: str
    body: str
    link: str = ""  # a path of this server, or a whole address
    name: str = ""  # of the recipient, for the greeting
    always: bool = False
    note: str = ""

    def text(self) -> str:
        """As it is stored."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def read(cls, text: str) -> Letter:
        """From what is stored."""
        return cls(**json.loads(text))


def is_address(text: str) -> bool:
    """Does it look like one mail address, as accounts keep it and mail is sent to it? (It may still not exist.)"""
    return len(text) <= 254 and ADDRESS.fullmatch(text) is not None


def one_line(text: str, most: int = LONGEST_SUBJECT) -> str:
    """Without line breaks and control characters, which headers must not have; cut to a length."""
    plain = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return plain if len(plain) <= most else plain[: most - 1] + "…"


def message(
    settings: MailSettings, letter: Letter, *, id: str, recipient: str, subject: str, at: datetime, base: str
) -> Any:
    """The message. ``id`` makes its Message-ID: the same mail has the same one, however often it is sent."""
    from email.headerregistry import Address
    from email.message import EmailMessage
    from email.utils import format_datetime

    made = EmailMessage()
    local, _, domain = settings.sender.rpartition("@")
    made["From"] = Address(one_line(settings.sender_name, 80), local, domain)
    made["To"] = recipient
    made["Subject"] = one_line(subject)
    made["Date"] = format_datetime(at)
    made["Message-ID"] = f"<{id.lower()}@{settings.domain}>"
    made["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday replies, please
    link = base.rstrip("/") + letter.link if letter.link.startswith("/") else letter.link
    made.set_content(_plain(letter, link, base))
    made.add_alternative(_html(letter, link, base), subtype="html")
    return made


def _parts(letter: Letter, base: str) -> tuple[list[str], str]:
    greeting = word("mail.greeting", name=letter.name) if letter.name else word("mail.greeting_nobody")
    why = word("mail.why_always" if letter.always else "mail.why", place=base)
    return [greeting, letter.title, letter.body, letter.note], why


def _plain(letter: Letter, link: str, base: str) -> str:
    parts, why = _parts(letter, base)
    if link:
        parts.append(word("mail.open", address=link))
    return "\n\n".join([*filter(None, parts), f"-- \n{why}"]) + "\n"


def _html(letter: Letter, link: str, base: str) -> str:
    (greeting, title, body, note), why = _parts(letter, base)
    paragraphs = [f"<p>{html.escape(greeting)}</p>", f"<p><strong>{html.escape(title)}</strong></p>"]
    for text in filter(None, (body, note)):
        paragraphs += [
            f"<p>{html.escape(part).replace(chr(10), '<br>')}</p>"
            for part in text.split("\n\n")
            if part.strip()
        ]
    if link:
        paragraphs.append(f'<p><a href="{html.escape(link)}">{html.escape(word("mail.button"))}</a></p>')
    paragraphs.append(f'<p style="color:#666;font-size:small">{html.escape(why)}</p>')
    return (
        '<!doctype html><html><body style="font-family:sans-serif;line-height:1.5;max-width:40em">'
        + "\n".join(paragraphs)
        + "</body></html>"
    )
