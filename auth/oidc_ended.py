"""The provider says that somebody has signed out there (OpenID Connect Back-Channel Logout 1.0)."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from sqlmodel import col, select

from auth.events import ProviderSignedOut
from auth.oidc_errors import ProviderRefused
from engine.access import SYSTEM
from engine.store.tables_access import AccountRow, SessionRow

if TYPE_CHECKING:
    from auth.oidc_provider import Provider
    from auth.service import Auth

METHOD = "oidc"
ENDED_THERE = "signed out at the identity provider"
SEEN_SECONDS = 1800.0  # longer than a logout token is taken


class EndedThere:
    """Takes the provider's messages, each once. Thread safe."""

    def __init__(self, auth: Auth) -> None:
        self.auth = auth
        self._seen: dict[str, float] = {}
        self._lock = threading.Lock()

    def take(self, provider: Provider, text: str, address: str) -> int:
        """End the sign-ins that a message names; returns how many.

        Raises ProviderRefused for what the provider did not sign, and for the same message a second time.
        """
        from auth import oidc_claims

        claims = oidc_claims.logout_token(provider, text)
        self._once(str(claims["jti"]))
        issuer, subject, sid = str(claims["iss"]), claims.get("sub"), claims.get("sid")
        query = select(SessionRow).join(AccountRow, col(AccountRow.id) == col(SessionRow.account))
        query = query.where(AccountRow.issuer == issuer, col(SessionRow.revoked_at).is_(None))
        if subject:
            query = query.where(AccountRow.subject == str(subject))
        if sid:
            query = query.where(SessionRow.oidc_sid == str(sid))
        with self.auth.engine.database.change(replace(SYSTEM, via="api", address=address)) as change:
            found = list(change.session.exec(query.where(SessionRow.method == METHOD)))
            self.auth.sessions.end_within(change, [row.id for row in found], ENDED_THERE)
            for account in sorted({row.account for row in found}):
                ended = sum(row.account == account for row in found)
                change.emit(ProviderSignedOut(account=account, sessions=ended))
        self.auth.sessions.forget()
        return len(found)

    def _once(self, jti: str) -> None:
        """Raise ProviderRefused for a message that came before (2.6 step 8)."""
        now = time.monotonic()
        with self._lock:
            self._seen = {known: at for known, at in self._seen.items() if now - at < SEEN_SECONDS}
            if jti in self._seen:
                raise ProviderRefused("state", "this logout token was used already")
            self._seen[jti] = now
