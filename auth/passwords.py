"""Passwords: hashed with Argon2id (RFC 9106, its second recommended choice), checked by length and commonness.

There are no rules about digits or signs (NIST SP 800-63B §5.1.1.2): length and not being guessable count.
"""

from __future__ import annotations

import secrets
import threading
import unicodedata
from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING

from auth.common import why_common
from engine.errors import Invalid, Problem

if TYPE_CHECKING:
    from argon2 import PasswordHasher

SHORTEST, LONGEST = 12, 128
AT_ONCE = (
    2  # hashes at one time: each takes 64 MiB and about 0.1 s of several cores, guesses must not take more
)
# of one-time passwords: no letters or digits that are mistaken for each other
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
_turns = threading.BoundedSemaphore(AT_ONCE)
_turns_known = threading.BoundedSemaphore(1)


@cache
def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher

    return PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=4, hash_len=32, salt_len=16)


@cache
def _dummy() -> str:
    """A hash that no password has: verifying against it takes as long as against a real one."""
    return _hasher().hash(secrets.token_hex(32))


def prepare() -> None:
    """Do now what the first sign-in would otherwise wait for."""
    _dummy()


def hashed(password: str) -> str:
    """The hash to store."""
    with _turns:
        return _hasher().hash(_normal(password))


def verified(kept: str | None, password: str, *, known: bool = False) -> bool:
    """Is it that password? Takes the same time when there is none (``kept`` None): nobody learns who has one.

    ``known``: asked from a browser that this person has used before; it does not wait behind strangers' guesses.
    """
    from argon2.exceptions import InvalidHashError, VerificationError

    with _turns_known if known else _turns:
        try:
            right = _hasher().verify(kept or _dummy(), _normal(password)[: 4 * LONGEST])
        except (VerificationError, InvalidHashError):
            return False
    return right and kept is not None


def outdated(kept: str) -> bool:
    """Was it hashed with weaker settings than today's? Then hash again while the password is at hand."""
    return _hasher().check_needs_rehash(kept)


def generated() -> str:
    """A one-time password, easy to read out: four groups of four (79 bits)."""
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(4)) for _ in range(4))


def check(password: str, about: Iterable[str] = ()) -> None:
    """Raise Invalid when a password is too short or too easily guessed.

    ``about``: what is known of the person (name, e-mail, company); it must not make up the password.
    """
    text = _normal(password)
    problem = ""
    if len(text) < SHORTEST:
        problem = (
            f"The password has {len(text)} characters; it needs at least {SHORTEST}. "
            "Several words in a row are easy to remember."
        )
    elif len(text) > LONGEST:
        problem = f"The password has {len(text)} characters; at most {LONGEST} are kept. Shorten it."
    elif why := why_common(text, about):
        problem = (
            f"The password {why}, so it is quickly guessed. Choose several words that have nothing in common."
        )
    if problem:
        raise Invalid("the password", [Problem("password", problem, "", "password-rules")])


def _normal(password: str) -> str:
    """One spelling for what looks the same (NIST SP 800-63B: NFKC), however the keyboard sent it."""
    return unicodedata.normalize("NFKC", password)
