"""Guesses are slowed down; nobody can be locked out by a stranger."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import select

from auth.service import Auth, opened
from auth.sessions import ANYBODY
from auth.throttle import RULES, Rule, Throttled, network
from engine.settings import Settings
from engine.store.tables_access import ThrottleRow
from tests.auth.clock import Clock, clock

__all__ = ["clock"]
PAIR = {"pair": "ada\0" + "10.0.0.1", "name": "ada", "address": "10.0.0.1"}


def fail(auth: Auth, times: int, scopes: dict[str, str]) -> int:
    """How many of so many tries were looked at."""
    looked = 0
    for _ in range(times):
        try:
            auth.throttle.attempt(ANYBODY, scopes)
            looked += 1
        except Throttled:
            pass
    return looked


def test_a_few_tries_are_free_then_each_waits_longer(auth: Auth, clock: Clock) -> None:
    assert fail(auth, 50, PAIR) == RULES["pair"].free + 1
    waits = []
    for _ in range(4):
        with pytest.raises(Throttled) as refused:
            auth.throttle.attempt(ANYBODY, PAIR)
        waits.append(refused.value.seconds)
        clock.forward(seconds=refused.value.seconds)
        auth.throttle.attempt(ANYBODY, PAIR)
    assert waits == [2, 4, 8, 16]


@given(st.sampled_from(sorted(RULES)), st.integers(1, 10_000))
def test_waiting_grows_and_has_an_end(name: str, failures: int) -> None:
    rule: Rule = RULES[name]
    assert 0 <= rule.wait(failures) <= rule.wait(failures + 1) <= rule.longest


def test_a_restart_forgets_nothing(auth: Auth, settings: Settings) -> None:
    fail(auth, 10, PAIR)
    again = opened(settings)
    try:
        with pytest.raises(Throttled):
            again.throttle.attempt(ANYBODY, PAIR)
    finally:
        again.engine.stop()


def test_a_hundred_tries_at_once_are_a_hundred_tries(auth: Auth) -> None:
    looked: list[int] = []
    threads = [threading.Thread(target=lambda: looked.append(fail(auth, 1, PAIR))) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(looked) == RULES["pair"].free + 1


def test_a_stranger_locks_out_strangers_only(auth: Auth, clock: Clock) -> None:
    for number in range(60):
        fail(auth, 1, {"pair": f"ada\0{number}", "name": "ada", "address": f"10.0.0.{number}"})
    with pytest.raises(Throttled):
        auth.throttle.attempt(ANYBODY, {"pair": "ada\0new", "name": "ada", "address": "10.9.9.9"})
    device = auth.throttle.known_device(auth.throttle.device_for("account-of-ada"), "account-of-ada")
    auth.throttle.attempt(ANYBODY, {"device": device})


def test_a_device_is_known_for_one_person_only(auth: Auth) -> None:
    cookie = auth.throttle.device_for("ada")
    assert auth.throttle.known_device(cookie, "ada")
    assert not auth.throttle.known_device(cookie, "bob")
    assert not auth.throttle.known_device(cookie, None)
    assert not auth.throttle.known_device("", "ada")


@given(st.text(max_size=80))
def test_any_other_device_cookie_is_none(text: str) -> None:
    # a throttle needs the key only
    class Keys:
        def derive(self, _purpose: str) -> bytes:
            return b"k" * 32

    class Part:
        keys = Keys()
        engine = None

    from auth.throttle import Throttle

    assert not Throttle(Part()).known_device(text, "ada")  # type: ignore[arg-type]


def test_success_forgives_the_pair_but_not_the_address(auth: Auth) -> None:
    fail(auth, 4, PAIR)
    attempt = auth.throttle.attempt(ANYBODY, PAIR)
    with auth.engine.database.change(ANYBODY) as change:
        auth.throttle.succeeded(change.session, attempt)
    with auth.engine.database.read() as session:
        left = {row.key: row.failures for row in session.exec(select(ThrottleRow))}
    assert sorted(left.values()) == [4, 4]  # name and address: less this try
    assert attempt.keys["pair"] not in left


def test_counts_are_forgotten_in_time(auth: Auth, clock: Clock) -> None:
    fail(auth, 6, PAIR)
    clock.forward(hours=3)
    assert fail(auth, 5, PAIR) == 5


def test_what_was_typed_is_not_in_the_database(auth: Auth) -> None:
    fail(auth, 3, PAIR)
    with auth.engine.database.read() as session:
        assert not any("ada" in row.key or "10.0" in row.key for row in session.exec(select(ThrottleRow)))


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("10.0.0.7", "10.0.0.7"),
        ("2001:db8::1", "2001:db8::/64"),
        ("2001:db8::ffff:1", "2001:db8::/64"),
        ("x", "x"),
    ],
)
def test_of_ipv6_the_network_counts(address: str, counted: str) -> None:
    assert network(address) == counted
