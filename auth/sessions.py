"""Signing in, and who a browser's cookie stands for.

A cookie holds 256 random bits; the database holds their SHA-256, so a copy of it lets nobody in. A session has a
``stage``: ``totp`` (a second factor is asked for), ``password`` (it must be changed first) or ``full``; it gets a
new cookie whenever its stage changes. It ends at a fixed time, after a while in which no person did anything,
and at once when it is revoked or the account is disabled.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, or_
from sqlmodel import Session, col, select

from auth.events_signin import PersonSignedOut, SessionRevoked, SignedIn
from auth.token_shape import refuse_tokens
from engine.access import ACCOUNT_MANAGE, SESSION_MANAGE, Actor, require, service
from engine.errors import NotFound, QuarterdeckError, SignedOut
from engine.store.base import new_id, utc_now
from engine.store.database import Change, EventRow
from engine.store.tables_access import AccountRow, SessionRow

if TYPE_CHECKING:
    from auth.service import Auth

KNOWN_SECONDS = 2.0  # what was looked up holds so long; this process's own changes count at once
TOUCH_SECONDS = 10.0
NOTED_SECONDS = 60.0  # activity is written to the database this often at most
KEPT_DAYS = 30  # rows of ended sessions (they hold addresses) are kept so long
CHANGES = frozenset({"account", "session", "token"})  # kinds of objects whose events may end a sign-in
ANYBODY = Actor("anybody", name="Not signed in")
ENDED = "You are not signed in, or your sign-in has ended. Sign in and try again."


@dataclass(frozen=True)
class Began:
    """A sign-in on its way: the cookie's value, and what is still to be done (``full``: nothing)."""

    token: str
    stage: str
    session: str
    account: str


@dataclass(frozen=True)
class SignIn:
    """A session as it was found. ``active_at`` is when a person last did something."""

    id: str
    account: str
    stage: str
    method: str
    csrf: str
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


class Sessions:
    """Begins, finds and ends sessions. Thread safe."""

    def __init__(self, auth: Auth) -> None:
        self.auth = auth
        self.engine = auth.engine
        self.settings = auth.settings
        self.generation = 0  # grows whenever a session of this process may have ended
        self._known: dict[str, tuple[SignIn | None, float]] = {}
        self._active: dict[str, tuple[datetime, float]] = {}
        self._lock = threading.Lock()
        self._next_sweep = 0.0
        self.engine.database.listen(self._heard)

    def begin(
        self,
        name: str,
        password: str,
        *,
        address: str = "",
        agent: str = "",
        device: str = "",
        replaces: str = "",
    ) -> Began:
        """Sign in by password. ``device`` is the cookie of a known browser, ``replaces`` the session cookie it had.

        Raises SignInRefused, Throttled. See ``auth.signin``.
        """
        return self.auth.signin.by_password(name, password, address, agent, device, replaces)

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
            csrf=secrets.token_urlsafe(24),
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
        row.token_hash, row.csrf = digest(token), secrets.token_urlsafe(24)
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
        except QuarterdeckError:
            raise SignedOut(ENDED) from None

    def alive(self, tokens: Iterable[str]) -> dict[str, bool]:
        """Which of these cookies are good now, asked of the database (one query): for pages that stay open."""
        hashes = {digest(token): token for token in tokens}
        found = self._read(list(hashes))
        until = time.monotonic() + KNOWN_SECONDS
        for key in hashes:
            self._known[key] = (found.get(key), until)
        return {
            token: (hit := found.get(key)) is not None and hit.full and not self._over(hit)
            for key, token in hashes.items()
        }

    def due(self, token: str) -> bool:
        """Is it time to ``touch`` again? Costs no look at the database."""
        held = self._known.get(digest(token))
        if held is None or held[0] is None:
            return True
        seen = self._active.get(held[0].id)
        return seen is None or (utc_now() - seen[0]).total_seconds() >= TOUCH_SECONDS

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

    def forget(self) -> None:
        """Look everything up anew from now on."""
        with self._lock:
            self.generation += 1
            self._known.clear()

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

    def _look_up(self, key: str) -> SignIn | None:
        generation = self.generation
        found = self._read([key]).get(key)
        with self._lock:
            if generation == self.generation:  # else something ended while we looked
                if len(self._known) > 10_000:
                    self._known.clear()
                self._known[key] = (found, time.monotonic() + KNOWN_SECONDS)
        if found is not None and self._over(found):
            return None
        return found

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
        return SignIn(
            row.id, row.account, row.stage, row.method, row.csrf, row.address, row.agent,
            row.created_at, row.active_at, row.expires_at, row.oidc_sid,
        )  # fmt: skip

    def _over(self, found: SignIn) -> bool:
        """Is its time over, or has nobody done anything for too long?"""
        now = utc_now()
        seen, _ = self._active.get(found.id, (found.active_at, 0.0))
        idle = now - max(seen, found.active_at)
        return now >= found.expires_at or idle >= timedelta(minutes=self.settings.session_idle_minutes)

    def _sweep(self, session: Session, now: datetime) -> None:
        """Once an hour: rows of sessions that ended long ago, with the addresses in them."""
        if time.monotonic() < self._next_sweep:
            return
        self._next_sweep = time.monotonic() + 3600
        old = now - timedelta(days=KEPT_DAYS)
        session.connection().execute(
            delete(SessionRow).where(or_(col(SessionRow.expires_at) < old, col(SessionRow.revoked_at) < old))
        )
        with self._lock:
            self._active = {
                key: value for key, value in self._active.items() if now - value[0] < timedelta(days=1)
            }

    def _heard(self, row: EventRow) -> None:
        if row.object_kind in CHANGES:
            self.forget()


def digest(token: str) -> str:
    """What of a cookie is stored: it has 256 random bits, so one round of SHA-256 is enough."""
    return hashlib.sha256(token.encode()).hexdigest()


def seen(found: SignIn, sessions: Sessions) -> SignIn:
    """The session with the newest sign of life, also one that is not written down yet."""
    at, _ = sessions._active.get(found.id, (found.active_at, 0.0))
    return replace(found, active_at=max(at, found.active_at))
