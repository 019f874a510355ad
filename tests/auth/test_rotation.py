"""Changing the master key: everything is sealed anew, nothing is lost on the way, a lost key is told."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from sqlmodel import SQLModel, select

from auth.key_sources import KeyFile
from auth.keys import KeyMissing, KeyRing, context
from auth.sealed import SEALED, values
from auth.secrets import SMTP_PASSWORD
from auth.service import Auth, opened
from engine.access import LOCAL_ADMIN
from engine.errors import Conflict, NotFound
from engine.settings import Settings
from engine.store.base import utc_now
from engine.store.tables_access import AccountRow, SecretRow, SessionRow


@pytest.fixture
def full(auth: Auth) -> Auth:
    """A database with every kind of sealed value."""
    auth.secrets.set(LOCAL_ADMIN, "shop", "hunter2-shop", department="Testing")
    auth.secrets.put_own(LOCAL_ADMIN, SMTP_PASSWORD, "hunter2-mail")
    auth.options.put(LOCAL_ADMIN, "email", {"host": "localhost", "sender": "q@example.com"})
    with auth.engine.database.change(LOCAL_ADMIN) as change:
        account = AccountRow(name="ada", totp="")
        account.totp = auth.keys.seal("JBSWY3DP", context("account", "totp", account.id))
        session = SessionRow(token_hash="h", account=account.id, expires_at=utc_now())
        session.oidc_hint = auth.keys.seal("the hint", context("session", "oidc_hint", session.id))
        change.session.add(account)
        change.session.flush()
        change.session.add(session)
        auth.engine.notify.mail(change, "ada@example.com", "Reset", "Use this link.", "/auth/reset?token=x")
    return auth


def opened_values(auth: Auth) -> dict[str, str]:
    with auth.engine.database.look() as connection:
        return {
            one.place.context(one.primary_key): auth.keys.open_text(
                one.value, one.place.context(one.primary_key)
            )
            for one in values(connection)
        }


def key_ids(auth: Auth) -> set[str]:
    with auth.engine.database.look() as connection:
        return {one.key_id for one in values(connection)}


def grown_old(auth: Auth) -> None:
    """The key file was written two minutes ago."""
    assert isinstance(auth.keys.source, KeyFile)
    then = time.time() - 120
    os.utime(auth.keys.source.path, (then, then))


def test_every_sealed_column_is_known_to_rotation() -> None:
    """A column whose values are sealed must be in ``SEALED``: its name or the word in its docstring says so."""
    known = {(place.table, place.column) for place in SEALED}
    assert known == {("secret", "sealed"), ("account", "totp"), ("session", "oidc_hint"), ("outbox", "body")}
    for place in SEALED:
        assert place.column in SQLModel.metadata.tables[place.table].c


def test_all_values_are_sealed_under_the_new_key_and_open_to_the_same(full: Auth) -> None:
    before, old = opened_values(full), full.keys.newest
    done = full.keeper.rotate(LOCAL_ADMIN)
    assert done.old == [old]
    assert done.values == len(before) == 5
    assert key_ids(full) == {done.new}
    assert opened_values(full) == before
    with full.engine.database.read() as session:
        found = session.get(SecretRow, "shop")
    assert found is not None
    assert found.key_id == done.new


def test_the_old_key_stays_until_nothing_uses_it_and_a_while_longer(full: Auth) -> None:
    old = full.keys.newest
    new = full.keeper.rotate(LOCAL_ADMIN).new
    with pytest.raises(Conflict, match="seconds"):
        full.keeper.finish(LOCAL_ADMIN)
    grown_old(full)
    signature = KeyRing(full.keys.source).sign(b"x")
    assert full.keeper.finish(LOCAL_ADMIN) == [old]
    assert full.keys.ids == [new]
    assert full.keys.verify(b"x", signature)
    assert full.secrets.reveal(LOCAL_ADMIN, "shop", department="Testing") == "hunter2-shop"


def test_what_the_old_key_signed_verifies_after_it_is_destroyed(full: Auth) -> None:
    signature = full.keys.sign(b"an anchor")
    full.keeper.rotate(LOCAL_ADMIN)
    grown_old(full)
    full.keeper.finish(LOCAL_ADMIN)
    assert full.keys.verify(b"an anchor", signature)


def test_a_key_that_is_still_used_is_never_taken_out(full: Auth) -> None:
    old = full.keys.newest
    full.keeper._add_key(full.keys)  # a rotation that was killed before the database was changed
    grown_old(full)
    assert full.keeper.finish(LOCAL_ADMIN) == []
    assert old in full.keys.ids


def test_an_interrupted_rotation_goes_on_without_one_more_key(full: Auth) -> None:
    full.keeper._add_key(full.keys)
    before = full.keys.ids
    done = full.keeper.rotate(LOCAL_ADMIN)
    assert full.keys.ids == before
    assert done.new == before[-1]
    assert key_ids(full) == {done.new}


def test_another_process_sees_the_new_key_at_once(full: Auth, settings: Settings) -> None:
    other = opened(settings)
    try:
        assert other.secrets.reveal(LOCAL_ADMIN, "shop", department="Testing") == "hunter2-shop"
        new = full.keeper.rotate(LOCAL_ADMIN).new
        assert other.secrets.reveal(LOCAL_ADMIN, "shop", department="Testing") == "hunter2-shop"
        other.secrets.set(LOCAL_ADMIN, "more", "hunter2-more")
        assert key_ids(full) == {new}
    finally:
        other.engine.stop()


def test_a_lost_key_says_what_is_lost_and_is_given_up_only_on_purpose(full: Auth, settings: Settings) -> None:
    lost = full.keys.newest
    full.engine.stop()
    settings.master_key_path.unlink()
    again = opened(settings)
    try:
        with pytest.raises(KeyMissing, match=lost):
            again.secrets.set(LOCAL_ADMIN, "new", "hunter2-new")
        told = again.keeper.lost(LOCAL_ADMIN)
        assert set(told["stored secrets"]) == {SMTP_PASSWORD, "shop"}
        assert len(told["second factors"]) == 1
        counts = again.keeper.give_up(LOCAL_ADMIN, "the disk burnt")
        assert sum(counts.values()) == 5
        assert [(one.name, one.lost) for one in again.secrets.list(LOCAL_ADMIN)] == [("shop", True)]
        with pytest.raises(NotFound, match="set it again"):
            again.secrets.reveal(LOCAL_ADMIN, "shop", department="Testing")
        assert again.secrets.own(SMTP_PASSWORD) is None
        again.secrets.set(LOCAL_ADMIN, "shop", "hunter2-anew", department="Testing")
        assert again.secrets.reveal(LOCAL_ADMIN, "shop", department="Testing") == "hunter2-anew"
        with again.engine.database.read() as session:
            assert [row.totp for row in session.exec(select(AccountRow))] == [None]
    finally:
        again.engine.stop()


def test_a_wrong_key_opens_nothing_and_names_the_right_one(full: Auth, settings: Settings) -> None:
    right = full.keys.newest
    full.engine.stop()
    path: Path = settings.master_key_path
    path.unlink()
    KeyFile(path).make()
    again = opened(settings)
    try:
        with pytest.raises(KeyMissing, match=right):
            again.secrets.reveal(LOCAL_ADMIN, "shop", department="Testing")
        assert [(use.id == right, use.here) for use in again.keeper.report(LOCAL_ADMIN)] == [
            (False, True),
            (True, False),
        ]
    finally:
        again.engine.stop()
