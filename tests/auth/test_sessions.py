"""Sessions end when they should, and only then."""

from __future__ import annotations

from typing import Any

import pytest

from auth.service import Auth, opened
from engine.errors import NotFound, Refused, SignedOut
from engine.settings import Settings
from tests.auth.clock import Clock, clock
from tests.signing_in import cookie, person

__all__ = ["clock"]


@pytest.fixture
def ada(auth: Auth) -> str:
    return person(auth, "ada")


def test_they_end_after_a_while_without_anybody(auth: Auth, ada: str, clock: Clock) -> None:
    token = cookie(auth, ada)
    clock.forward(minutes=auth.settings.session_idle_minutes - 1)
    assert auth.sessions.look(token).full
    clock.forward(minutes=2)
    with pytest.raises(SignedOut):
        auth.sessions.look(token)
    assert auth.sessions.alive([token]) == {token: False}


def test_what_a_person_does_keeps_them_awake_but_not_for_ever(auth: Auth, ada: str, clock: Clock) -> None:
    token = cookie(auth, ada, hours=auth.settings.session_hours)
    for _ in range(int(auth.settings.session_hours * 60 / 25)):
        clock.forward(minutes=25)
        auth.sessions.touch(token)
    assert auth.sessions.look(token).full
    clock.forward(minutes=26)
    auth.sessions.touch(token)
    with pytest.raises(SignedOut):
        auth.sessions.look(token)


def test_activity_is_written_down_for_other_servers(
    auth: Auth, ada: str, settings: Settings, clock: Clock
) -> None:
    token = cookie(auth, ada)
    clock.forward(minutes=20)
    auth.sessions.touch(token)
    clock.forward(minutes=20)
    other = opened(settings)
    try:
        assert other.sessions.look(token).full
    finally:
        other.engine.stop()


def test_one_that_ends_while_it_is_looked_up_is_not_remembered(
    auth: Auth, ada: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = cookie(auth, ada)
    read, actor = auth.sessions._read, auth.accounts.actor_of(ada)

    def revoked_meanwhile(keys: Any) -> Any:
        found = read(keys)
        monkeypatch.undo()
        auth.sessions.revoke_all(actor)
        return found

    monkeypatch.setattr(auth.sessions, "_read", revoked_meanwhile)
    auth.sessions.alive([token])
    with pytest.raises(SignedOut):
        auth.sessions.look(token)


def test_a_revoked_one_is_over_at_once(auth: Auth, ada: str) -> None:
    token = cookie(auth, ada)
    actor = auth.sessions.actor(token)
    auth.sessions.revoke(actor, actor.credential)
    with pytest.raises(SignedOut):
        auth.sessions.actor(token)
    auth.sessions.revoke(actor, actor.credential)  # twice is no error


def test_revoked_by_another_process_is_seen_soon(auth: Auth, ada: str, settings: Settings) -> None:
    token = cookie(auth, ada)
    assert auth.sessions.look(token).full
    other = opened(settings)
    try:
        other.sessions.revoke_all(other.accounts.actor_of(ada))
    finally:
        other.engine.stop()
    assert auth.sessions.alive([token]) == {token: False}
    with pytest.raises(SignedOut):
        auth.sessions.look(token)


def test_disabling_somebody_ends_their_sessions(auth: Auth, ada: str) -> None:
    bob = person(auth, "bob")
    token = cookie(auth, bob)
    assert auth.sessions.actor(token).id == bob
    auth.accounts.disable(auth.accounts.actor_of(ada), bob)
    with pytest.raises(SignedOut):
        auth.sessions.actor(token)


def test_everywhere_else_but_here(auth: Auth, ada: str) -> None:
    here, *others = (cookie(auth, ada) for _ in range(3))
    actor = auth.sessions.actor(here)
    assert auth.sessions.revoke_all(actor, keep=actor.credential) == 2
    assert [one.id for one in auth.sessions.mine(actor)] == [actor.credential]
    for token in others:
        with pytest.raises(SignedOut):
            auth.sessions.look(token)


def test_ones_own_sessions_and_nobody_elses(auth: Auth, ada: str) -> None:
    bob = auth.accounts.actor_of(person(auth, "bob", "analyst@Marketing"))
    theirs = auth.sessions.look(cookie(auth, ada))
    own = auth.sessions.look(cookie(auth, bob.id))
    assert [one.id for one in auth.sessions.mine(bob)] == [own.id]
    for wrong in (theirs.id, "no-such-session"):
        with pytest.raises((Refused, NotFound)):
            auth.sessions.revoke(bob, wrong)
    with pytest.raises(Refused):
        auth.sessions.list(bob)
    with pytest.raises(Refused):
        auth.sessions.revoke_all(bob, ada)
    auth.sessions.revoke(bob, own.id)
    everybody = auth.sessions.list(auth.accounts.actor_of(ada))
    assert [one.id for one in everybody] == [theirs.id]


def test_signing_out_ends_this_one_only(auth: Auth, ada: str) -> None:
    here, there = cookie(auth, ada), cookie(auth, ada)
    found = auth.sessions.sign_out(here)
    assert found is not None
    assert auth.sessions.sign_out(here) is None
    assert auth.sessions.look(there).full


@pytest.mark.parametrize("token", ["", "x", "ä" * 50, "0" * 64])
def test_no_cookie_of_ours_is_nobody(auth: Auth, token: str) -> None:
    with pytest.raises(SignedOut):
        auth.sessions.look(token)


def test_old_ones_are_deleted_with_the_addresses_in_them(auth: Auth, ada: str, clock: Clock) -> None:
    cookie(auth, ada)
    clock.forward(days=40)
    auth.sessions.begin_for(ada, method="oidc", address="10.0.0.1")
    with auth.engine.database.read() as session:
        from sqlmodel import select

        from engine.store.tables_access import SessionRow

        assert len(session.exec(select(SessionRow)).all()) == 1
