"""The chain: what of an entry is hashed, and how.

An entry's hash is SHA-256 (FIPS 180-4) over the hash of the entry before it, a line end, and the entry's
canonical content: the JSON array (RFC 8259, UTF-8, no spaces) of all columns but the hash itself, in the order
of ``COLUMNS``, the time as ``YYYY-MM-DD HH:MM:SS.ffffff`` in UTC. So each hash fixes every entry before it.

A personal value is not in the chain: the entry holds a hash of the value with a random salt, and the side table
holds both. When they are erased nothing is left that the hash could be guessed from.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from engine.canonical_json import canonical as spelled
from engine.canonical_json import encoder

COLUMNS = (
    "seq", "at", "actor", "kind", "via", "credential", "request", "action", "object_kind", "object_id",
    "department", "result", "reason", "details", "personal",
)  # fmt: skip
GENESIS = "0" * 64  # what the first entry follows
SALT_BYTES = 16
_SPACE = 2**256


array = encoder(sort_keys=False)


def canonical(value: Any) -> str:
    """JSON in the one spelling that is hashed: keys sorted, no spaces."""
    return spelled(value)


def at_text(at: datetime) -> str:
    """A time as it is hashed. Raises ValueError for one without a time zone."""
    if at.tzinfo is None:
        raise ValueError(f"{at!r} has no time zone: use an aware date-time")
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


def link(before: str, content: Sequence[Any]) -> str:
    """The hash of an entry: ``before`` is the previous one's, ``content`` the values of ``COLUMNS``."""
    text = f"{before}\n{array(content)}"
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def new_salt() -> str:
    """A salt for one personal value."""
    return secrets.token_hex(SALT_BYTES)


def salted(salt: str, account: str, value: str) -> str:
    """What the chain holds of a personal value, and of whose it is."""
    return hashlib.sha256(array((salt, account, value)).encode("utf-8", "surrogatepass")).hexdigest()


def set_sum(items: Iterable[tuple[int, str, str]], start: int = 0) -> int:
    """A sum over a set of erased values (entry, field, account) that does not depend on their order.

    Each is hashed and the hashes are added modulo 2^256: the erasing entry holds the sum, so a value that
    disappeared without an erasure is found, and parts may be taken off again when old entries are pruned.
    """
    total = start
    for item in items:
        total += int.from_bytes(hashlib.sha256(array(item).encode()).digest())
    return total % _SPACE


def sum_text(total: int) -> str:
    """The sum as an entry holds it."""
    return f"{total % _SPACE:064x}"
