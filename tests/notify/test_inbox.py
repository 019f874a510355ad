"""The inbox: one's own notices only, what comes by mail, and which events make a notice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from auth.events_people import RolesChanged
from auth.events_signin import PasswordChanged, PasswordReset, SecondFactorChanged, SignedIn, SignInLocked
from auth.service import Auth
from engine.access import LOCAL_ADMIN, SYSTEM, Actor
from engine.errors import Invalid
from engine.notify.kinds import KINDS
from engine.notify.outbox import OUTBOX
from engine.store.base import utc_now
from engine.store.tables_access import SessionRow
from tests.notify.conftest import acting
from tests.notify.mail_server import MailServer

pytestmark = pytest.mark.both_databases

Tell = Callable[..., Any]
Person = Callable[..., str]


def notices(auth: Auth, account: str) -> list[tuple[str, str]]:
    return [(one.kind, one.title) for one in auth.engine.notify.list(acting(account))]


def emit(auth: Auth, event: Any, by: Actor = LOCAL_ADMIN) -> None:
    with auth.engine.database.change(by) as change:
        change.emit(event)


def mails(auth: Auth) -> list[str]:
    with auth.engine.database.look() as connection:
        return [row.subject for row in connection.execute(select(OUTBOX).order_by(OUTBOX.c.id))]


def test_each_sees_and_reads_only_their_own(auth: Auth, person: Person, tell: Tell) -> None:
    ada, bob = person("ada"), person("bob")
    first, second = tell(ada, title="One"), tell(ada, title="Two")
    theirs = tell(bob, title="Three")
    notify = auth.engine.notify
    assert [one.title for one in notify.list(acting(ada))] == ["Two", "One"]
    assert notify.read(acting(ada), [first, theirs]) == 1
    assert (notify.unread(acting(ada)), notify.unread(acting(bob))) == (1, 1)
    assert [one.id for one in notify.list(acting(ada), unread=True)] == [second]
    assert notify.read(acting(ada)) == 1


def test_pages_of_notices_neither_repeat_nor_skip(auth: Auth, person: Person, tell: Tell) -> None:
    ada = person("ada")
    for n in range(7):
        tell(ada, title=str(n))
    seen: list[str] = []
    before = None
    while page := auth.engine.notify.list(acting(ada), before=before, limit=3):
        seen += [one.title for one in page]
        before = page[-1].id
    assert seen == list("6543210")


def test_nobody_is_told_who_has_no_account(auth: Auth, tell: Tell) -> None:
    assert tell(LOCAL_ADMIN.id) is None


def test_people_choose_what_comes_by_mail_but_not_about_their_safety(
    auth: Auth, mail_server: MailServer, person: Person, tell: Tell
) -> None:
    auth.options.put(LOCAL_ADMIN, "email", mail_server.option())
    ada = person("ada", "ada@example.com")
    notify = auth.engine.notify
    assert notify.preferences(acting(ada))["run-failed"]
    notify.set_preferences(acting(ada), {"run-failed": False})
    tell(ada, title="Not by mail")
    tell(ada, "password-changed", title="By mail")
    assert mails(auth) == ["By mail"]
    with pytest.raises(Invalid, match="password-changed"):
        notify.set_preferences(acting(ada), {"password-changed": False})
    with pytest.raises(Invalid, match="nonsense"):
        notify.set_preferences(acting(ada), {"nonsense": True})


def test_every_kind_has_words(auth: Auth) -> None:
    assert all(kind.title for kind in KINDS.values())


def test_without_a_mail_server_nothing_waits_for_ever(auth: Auth, person: Person, tell: Tell) -> None:
    tell(person("ada", "ada@example.com"))
    assert mails(auth) == []


# ---- which events make a notice


def test_changes_of_ones_password_and_second_factor_are_told(auth: Auth, person: Person) -> None:
    ada = person("ada")
    emit(auth, PasswordChanged(account=ada, how="first"))
    assert notices(auth, ada) == []
    emit(auth, PasswordChanged(account=ada, how="own"), replace(SYSTEM, id=ada, kind="person"))
    emit(auth, PasswordReset(account=ada))
    emit(auth, SecondFactorChanged(account=ada, old="on", new="off"))
    assert [title for _, title in notices(auth, ada)] == [
        "Your second factor was changed",
        "Your password was reset",
        "Your password was changed",
    ]
    bodies = [one.body for one in auth.engine.notify.list(acting(ada))]
    assert "by yourself" in bodies[2]
    assert "by Local administrator" in bodies[1]


def test_roles_given_by_others_are_told_in_words(auth: Auth, person: Person) -> None:
    ada = person("ada")
    emit(auth, RolesChanged(account=ada, old=(), new=("analyst@Marketing", "viewer@")))
    [told] = auth.engine.notify.list(acting(ada))
    assert told.body.startswith("Before: no role. Now: analyst (Marketing), viewer.")


def test_a_lock_out_is_told_once_and_only_when_it_is_about_the_account(auth: Auth, person: Person) -> None:
    ada = person("ada")
    for scope, seconds in (("pair", 5), ("address", 900), ("name", 900), ("name", 1800)):
        emit(auth, SignInLocked(account=ada, scope=scope, failures=10, seconds=seconds))
    assert notices(auth, ada) == [("account-locked", "Sign-in to your account is locked for a while")]


def sign_in(auth: Auth, account: str, agent: str) -> None:
    with auth.engine.database.change(LOCAL_ADMIN) as change:
        row = SessionRow(
            token_hash=f"{account}{agent}{utc_now()}", account=account, agent=agent, expires_at=utc_now()
        )
        change.session.add(row)
        change.session.flush()
        change.emit(SignedIn(account=account, session=row.id, method="password"))


def test_a_new_device_is_told_but_not_the_first_nor_a_newer_version(auth: Auth, person: Person) -> None:
    ada = person("ada")
    sign_in(auth, ada, "Mozilla/5.0 (X11) Firefox/144.0")
    sign_in(auth, ada, "Mozilla/5.0 (X11) Firefox/145.0.1")
    assert notices(auth, ada) == []
    sign_in(auth, ada, "Mozilla/5.0 (Windows) Chrome/140.0")
    assert [kind for kind, _ in notices(auth, ada)] == ["new-device"]


def test_a_secret_changed_by_somebody_else_is_told_to_who_set_it_last(auth: Auth, person: Person) -> None:
    ada = person("ada")
    hers = replace(LOCAL_ADMIN, id=ada, name="Ada")
    auth.secrets.set(hers, "shop", "hunter2-shop")
    auth.secrets.set(hers, "shop", "hunter2-shop-2")
    assert notices(auth, ada) == []
    auth.secrets.set(LOCAL_ADMIN, "shop", "hunter2-shop-3")
    auth.secrets.remove(LOCAL_ADMIN, "shop")
    assert [title for _, title in notices(auth, ada)] == ["The secret “shop” was changed"]
    assert "hunter2" not in repr(auth.engine.notify.list(acting(ada)))


# ---- runs


@pytest.fixture
def running(auth: Auth, tiny: Path) -> Auth:
    """A server with a model that fails."""
    auth.engine.start()
    auth.engine.catalog.register(LOCAL_ADMIN, tiny / "error", promote=True)
    return auth


def fail(auth: Auth, account: str) -> Any:
    actor = replace(LOCAL_ADMIN, id=account)
    record = auth.engine.runs.submit(actor, "tiny-error")
    return auth.engine.runs.wait(record.id, 60)


def test_a_failed_run_of_ones_own_is_told_and_further_ones_join_it(running: Auth, person: Person) -> None:
    ada, bob = person("ada"), person("bob")
    first = fail(running, ada)
    assert first.state == "failed"
    [told] = running.engine.notify.list(acting(ada))
    assert told.link == f"/run?run={first.id}"
    assert first.error.sentence in told.body
    fail(running, ada)
    last = fail(running, ada)
    [told] = running.engine.notify.list(acting(ada))
    assert "3 runs failed" in told.title
    assert told.link == f"/run?run={last.id}"
    running.engine.notify.read(acting(ada))
    fail(running, ada)
    assert running.engine.notify.unread(acting(ada)) == 1
    assert notices(running, bob) == []


def test_a_failure_that_was_watched_is_not_told(running: Auth, person: Person) -> None:
    ada = person("ada")
    actor = replace(LOCAL_ADMIN, id=ada)
    record = running.engine.runs.submit(actor, "tiny-error")
    running.engine.runs.get(actor, record.id)
    assert running.engine.runs.wait(record.id, 60).state == "failed"
    assert notices(running, ada) == []


def test_a_notice_that_cannot_be_made_does_not_keep_a_run_from_ending(running: Auth, person: Person) -> None:
    with running.engine.database.change(LOCAL_ADMIN) as change:
        change.connection.exec_driver_sql("DROP TABLE notice")
    assert fail(running, person("ada")).state == "failed"
