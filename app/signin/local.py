"""How the command line of this machine shows a running server that it may: by a key only the data folder holds.

Whoever may read the data folder is its administrator (the database is there). The server writes a random key
beside its address, in a file of mode 0600; a command signs the time and its user's name with it. A signature is
good for a minute, and the key for as long as the server runs.
"""

from __future__ import annotations

import base64
import getpass
import hashlib
import hmac
import secrets
import time
from dataclasses import replace

from engine.access import LOCAL_ADMIN, Actor
from engine.errors import SignedOut

SECONDS = 60
PREFIX = "local."
KEY = secrets.token_hex(32)


def credential(key: str) -> str:
    """What a command sends as its Bearer token."""
    who = base64.urlsafe_b64encode(user().encode()).decode().rstrip("=")
    made = f"{PREFIX}{int(time.time())}.{who}"
    return f"{made}.{_mark(key, made)}"


def actor(text: str, *, request_id: str = "", address: str = "") -> Actor:
    """Whom such a credential stands for: the local administrator. Raises SignedOut."""
    made, _, mark = text.rpartition(".")
    if not hmac.compare_digest(mark.encode(), _mark(KEY, made).encode()):
        raise SignedOut("This command does not belong to this server. Run it on the server's own machine.")
    _, at, named = made.split(".")
    if abs(time.time() - int(at)) > SECONDS:
        raise SignedOut("This command's permit is older than a minute. Run it again.")
    who = base64.urlsafe_b64decode(named + "=" * (-len(named) % 4)).decode()
    return replace(LOCAL_ADMIN, request_id=request_id, address=who or address)


def user() -> str:
    """The operating system's name of who runs this process."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container may run as a number without a name
        return ""


def _mark(key: str, made: str) -> str:
    return hmac.new(key.encode(), made.encode(), hashlib.sha256).hexdigest()
