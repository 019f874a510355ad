"""A clock that a test moves: what waits for minutes is tested in milliseconds."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

import auth.credentials
import auth.links
import auth.session_lookup
import auth.sessions
import auth.signin
import auth.throttle
from engine.store.base import utc_now

PARTS = (auth.credentials, auth.links, auth.session_lookup, auth.sessions, auth.signin, auth.throttle)


class Clock:
    """``clock.forward(minutes=31)``; what was looked up before is looked up again, as time would bring about."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def now(self) -> datetime:
        return utc_now() + self._ahead

    def forward(self, **time: float) -> None:
        self._ahead += timedelta(**time)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    for part in PARTS:
        monkeypatch.setattr(part, "utc_now", made.now)
    return made
