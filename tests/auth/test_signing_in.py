"""The steps of signing in: name and password, second factor, a password of one's own."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import pytest
from sqlalchemy import text
from sqlmodel import select

from auth import totp
from auth.keys import context
from auth.service import Auth
from auth.signin import SignInRefused
from auth.throttle import Throttled
from engine.errors import Invalid, NotFound, SignedOut
from engine.store.database import EventRow
from engine.store.tables_access import AccountRow, SessionRow
from tests.auth.clock import Clock, clock
from tests.signing_in import PASSWORD, person

__all__ = ["clock"]
WHERE = {"address": "10.0.0.1", "agent": "a browser"}


@pytest.fixture
def ada(auth: Auth) -> str:
    """An administrator with a password."""
    return person(auth, "ada", password=PASSWORD, email="ada@example.com")


def events(auth: Auth, name: str) -> list[dict[str, object]]:
    with auth.engine.database.read() as session:
        return [json.loads(row.data) for row in session.exec(select(EventRow).where(EventRow.name == name))]


def code_of(auth: Auth, account: str, step: int = 0) -> str:
    with auth.engine.database.read() as session:
        row = session.get(AccountRow, account)
    assert row is not None
    assert row.totp is not None
    secret = auth.keys.open(row.totp, context("account", "totp", account))
    return totp.code(secret, int(time.time() // 30) + step)


def with_factor(auth: Auth, account: str) -> list[str]:
    actor = auth.accounts.actor_of(account)
    offer = auth.factor.offer(actor)
    secret = auth.keys.open(offer.sealed, f"offered second factor of {account}")
    return auth.factor.switch_on(actor, offer.sealed, totp.code(secret, int(time.time() // 30) - 1))


@pytest.mark.parametrize("name", ["ada", " ADA ", "Ada"])
def test_name_and_password_let_in(auth: Auth, ada: str, name: str) -> None:
    began = auth.signin.by_password(name, PASSWORD, **WHERE)
    assert began.stage == "full"
    actor = auth.sessions.actor(began.token)
    assert (actor.id, actor.credential, actor.roles) == (ada, began.session, {"administrator"})
    assert events(auth, "signed-in") == [{"account": ada, "session": began.session, "method": "password"}]
    assert auth.accounts.get(actor, ada).last_sign_in is not None


@pytest.mark.parametrize(
    ("name", "password"), [("ada", "wrong"), ("nobody", PASSWORD), ("", ""), ("ada", "")]
)
def test_anything_else_is_one_sentence(auth: Auth, ada: str, name: str, password: str) -> None:
    with pytest.raises(SignInRefused, match="do not belong together"):
        auth.signin.by_password(name, password, **WHERE)
    found = events(auth, "sign-in-failed")
    assert [one["reason"] for one in found] == ["password"]
    assert "typed" not in found[0]


def test_a_disabled_person_learns_it_only_with_the_password(auth: Auth, ada: str) -> None:
    bob = person(auth, "bob", password=PASSWORD)
    auth.accounts.disable(auth.accounts.actor_of(ada), bob)
    with pytest.raises(SignInRefused, match="do not belong together"):
        auth.signin.by_password("bob", "wrong")
    with pytest.raises(SignInRefused, match="disabled"):
        auth.signin.by_password("bob", PASSWORD)


def test_the_browsers_earlier_session_ends(auth: Auth, ada: str) -> None:
    first = auth.signin.by_password("ada", PASSWORD)
    second = auth.signin.by_password("ada", PASSWORD, replaces=first.token)
    with pytest.raises(SignedOut):
        auth.sessions.look(first.token)
    assert auth.sessions.look(second.token).full


def test_the_database_holds_no_cookie_and_no_password(auth: Auth, ada: str) -> None:
    began = auth.signin.by_password("ada", PASSWORD)
    path = auth.settings.data / "quarterdeck.db"
    kept = b"".join(file.read_bytes() for file in path.parent.glob("quarterdeck.db*"))
    assert began.token.encode() not in kept
    assert PASSWORD.encode() not in kept


def test_many_wrong_guesses_lock_also_the_right_one_but_not_a_known_browser(auth: Auth, ada: str) -> None:
    device = auth.throttle.device_for(ada)
    for _ in range(6):
        with pytest.raises(SignInRefused):
            auth.signin.by_password("ada", "wrong guess", **WHERE)
    with pytest.raises(Throttled):
        auth.signin.by_password("ada", PASSWORD, **WHERE)
    assert [one["scope"] for one in events(auth, "sign-in-locked")] == ["pair"]
    assert auth.signin.by_password("ada", PASSWORD, device=device, **WHERE).stage == "full"


def test_after_a_one_time_password_nothing_works_but_a_new_one(auth: Auth, ada: str, clock: Clock) -> None:
    given = auth.credentials.reset(auth.accounts.actor_of(ada), bob := person(auth, "bob"))
    began = auth.signin.by_password("bob", given)
    assert began.stage == "password"
    with pytest.raises(SignedOut, match="not complete"):
        auth.sessions.actor(began.token)
    for bad in ("short", given, "Password2026!"):
        with pytest.raises(Invalid):
            auth.signin.first_password(began.token, bad)
    done = auth.signin.first_password(began.token, PASSWORD)
    assert done.token != began.token
    assert auth.sessions.actor(done.token).id == bob
    with pytest.raises(SignedOut):
        auth.sessions.look(began.token)
    with pytest.raises(SignInRefused):
        auth.signin.by_password("bob", given)


def test_a_one_time_password_is_too_old_one_day(auth: Auth, ada: str, clock: Clock) -> None:
    person(auth, "bob", password=PASSWORD, must_change=True)
    clock.forward(days=31)
    with pytest.raises(SignInRefused, match="too old"):
        auth.signin.by_password("bob", PASSWORD)


def test_a_second_factor_is_asked_for(auth: Auth, ada: str) -> None:
    codes = with_factor(auth, ada)
    assert len(codes) == 10
    began = auth.signin.by_password("ada", PASSWORD)
    assert began.stage == "totp"
    with pytest.raises(SignedOut, match="not complete"):
        auth.sessions.actor(began.token)
    with pytest.raises(SignInRefused):
        auth.signin.second_factor(began.token, "000000")
    done = auth.signin.second_factor(began.token, code_of(auth, ada))
    assert auth.sessions.look(done.token).method == "totp"
    assert done.token != began.token
    again = auth.signin.by_password("ada", PASSWORD)
    with pytest.raises(SignInRefused):  # the same code, seen over the shoulder
        auth.signin.second_factor(again.token, code_of(auth, ada))


def test_a_recovery_code_works_once(auth: Auth, ada: str) -> None:
    code = with_factor(auth, ada)[3]
    began = auth.signin.by_password("ada", PASSWORD)
    auth.signin.second_factor(began.token, code.upper().replace("-", " "))
    assert events(auth, "recovery-code-used") == [{"account": ada, "left": 9}]
    again = auth.signin.by_password("ada", PASSWORD)
    with pytest.raises(SignInRefused):
        auth.signin.second_factor(again.token, code)


def test_guessing_codes_ends_the_sign_in(auth: Auth, ada: str) -> None:
    with_factor(auth, ada)
    began = auth.signin.by_password("ada", PASSWORD)
    for _ in range(6):
        with pytest.raises(SignInRefused):
            auth.signin.second_factor(began.token, "000000")
    with pytest.raises(Throttled):
        auth.signin.second_factor(began.token, "000000")
    with pytest.raises(SignedOut):
        auth.sessions.look(began.token)


def test_only_an_administrator_takes_a_factor_away(auth: Auth, ada: str) -> None:
    bob = person(auth, "bob", "analyst@Marketing")
    with_factor(auth, ada)
    with pytest.raises((NotFound, PermissionError, Exception), match="may not"):
        auth.factor.remove(auth.accounts.actor_of(bob), ada)
    auth.factor.remove(auth.accounts.actor_of(ada), ada, "lost phone")
    assert auth.signin.by_password("ada", PASSWORD).stage == "full"


def test_ones_own_password_needs_the_old_one_and_ends_other_sessions(auth: Auth, ada: str) -> None:
    here, there = (auth.signin.by_password("ada", PASSWORD) for _ in range(2))
    actor = auth.sessions.actor(here.token)
    with pytest.raises(Invalid, match="current"):
        auth.credentials.change_own(actor, "not it", "another walnut fjord")
    auth.credentials.change_own(actor, PASSWORD, "another walnut fjord")
    assert auth.sessions.look(here.token).full
    with pytest.raises(SignedOut):
        auth.sessions.look(there.token)
    assert auth.signin.by_password("ada", "another walnut fjord").stage == "full"


def test_a_link_sets_a_password_once(auth: Auth, ada: str) -> None:
    path = auth.links.make(auth.accounts.actor_of(ada), ada)
    token = path.rpartition("/")[2]
    assert auth.links.account_of(token, "reset") == (ada, "ada")
    with pytest.raises(NotFound):
        auth.links.account_of(token, "invite")
    with pytest.raises(Invalid):
        auth.links.use(token, "reset", "short")
    assert auth.links.use(token, "reset", "another walnut fjord").stage == "full"
    with pytest.raises(NotFound, match="once"):
        auth.links.use(token, "reset", "yet another walnut")
    assert auth.signin.by_password("ada", "another walnut fjord").stage == "full"


def test_a_link_does_not_replace_the_second_factor(auth: Auth, ada: str) -> None:
    with_factor(auth, ada)
    token = auth.links.make(auth.accounts.actor_of(ada), ada).rpartition("/")[2]
    assert auth.links.use(token, "reset", "another walnut fjord").stage == "totp"


@pytest.mark.parametrize(("purpose", "hours"), [("reset", 1), ("invite", 168)])
def test_links_end(auth: Auth, ada: str, clock: Clock, purpose: str, hours: int) -> None:
    token = auth.links.make(auth.accounts.actor_of(ada), ada, purpose).rpartition("/")[2]
    clock.forward(hours=hours - 0.1)
    auth.links.account_of(token, purpose)
    clock.forward(hours=0.2)
    with pytest.raises(NotFound):
        auth.links.account_of(token, purpose)


def test_a_newer_link_ends_the_older(auth: Auth, ada: str) -> None:
    actor = auth.accounts.actor_of(ada)
    first, second = (auth.links.make(actor, ada).rpartition("/")[2] for _ in range(2))
    with pytest.raises(NotFound):
        auth.links.account_of(first, "reset")
    auth.links.account_of(second, "reset")


@pytest.mark.parametrize("name", ["ada", "nobody", "bob"])
def test_asking_for_a_link_tells_nothing(auth: Auth, ada: str, name: str) -> None:
    person(auth, "bob")  # no e-mail address
    auth.links.request(name, address="10.0.0.1")()
    assert len(events(auth, "link-made")) == (name == "ada")


def test_asking_for_many_links_is_slowed_down(auth: Auth, ada: str) -> None:
    for number in range(4):
        auth.links.request("ada", address=f"10.0.0.{number}")()
    with pytest.raises(Throttled):
        auth.links.request("ada", address="10.0.0.99")


def test_a_reset_frees_who_was_locked(auth: Auth, ada: str) -> None:
    for number in range(22):
        with pytest.raises((SignInRefused, Throttled)):
            auth.signin.by_password("ada", "wrong guess", address=f"10.0.0.{number}")
    with pytest.raises(Throttled):
        auth.signin.by_password("ada", PASSWORD, address="10.9.9.9")
    given = auth.credentials.reset(auth.accounts.actor_of(ada), ada)
    assert auth.signin.by_password("ada", given, address="10.9.9.9").stage == "password"


def count(auth: Auth, *conditions: Callable[[SessionRow], bool]) -> int:
    with auth.engine.database.read() as session:
        return sum(all(test(row) for test in conditions) for row in session.exec(select(SessionRow)))


def test_only_a_browser_of_that_person_is_recognised(auth: Auth, ada: str) -> None:
    device = auth.throttle.device_for(ada)
    assert auth.signin.recognises(" ADA", device)
    person(auth, "bob")
    forged = f"{device[:-1]}{'x' if device[-1] != 'x' else 'y'}"
    for name, cookie in (("bob", device), ("nobody", device), ("ada", forged), ("ada", "x.9.y"), ("ada", "")):
        assert not auth.signin.recognises(name, cookie)


def test_a_password_in_the_field_of_the_name_is_not_in_the_log_but_the_same_twice_looks_the_same(
    auth: Auth, ada: str
) -> None:
    for name in (PASSWORD, PASSWORD.upper(), "walnut fjord", "ADA"):
        with pytest.raises(SignInRefused):
            auth.signin.by_password(name, "wrong", **WHERE)
    with auth.engine.database.look() as connection:
        query = text("SELECT value FROM audit_personal WHERE field = 'typed' ORDER BY seq")
        kept = [str(row[0]) for row in connection.execute(query)]
        everything = str(connection.execute(text("SELECT * FROM audit")).fetchall()) + str(
            connection.execute(text("SELECT * FROM event")).fetchall()
        )
    assert kept[0] == kept[1] != kept[2]
    assert kept[0].startswith("unknown name ")
    assert kept[3] == "ada"
    assert PASSWORD not in everything + str(kept)
