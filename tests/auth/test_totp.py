"""Codes of authenticator apps: the standard's own examples, and that a code works once."""

from __future__ import annotations

import base64
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auth import totp

RFC_SECRET = b"12345678901234567890"


@pytest.mark.parametrize(
    ("at", "wanted"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
    ],
)
def test_the_examples_of_rfc_6238(at: int, wanted: str) -> None:
    assert totp.code(RFC_SECRET, at // 30) == wanted


@given(st.binary(min_size=20, max_size=20), st.integers(0, 2**33), st.integers(-3, 3))
def test_a_clock_may_be_one_step_off(secret: bytes, now: int, off: int) -> None:
    step = now // 30
    found = totp.matching_step(secret, totp.code(secret, max(step + off, 0)), -1, now)
    assert (found is not None) or abs(off) > 1


def test_a_code_works_once_and_older_ones_not_after_it() -> None:
    now = 1_800_000_000.0
    current = totp.code(RFC_SECRET, int(now // 30))
    step = totp.matching_step(RFC_SECRET, current, 0, now)
    assert step == now // 30
    assert totp.matching_step(RFC_SECRET, current, step, now) is None
    assert totp.matching_step(RFC_SECRET, totp.code(RFC_SECRET, step - 1), step, now) is None
    assert totp.matching_step(RFC_SECRET, totp.code(RFC_SECRET, step + 1), step, now) == step + 1


@pytest.mark.parametrize("given_code", ["", "1", "abcdef", "٣٤٥٦٧٨", "0" * 40])
def test_nonsense_is_no_code(given_code: str) -> None:
    assert totp.matching_step(RFC_SECRET, given_code, 0, 59.0) is None


def test_apps_read_the_address() -> None:
    parts = urlsplit(totp.address(RFC_SECRET, "ada@example.com", "Kronkers & Co"))
    assert (parts.scheme, parts.netloc) == ("otpauth", "totp")
    assert parts.path == "/Kronkers%20%26%20Co:ada%40example.com"
    asked = parse_qs(parts.query)
    assert base64.b32decode(asked["secret"][0]) == RFC_SECRET
    assert asked["issuer"] == ["Kronkers & Co"]


def test_recovery_codes_are_read_as_people_type_them() -> None:
    code = totp.recovery_codes()[0]
    assert totp.hashed(b"key", code) == totp.hashed(b"key", f" {code.upper().replace('-', ' ')} ")
    assert len(set(totp.recovery_codes())) == 10
