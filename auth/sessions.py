"""Signing in, and who a browser's cookie stands for.

A cookie holds 256 random bits; the database holds their SHA-256, so a copy of it lets nobody in. A session has a
``stage``: ``totp`` (a second factor is asked for), ``password`` (it must be changed first) or ``full``; it gets a
new cookie whenever its stage changes. It ends at a fixed time, after a while in which no person did anything,
and at once when it is revoked or the account is disabled.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, or_
from sqlmodel import Session, col, select

from auth.events_signin import PersonSignedOut, SessionRevoked, SignedIn
from auth.session_lookup import ENDED, SessionLookup, SignIn
from auth.token_shape import digest, refuse_tokens
from engine.access import ACCOUNT_MANAGE, SESSION_MANAGE, Actor, require, service
from engine.errors import NotFound, SignedOut
from engine.store.base import new_id, utc_now
from engine.store.database import Change
from engine.store.tables_access import AccountRow, SessionRow

if TYPE_CHECKING:
    from auth.service import Auth

KEPT_DAYS = 30  # rows of ended sessions (they hold addresses) are kept so long
ANYBODY = Actor("anybody", name="Not signed in")


@dataclass(frozen=True)
class Began:
    """A sign-in on its way: the cookie's value, and what is still to be done (``full``: nothing)."""

    token: str
    stage: str
    session: str
    account: str


