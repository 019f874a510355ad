"""The steps of signing in: name and password, second factor, a new password where one is due.

A name that nobody has takes the same way, and the same time, as one that somebody has.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlmodel import select

from auth import passwords
from auth.events_signin import SignInFailed, SignInLocked
from auth.people import normal
from auth.session_lookup import ENDED, SignIn
from auth.sessions import ANYBODY, Began
from auth.throttle import Throttled, Try, network
from engine.access import Actor
from engine.errors import QuarterdeckError, SignedOut
from engine.store.base import utc_now
from engine.store.tables_access import AccountRow

if TYPE_CHECKING:
    from auth.service import Auth

LONGEST_NAME = 100
ONE_TIME_DAYS = 30  # a one-time password that nobody has used for so long is good for nothing


class SignInRefused(QuarterdeckError):
    """A sign-in did not succeed. The same sentence whether the name or the password is wrong."""

    code = "sign-in-refused"
    status = 401
    exit_code = 3


WRONG = (
    "This name and password do not belong together. Check both, capitals too; "
    "if you have forgotten the password, have it reset."
)
WRONG_CODE = (
    "This code is not right, or was used already. Wait for the next one, or use one of your recovery codes."
)
DISABLED = "Your account is disabled. Ask an administrator."
EXPIRED = "This one-time password is too old to be used. Ask an administrator for a new one."


class SigningIn:
    """Checks what a person shows and hands out sessions."""

    def __init__(self, auth: Auth) -> None:
        self.auth = auth
        self.engine = auth.engine

    def recognises(self, name: str, device: str) -> bool:
        """Is this the cookie of a browser that this person has signed in with before?"""
        account = self.auth.accounts.find_by_name(name[:LONGEST_NAME])
        return bool(self.auth.throttle.known_device(device, account.id if account else None))

    def by_password(
        self,
        name: str,
        password: str,
        *,
        address: str = "",
        agent: str = "",
        device: str = "",
        replaces: str = "",
    ) -> Began:
        """The first step. ``device`` is the cookie of a known browser, ``replaces`` the session cookie it had.

        Raises SignInRefused, Throttled.
        """
        typed = normal(name)[:LONGEST_NAME]
        account = self.auth.accounts.find_by_name(typed)
        who = replace(ANYBODY, address=address)
        known = self.auth.throttle.known_device(device, account.id if account else None)
        attempt = self._attempt(who, account, typed, network(address), known)
        kept = account.password_hash if account is not None and account.issuer is None else None
        if not passwords.verified(kept, password, known=bool(known)) or account is None:
            self._failed(who, account, typed, "password", attempt)
            raise SignInRefused(WRONG)
        if account.state != "active":
            self._failed(who, account, typed, "disabled", attempt)
            raise SignInRefused(DISABLED)
        if _too_old(account):
            self._failed(who, account, typed, "expired", attempt)
            raise SignInRefused(EXPIRED)
        return self._right(account, password, attempt, address, agent, replaces)

    def second_factor(self, token: str, code: str, *, address: str = "") -> Began:
        """The second step: a code of the authenticator app, or a recovery code. Raises SignInRefused, Throttled."""
        found = self.step(token, "totp")
        who = Actor(found.account, credential=found.id, address=address)
        try:
            attempt = self.auth.throttle.attempt(who, {"code": found.account})
        except Throttled:
            self.auth.sessions.end(who, [found.id], "too many codes")
            raise
        with self.engine.database.change(who) as change:
            account = change.session.get(AccountRow, found.account, with_for_update=True)
            right = account is not None and self.auth.factor.accept(change, account, code)
            if right and account is not None:
                self.auth.throttle.succeeded(change.session, attempt)
                stage = "password" if account.must_change else "full"
                return self.auth.sessions.advance(change, found.id, stage, method="totp")
        self._failed(who, account, "", "code", attempt)
        raise SignInRefused(WRONG_CODE)

    def first_password(self, token: str, new: str, *, address: str = "") -> Began:
        """The last step after a one-time password: one's own. Raises Invalid."""
        found = self.step(token, "password")
        who = Actor(found.account, credential=found.id, address=address)
        made = self.auth.credentials.prepared(found.account, new)
        with self.engine.database.change(who) as change:
            self.auth.credentials.put(change, found.account, made, how="first", keep=found.id)
            return self.auth.sessions.advance(change, found.id, "full")

    def anybody(self) -> bool:
        """Is there any account at all? If not, nobody can sign in yet."""
        with self.engine.database.read() as session:
            return session.exec(select(AccountRow.id).limit(1)).first() is not None

    def step(self, token: str, stage: str) -> SignIn:
        """The session of a cookie that is at this stage. Raises SignedOut."""
        found = self.auth.sessions.look(token)
        if found.stage != stage:
            raise SignedOut(ENDED)
        return found

    def _attempt(self, who: Actor, account: AccountRow | None, typed: str, address: str, device: str) -> Try:
        scopes = {"pair": f"{typed}\0{address}", "name": typed, "address": address}
        return self.auth.throttle.attempt(who, {"device": device} if device else scopes)

    def _failed(self, who: Actor, account: AccountRow | None, typed: str, reason: str, attempt: Try) -> None:
        """Tell of a failure, and once of each limit that it went over."""
        about = account.id if account is not None else ""
        typed = typed if account is not None else self._mark(typed)
        with self.engine.database.change(who) as change:
            change.emit(SignInFailed(account=about, reason=reason, typed=typed))
            for scope, (seconds, failures) in attempt.over.items():
                locked = SignInLocked(
                    account=about, scope=scope, failures=failures, seconds=round(seconds), typed=typed
                )
                change.emit(locked)

    def _mark(self, typed: str) -> str:
        """What is kept of a name that nobody has, often a password in the wrong field: the same for the same text.

        Keyed (HMAC-SHA-256), so that whoever reads the log cannot try out what it was.
        """
        mark = hmac.new(self.auth.keys.derive("typed name"), typed.encode("utf-8", "replace"), hashlib.sha256)
        return f"unknown name {mark.hexdigest()[:12]}"

    def _right(
        self, account: AccountRow, password: str, attempt: Try, address: str, agent: str, replaces: str
    ) -> Began:
        stage = "totp" if account.totp else "password" if account.must_change else "full"
        better = passwords.hashed(password) if passwords.outdated(account.password_hash or "") else None
        who = self.auth.accounts.actor_of(account.id, address=address)
        with self.engine.database.change(who) as change:
            self.auth.throttle.succeeded(change.session, attempt)
            if better is not None and (row := change.session.get(AccountRow, account.id)) is not None:
                row.password_hash = better
                change.session.add(row)
            return self.auth.sessions.add(
                change,
                account.id,
                stage=stage,
                method="password",
                address=address,
                agent=agent,
                replaces=replaces,
            )


def _too_old(account: AccountRow) -> bool:
    if not account.must_change or account.password_at is None:
        return False
    return utc_now() - account.password_at > timedelta(days=ONE_TIME_DAYS)
