"""Time-based one-time passwords (RFC 6238 over RFC 4226) and the recovery codes beside them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import time
from urllib.parse import quote, urlencode

STEP_SECONDS = 30
DIGITS = 6
DRIFT = 1  # steps that a phone's clock may be off
SECRET_BYTES = 20  # as long as SHA-1's result (RFC 4226 §4, R6); all common apps know this kind only
CODES = 10
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


def new_secret() -> bytes:
    """A fresh secret."""
    return secrets.token_bytes(SECRET_BYTES)


def shown(secret: bytes) -> str:
    """The secret as a person types it into an app: Base32 in groups of four."""
    text = base64.b32encode(secret).decode().rstrip("=")
    return " ".join(text[at : at + 4] for at in range(0, len(text), 4))


def address(secret: bytes, name: str, company: str) -> str:
    """The ``otpauth:`` address that a QR code holds."""
    issuer = company or "Quarterdeck"
    text = base64.b32encode(secret).decode().rstrip("=")
    return f"otpauth://totp/{quote(issuer)}:{quote(name)}?" + urlencode({"secret": text, "issuer": issuer})


def code(secret: bytes, step: int) -> str:
    """The code of a time step (RFC 4226 §5.3)."""
    made = hmac.new(secret, step.to_bytes(8, "big"), hashlib.sha1).digest()  # the standard's own hash
    at = made[-1] & 15
    number = int.from_bytes(made[at : at + 4], "big") & 0x7FFF_FFFF
    return f"{number % 10**DIGITS:0{DIGITS}}"


def matching_step(secret: bytes, given: str, last: int, now: float | None = None) -> int | None:
    """The time step that a code is of; None when it is wrong, too old, or was used (``last``) already."""
    current = int((time.time() if now is None else now) // STEP_SECONDS)
    found = None
    for step in range(max(current - DRIFT, 0), current + DRIFT + 1):
        right = hmac.compare_digest(code(secret, step).encode(), given.encode())
        if right and step > last:
            found = step
    return found


def recovery_codes() -> list[str]:
    """Ten codes that each work once (50 bits: they are only tried beside a right password, and few times)."""
    return [
        "-".join("".join(secrets.choice(ALPHABET) for _ in range(5)) for _ in range(2)) for _ in range(CODES)
    ]


def hashed(key: bytes, given: str) -> str:
    """What is kept of a recovery code; typed with or without the dash, in any case."""
    return hmac.new(key, normal(given).encode(), hashlib.sha256).hexdigest()


def normal(given: str) -> str:
    """A code without blanks and dashes."""
    return "".join(sign for sign in given.casefold() if sign.isalnum())
