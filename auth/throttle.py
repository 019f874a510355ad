"""Slowing down guesses, without letting anybody lock another person out.

A try is counted before the password is looked at, so a hundred tries at once are a hundred tries. Counts are per
name and address together (*pair*), per *name*, and per *address*; each allows some failures, then waits that
double. A browser that has signed in as this person before holds a device cookie (the OWASP device-cookie
scheme): it is counted by itself, so a stranger who fails on purpose locks out strangers only. What was typed is
kept as a keyed hash, in the database: a restart forgets nothing.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import math
import secrets
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import delete
from sqlmodel import Session, col, select

from engine.access import Actor
from engine.errors import QuarterdeckError
from engine.store.base import utc_now
from engine.store.tables_access import ThrottleRow

if TYPE_CHECKING:
    from auth.service import Auth

FORGET = timedelta(hours=2)  # so long after the last failure, a count starts again
DEVICE_DAYS = 180


@dataclass(frozen=True)
class Rule:
    """``free`` failures cost nothing; the next one waits ``first`` seconds, each further one twice as long."""

    free: int
    first: float
    longest: float = 900.0

    def wait(self, failures: int) -> float:
        """Seconds that follow after so many failures."""
        if failures <= self.free:
            return 0.0
        return min(self.first * 2 ** min(failures - self.free - 1, 30), self.longest)


RULES = {
    "pair": Rule(5, 2.0),
    "name": Rule(20, 30.0),
    "address": Rule(60, 2.0),
    "device": Rule(10, 5.0),
    "code": Rule(5, 5.0),
    "mail": Rule(3, 60.0, 3600.0),
}


class Throttled(QuarterdeckError):
    """Too many tries; ``seconds`` until the next one is looked at."""

    code = "throttled"
    status = 429
    transient = True

    def __init__(self, seconds: float) -> None:
        self.seconds = max(1, math.ceil(seconds))
        minutes = math.ceil(self.seconds / 60)
        when = (
            f"{self.seconds} second{'s' if self.seconds > 1 else ''}"
            if self.seconds < 120
            else f"{minutes} minutes"
        )
        super().__init__(
            f"There were too many tries that did not succeed. Wait {when}, then try again. If you have forgotten "
            "your password, have it reset: that works at once."
        )


@dataclass(frozen=True)
class Try:
    """One counted try: what to forget when it succeeds, and which limits it went over (scope → seconds, count)."""

    keys: dict[str, str]
    over: dict[str, tuple[float, int]]


class Throttle:
    """Counts tries and says when enough is enough."""

    def __init__(self, auth: Auth) -> None:
        self.auth = auth
        self.engine = auth.engine
        self._next_sweep = 0.0

    def attempt(self, actor: Actor, scopes: dict[str, str]) -> Try:
        """Count a try under these scopes (scope → what is counted, e.g. ``{"address": "10.0.0.7"}``).

        Raises Throttled when one of them has to wait; then nothing is counted.
        """
        keys = {scope: self._key(scope, what) for scope, what in scopes.items()}
        now = utc_now()
        self._refuse_waiting(keys, now)  # a look first: refusing a flood must not wait for the writer
        over: dict[str, tuple[float, int]] = {}
        with self.engine.database.change(actor) as change:
            rows = _rows(change.session, keys, locked=True)
            _refuse(rows, now)
            for scope, key in keys.items():
                row = rows.get(key) or ThrottleRow(key=key)
                row.failures = 1 if now - row.last_at > FORGET else row.failures + 1
                wait = RULES[scope].wait(row.failures)
                row.last_at = now
                row.until = now + timedelta(seconds=wait) if wait else None
                if wait:
                    over[scope] = (wait, row.failures)
                change.session.add(row)
            self._sweep(change.session, now)
        return Try(keys, over)

    def succeeded(self, session: Session, attempt: Try) -> None:
        """Forget the failures of whoever has now shown to be the right one.

        The address's count only loses this try: a guesser with one account of its own must not reset it.
        """
        rows = _rows(session, attempt.keys)
        for scope, key in attempt.keys.items():
            row = rows.get(key)
            if row is None:
                continue
            if scope in ("address", "name", "mail"):
                row.failures = max(0, row.failures - 1)
                row.until = None
                session.add(row)
            else:
                session.delete(row)

    def forget(self, session: Session, scopes: dict[str, str]) -> None:
        """Forget counts: the person has come in by another way (a reset)."""
        keys = {scope: self._key(scope, what) for scope, what in scopes.items()}
        session.connection().execute(delete(ThrottleRow).where(col(ThrottleRow.key).in_(list(keys.values()))))

    def device_for(self, account: str) -> str:
        """The value of a cookie that marks a browser as one this person has signed in with."""
        made = f"{secrets.token_urlsafe(12)}.{int(time.time()) + DEVICE_DAYS * 86_400}"
        return f"{made}.{self._mark(account, made)}"

    def known_device(self, cookie: str, account: str | None) -> str:
        """What the cookie's own count is kept under; empty when it is not one of this person's."""
        made, _, mark = cookie.rpartition(".")
        nonce, _, until = made.partition(".")
        if not account or not until.isdecimal() or int(until) < time.time():
            return ""
        return nonce if hmac.compare_digest(mark.encode(), self._mark(account, made).encode()) else ""

    def _mark(self, account: str, made: str) -> str:
        key = self.auth.keys.derive("device")
        return hmac.new(key, f"{account}\0{made}".encode(), hashlib.sha256).hexdigest()

    def _key(self, scope: str, what: str) -> str:
        key = self.auth.keys.derive("throttle")
        return hmac.new(key, f"{scope}\0{what}".encode(), hashlib.sha256).hexdigest()

    def _refuse_waiting(self, keys: dict[str, str], now: datetime) -> None:
        with self.engine.database.read() as session:
            _refuse(_rows(session, keys), now)

    def _sweep(self, session: Session, now: datetime) -> None:
        """Once an hour: rows that count for nothing any more."""
        if time.monotonic() >= self._next_sweep:
            self._next_sweep = time.monotonic() + 3600
            session.connection().execute(delete(ThrottleRow).where(col(ThrottleRow.last_at) < now - FORGET))


def _rows(session: Session, keys: dict[str, str], *, locked: bool = False) -> dict[str, ThrottleRow]:
    query = select(ThrottleRow).where(col(ThrottleRow.key).in_(list(keys.values()))).order_by(ThrottleRow.key)
    query = query.with_for_update() if locked else query  # two tries at once are two tries, on PostgreSQL too
    return {row.key: row for row in session.exec(query)}


def _refuse(rows: dict[str, ThrottleRow], now: datetime) -> None:
    waits = [(row.until - now).total_seconds() for row in rows.values() if row.until and row.until > now]
    if waits:
        raise Throttled(max(waits))


def network(address: str) -> str:
    """What one guesser can easily change within: of IPv6 addresses the first 64 bits count."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if found.version == 4:
        return address
    return str(ipaddress.ip_network((int(found) >> 64 << 64, 64)))
