"""Whom a browser's cookie stands for now: looked up, known for two seconds, forgotten when anything ends.

A session also ends when no person did anything for a while. What people do is noted here at once, and written down
once a minute for other processes to see.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlmodel import col, select

from auth.acting import KNOWN_SECONDS, changes_rights
from auth.token_shape import digest
from engine.access import Actor
from engine.errors import NotFound, Refused, SignedOut
from engine.store.base import utc_now
from engine.store.database import EventRow
from engine.store.tables_access import AccountRow, SessionRow

if TYPE_CHECKING:
    from auth.service import Auth

TOUCH_SECONDS = 10.0
NOTED_SECONDS = 60.0  # activity is written to the database this often at most
MOST_KNOWN = 10_000
ENDED = "You are not signed in, or your sign-in has ended. Sign in and try again."


@dataclass(frozen=True)
class SignIn:
    """A session as it was found. ``active_at`` is when a person last did something."""

    id: str
    account: str
    stage: str
    method: str
    address: str
    agent: str
    created_at: datetime
    active_at: datetime
    expires_at: datetime
    oidc_sid: str = ""

    @property
    def full(self) -> bool:
        """Is there nothing left to be done?"""
        return self.stage == "full"


class SessionLookup:
    """The part of ``Sessions`` that finds them. Thread safe."""

    def __init__(self, auth: Auth) -> None:
        self.auth = auth
        self.engine = auth.engine
        self.settings = auth.settings
        self.generation = (
            0  # grows whenever a sign-in of this process may have ended, or may do something else
        )
        self._known: dict[str, tuple[SignIn | None, float]] = {}
        self._active: dict[str, tuple[datetime, float]] = {}
        self._lock = threading.Lock()
        self.engine.database.listen(self._heard)

    def look(self, token: str) -> SignIn:
        """The session of a cookie, at any stage; known for two seconds at most. Raises SignedOut."""
        known = self.peek(token)
        if known is None:
            known = self._look_up(digest(token)) if token else None
        if known is None:
            raise SignedOut(ENDED)
        return known

    def peek(self, token: str) -> SignIn | None:
        """The session if it is known without a look at the database. Raises SignedOut when it is known to be none."""
        held = self._known.get(digest(token))
        if held is None or held[1] < time.monotonic():
            return None
        if held[0] is None or self._over(held[0]):
            raise SignedOut(ENDED)
        return held[0]

    def actor(self, token: str, *, via: str = "page", request_id: str = "", address: str = "") -> Actor:
        """Whom a cookie stands for. Raises SignedOut, also before everything that was asked for is done."""
        found = self.look(token)
        if not found.full:
            raise SignedOut("Your sign-in is not complete yet. Finish it at /auth/sign-in.")
        try:
            return self.auth.accounts.actor_of(
                found.account,
                via=via,
                request_id=request_id,
                credential=found.id,
                address=address or found.address,
            )
        except (NotFound, Refused):
            raise SignedOut(ENDED) from None

    def alive(self, tokens: Iterable[str]) -> dict[str, bool]:
        """Which of these cookies are good now, asked of the database (one query): for pages that stay open."""
        generation = self.generation
        hashes = {digest(token): token for token in tokens}
        found = self._read(list(hashes))
        self._remember({key: found.get(key) for key in hashes}, generation)
        return {
            token: (hit := found.get(key)) is not None and hit.full and not self._over(hit)
            for key, token in hashes.items()
        }

    def due(self, token: str) -> bool:
        """Is it time to ``touch`` again? Costs no look at the database."""
        held = self._known.get(digest(token))
        if held is None or held[0] is None:
            return True
        seen = self._seen(held[0].id)
        return seen is None or (utc_now() - seen).total_seconds() >= TOUCH_SECONDS

    def touch(self, token: str) -> None:
        """Note that a person did something; written down once a minute at most. May take a database write."""
        try:
            found = self.look(token)
        except SignedOut:
            return
        now = utc_now()
        with self._lock:
            _, written = self._active.get(found.id, (now, -NOTED_SECONDS))
            due = time.monotonic() - written >= NOTED_SECONDS
            self._active[found.id] = (now, time.monotonic() if due else written)
        if due:
            with self.engine.database.light() as session:
                row = session.get(SessionRow, found.id)
                if row is not None and row.revoked_at is None:
                    row.active_at = now
                    session.add(row)

    def forget(self) -> None:
        """Look everything up anew from now on."""
        with self._lock:
            self.generation += 1
            self._known.clear()

    def forget_idle(self, now: datetime) -> None:
        """Let go of what people did long ago."""
        with self._lock:
            self._active = {
                key: value for key, value in self._active.items() if now - value[0] < timedelta(days=1)
            }

    def _look_up(self, key: str) -> SignIn | None:
        generation = self.generation
        found = self._read([key]).get(key)
        self._remember({key: found}, generation)
        return None if found is None or self._over(found) else found

    def _remember(self, found: Mapping[str, SignIn | None], generation: int) -> None:
        """Keep what was looked up in that generation; nothing if something may have ended while we looked."""
        until = time.monotonic() + KNOWN_SECONDS
        with self._lock:
            if generation == self.generation:
                if len(self._known) > MOST_KNOWN:
                    self._known.clear()
                self._known |= {key: (one, until) for key, one in found.items()}

    def _read(self, keys: Sequence[str]) -> dict[str, SignIn]:
        """Sessions by hash of their cookie, those of active accounts only."""
        made: dict[str, SignIn] = {}
        for at in range(0, len(keys), 500):
            query = (
                select(SessionRow)
                .join(AccountRow, col(AccountRow.id) == col(SessionRow.account))
                .where(
                    col(SessionRow.token_hash).in_(keys[at : at + 500]),
                    col(SessionRow.revoked_at).is_(None),
                    AccountRow.state == "active",
                )
            )
            with self.engine.database.read() as session:
                made |= {row.token_hash: self._found(row) for row in session.exec(query)}
        return made

    def _listed(self, *conditions: Any) -> Sequence[SignIn]:
        query = (
            select(SessionRow)
            .where(*conditions, col(SessionRow.revoked_at).is_(None), col(SessionRow.expires_at) > utc_now())
            .order_by(col(SessionRow.id).desc())
        )
        with self.engine.database.read() as session:
            rows = [self._found(row) for row in session.exec(query)]
        return [row for row in rows if not self._over(row)]

    def _found(self, row: SessionRow) -> SignIn:
        """The row as it is handed out, with the newest sign of life, also one that is not written down yet."""
        return SignIn(
            row.id, row.account, row.stage, row.method, row.address, row.agent,
            row.created_at, max(row.active_at, self._seen(row.id) or row.active_at), row.expires_at, row.oidc_sid,
        )  # fmt: skip

    def _seen(self, session_id: str) -> datetime | None:
        """When a person last did something with it that this process knows of."""
        held = self._active.get(session_id)
        return held[0] if held is not None else None

    def _over(self, found: SignIn) -> bool:
        """Is its time over, or has nobody done anything for too long?"""
        now = utc_now()
        idle = now - max(self._seen(found.id) or found.active_at, found.active_at)
        return now >= found.expires_at or idle >= timedelta(minutes=self.settings.session_idle_minutes)

    def _heard(self, row: EventRow) -> None:
        if row.object_kind in ("session", "token") or changes_rights(row):
            self.forget()
