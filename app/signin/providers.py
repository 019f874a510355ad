"""What the identity provider adds to the sign-in pages, where there is one."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from engine.errors import QuarterdeckError

if TYPE_CHECKING:
    from auth.service import Auth
    from auth.session_lookup import SignIn

CONTEXT = "link.oidc:leave"
SECONDS = 120


@dataclass(frozen=True)
class Button:
    """Another way to sign in."""

    label: str
    href: str


def buttons(auth: Auth, wanted: str) -> list[Button]:
    """The other ways to sign in; none where no provider is set up."""
    offer = auth.identity.offer()
    if offer is None:
        return []
    more = f"?next={quote(wanted, safe='')}" if wanted else ""
    return [Button(offer, f"/auth/oidc/start{more}")]


def after_sign_out(auth: Auth, found: SignIn | None) -> str:
    """Where a browser goes that signs out, so that it is signed out at the provider as well; empty: nowhere else.

    The session's id is sealed: nobody else can ask for the provider's address with that session's identity in it.
    """
    if found is None or found.method != "oidc":
        return ""
    sealed = auth.keys.seal(json.dumps([found.id, int(time.time())]), CONTEXT)
    return f"/auth/oidc/leave?of={quote(sealed, safe='')}"


def leaving(auth: Auth, sealed: str, base: str) -> str:
    """The provider's address that ends the sign-in there; empty where there is none, or the link is old."""
    try:
        session, at = json.loads(auth.keys.open_text(sealed, CONTEXT))
    except (QuarterdeckError, ValueError, TypeError):
        return ""
    if time.time() - at > SECONDS:
        return ""
    return auth.identity.sign_out_address(session, base) or ""
