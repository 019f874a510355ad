"""Passwords: what is refused, and that hashing gives nothing away."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auth import passwords
from auth.common import why_common
from engine.errors import Invalid


@pytest.mark.parametrize(
    "password",
    [
        "walnut fjord treacle",
        "kf7m-2qpx-9htr-w4nd",
        "correct horse battery staple",
        "żółta łódka na jeziorze",
        "春天的第一场雨落在窗台上啊",
    ],
)
def test_long_and_uncommon_ones_are_taken(password: str) -> None:
    passwords.check(password, ["ada", "Ada Lovelace", "ada@example.com"])


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("short", "at least 12"),
        ("x" * 129, "at most 128"),
        ("Password2026!", "common words"),
        ("P@ssw0rd1234", "common words"),
        ("Summer2026Summer", "common words"),
        ("qwertyuiop12", "common words"),
        ("1qaz2wsx3edc", "common words"),
        ("aaaaaaaaaaaa", "repeats"),
        ("abcabcabcabcabc", "repeats"),
        ("lovelace-1815", "your own name"),
        ("quarterdeck-2026", "common words"),
        ("marketing2026!!", "common words"),
    ],
)
def test_short_or_easily_guessed_ones_are_refused_with_the_reason(password: str, reason: str) -> None:
    with pytest.raises(Invalid, match=reason):
        passwords.check(password, ["ada", "Ada Lovelace"])


@given(
    st.integers(1900, 2099),
    st.sampled_from(["!", "", "?", "#1"]),
    st.sampled_from(["welcome", "summer", "dragon"]),
)
def test_a_common_word_is_common_with_any_year(year: int, end: str, word: str) -> None:
    assert why_common(f"{word.title()}{year}{end}")
    assert why_common(f"{year}{word}{end}{word}")


@given(st.text(min_size=12, max_size=128))
def test_any_text_gets_a_verdict(password: str) -> None:
    assert isinstance(why_common(password), str)


def test_one_time_passwords_keep_the_rules_and_never_repeat() -> None:
    made = [passwords.generated() for _ in range(200)]
    assert len(set(made)) == 200
    for password in made:
        passwords.check(password)


def test_only_the_same_password_is_the_password() -> None:
    kept = passwords.hashed("walnut fjord treacle")
    assert kept.startswith("$argon2id$")
    assert "walnut" not in kept
    assert passwords.verified(kept, "walnut fjord treacle")
    assert not passwords.verified(kept, "walnut fjord treaclE")
    assert not passwords.outdated(kept)


@settings(max_examples=3)
@given(st.text(min_size=12, max_size=20))
def test_nobody_has_no_password(password: str) -> None:
    assert not passwords.verified(None, password)
    assert not passwords.verified("damaged", password)


def test_one_password_typed_on_two_keyboards_is_one_password() -> None:
    assert passwords.verified(passwords.hashed("cafe\u0301 au lait ¹²"), "caf\u00e9 au lait 12")


def test_hashes_made_with_less_effort_are_renewed() -> None:
    from argon2 import PasswordHasher

    assert passwords.outdated(PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash("x"))