class Sessions(SessionLookup):
    """Begins, finds and ends sessions. Thread safe."""

    def __init__(self, auth: Auth) -> None:
        super().__init__(auth)
        self._next_sweep = 0.0

    def begin_for(
        self,
        account: str,
        *,
        method: str,
        address: str = "",
        agent: str = "",
        replaces: str = "",
        stage: str = "full",
        oidc_sid: str = "",
        oidc_hint: str | None = None,
    ) -> Began:
        """A session for somebody whose identity was shown in another way. Raises Refused for a disabled account."""
        actor = self.auth.accounts.actor_of(account, address=address)
        with self.engine.database.change(actor) as change:
            return self.add(
                change,
                account,
                stage=stage,
                method=method,
                address=address,
                agent=agent,
                replaces=replaces,
                oidc_sid=oidc_sid,
                oidc_hint=oidc_hint,
            )

    def add(
        self, change: Change, account: str, *, stage: str, method: str, replaces: str = "", **about: Any
    ) -> Began:
        """Add the row of a new session in an open change; the browser's earlier one ends."""
        session = change.session
        self._end_replaced(session, replaces)
        token = secrets.token_urlsafe(32)
        now = utc_now()
        row = SessionRow(
            id=new_id(),
            token_hash=digest(token),
            account=account,
            stage=stage,
            method=method,
            created_at=now,
            active_at=now,
            expires_at=now + timedelta(hours=self.settings.session_hours),
            **{**about, "agent": str(about.get("agent", ""))[:300]},
        )
        session.add(row)
        if stage == "full":
            self._complete(change, row)
        self._sweep(session, now)
        return Began(token, stage, row.id, account)

    def advance(self, change: Change, session_id: str, stage: str, *, method: str = "") -> Began:
        """The next stage, under a new cookie: whoever knew the old one knows nothing. Raises SignedOut."""
        row = change.session.get(SessionRow, session_id)
        if row is None or row.revoked_at is not None:
            raise SignedOut(ENDED)
        token = secrets.token_urlsafe(32)
        row.token_hash = digest(token)
        was, row.stage, row.method = row.stage, stage, method or row.method
        change.session.add(row)
        if stage == "full" and was != "full":
            self._complete(change, row)
        self.forget()
        return Began(token, stage, row.id, row.account)

    def renew(self, token: str) -> Began:
        """The same session under a new cookie (something weighty was changed). Raises SignedOut."""
        found = self.look(token)
        with self.engine.database.change(Actor(found.account, credential=found.id)) as change:
            return self.advance(change, found.id, found.stage)

    def sign_out(self, token: str, *, address: str = "") -> SignIn | None:
        """End the session of a cookie; returns what it was, None when there was none."""
        try:
            found = self._look_up(digest(token)) if token else None
        except SignedOut:
            return None
        if found is None:
            return None
        who = Actor(found.account, credential=found.id, address=address)
        with self.engine.database.change(who) as change:
            row = change.session.get(SessionRow, found.id)
            if row is not None and row.revoked_at is None:
                row.revoked_at = utc_now()
                change.session.add(row)
                change.emit(PersonSignedOut(account=row.account, session=row.id))
        self.forget()
        return found

    def mine(self, actor: Actor) -> Sequence[SignIn]:
        """One's own living sessions, the newest first."""
        refuse_tokens(actor, "see sessions")
        return self._listed(SessionRow.account == actor.id)

    @service(SESSION_MANAGE)
    def list(self, actor: Actor, account: str | None = None) -> Sequence[SignIn]:
        """Living sessions of everybody, or of one account, the newest first."""
        return self._listed(*([SessionRow.account == account] if account else []))

    def revoke(self, actor: Actor, session_id: str, reason: str = "") -> None:
        """End a session at once: one's own, or anybody's for those who manage sessions. Twice is no error.

        Raises NotFound, also for somebody else's session that one may not end.
        """
        refuse_tokens(actor, "end sessions")
        with self.engine.database.read() as session:
            row = session.get(SessionRow, session_id)
        if row is None or row.account != actor.id:
            if row is None and self.engine.authorizer.decide(actor, SESSION_MANAGE, None).allowed:
                raise NotFound("session", session_id)
            require(self.engine.authorizer, actor, SESSION_MANAGE, None, self.engine.auditor)
        self.end(actor, [session_id], reason)

    def revoke_all(self, actor: Actor, account: str = "", reason: str = "", *, keep: str = "") -> int:
        """End all sessions of an account (one's own without one) but the one to ``keep``; returns how many.

        Others' sessions: for those who manage sessions or accounts. Raises Refused.
        """
        refuse_tokens(actor, "end sessions")
        account = account or actor.id
        if account != actor.id and not self.engine.authorizer.decide(actor, ACCOUNT_MANAGE, None).allowed:
            require(self.engine.authorizer, actor, SESSION_MANAGE, None, self.engine.auditor)
        ids = [found.id for found in self._listed(SessionRow.account == account) if found.id != keep]
        self.end(actor, ids, reason)
        return len(ids)

    def end(self, actor: Actor, ids: Iterable[str], reason: str) -> None:
        """End sessions in a change of its own: for parts that have checked the right themselves."""
        with self.engine.database.change(actor) as change:
            self.end_within(change, ids, reason)
        self.forget()

    def end_within(self, change: Change, ids: Iterable[str], reason: str) -> None:
        """End sessions in an open change. The caller forgets what is known after the commit (events do that too)."""
        for session_id in ids:
            row = change.session.get(SessionRow, session_id)
            if row is not None and row.revoked_at is None:
                row.revoked_at = utc_now()
                change.session.add(row)
                change.emit(SessionRevoked(account=row.account, session=row.id, reason=reason))

    def end_account(self, change: Change, account: str, reason: str, *, keep: str = "") -> None:
        """End all sessions of an account in an open change (password changed, account disabled)."""
        query = select(SessionRow.id).where(
            SessionRow.account == account, col(SessionRow.revoked_at).is_(None)
        )
        ids = [found for found in change.session.exec(query) if found != keep]
        self.end_within(change, ids, reason)

    def _complete(self, change: Change, row: SessionRow) -> None:
        account = change.session.get(AccountRow, row.account)
        if account is not None:
            account.last_sign_in = utc_now()
            change.session.add(account)
        change.emit(SignedIn(account=row.account, session=row.id, method=row.method))

    def _end_replaced(self, session: Session, token: str) -> None:
        """The session that the browser had before ends with the new sign-in."""
        if not token:
            return
        row = session.exec(select(SessionRow).where(SessionRow.token_hash == digest(token))).first()
        if row is not None and row.revoked_at is None:
            row.revoked_at = utc_now()
            session.add(row)
        self.forget()

    def _sweep(self, session: Session, now: datetime) -> None:
        """Once an hour: rows of sessions that ended long ago, with the addresses in them."""
        if time.monotonic() < self._next_sweep:
            return
        self._next_sweep = time.monotonic() + 3600
        old = now - timedelta(days=KEPT_DAYS)
        session.connection().execute(
            delete(SessionRow).where(or_(col(SessionRow.expires_at) < old, col(SessionRow.revoked_at) < old))
        )
        self.forget_idle(now)
