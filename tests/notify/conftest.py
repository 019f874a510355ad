"""A mail server, an engine that sends through it, and people to write to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from auth.secrets import SMTP_PASSWORD
from auth.service import Auth
from engine.access import LOCAL_ADMIN, Actor
from engine.notify.sender import Pace
from engine.store.tables_access import AccountRow
from tests.notify.mail_server import PASSWORD, MailServer

QUICK = Pace(first=0.05, longest=0.2, attempts=200, per_minute=1000)


@pytest.fixture
def mail_server(tmp_path: Path) -> Iterator[MailServer]:
    """A mail server with STARTTLS that wants a password."""
    made = MailServer(tmp_path / "mail").start()
    yield made
    made.stop()


@pytest.fixture
def person(auth: Auth) -> Callable[..., str]:
    """Add somebody: ``person("ada", email="ada@example.com")`` → account id."""

    def add(name: str, email: str = "", **values: Any) -> str:
        row = AccountRow(name=name, title=name.title(), email=email, **values)
        with auth.engine.database.change(LOCAL_ADMIN) as change:
            change.session.add(row)
        return row.id

    return add


@pytest.fixture
def sending(auth: Auth, mail_server: MailServer) -> Iterator[Auth]:
    """An engine that sends quickly, and tries again quickly."""
    auth.options.put(LOCAL_ADMIN, "email", mail_server.option())
    auth.secrets.put_own(LOCAL_ADMIN, SMTP_PASSWORD, PASSWORD)
    auth.engine.notify.start(QUICK)
    yield auth
    auth.engine.notify.stop()


@pytest.fixture
def tell(auth: Auth) -> Callable[..., Any]:
    """Tell somebody something in a change of its own."""

    def work(account: str, kind: str = "run-failed", title: str = "A run failed", **more: Any) -> str | None:
        with auth.engine.database.change(LOCAL_ADMIN) as change:
            return auth.engine.notify.tell(change, account, kind, title, **more)

    return work


def acting(account: str) -> Actor:
    """Somebody with a role, so that they have an inbox."""
    from engine.access import Grant

    return Actor(id=account, grants=frozenset({Grant("viewer", "Testing")}))
