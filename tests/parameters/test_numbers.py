"""Numbers as people write them: accepted only where there is one reading."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.parameters.numbers import Unreadable, format_decimal, parse_decimal, signs

CERTAIN = [
    ("1.234,56", "1234.56"), ("1,234.56", "1234.56"), ("1.234.567", "1234567"), ("1,234,567.8", "1234567.8"),
    ("12.5", "12.5"), ("12,5", "12.5"), ("0,125", "0.125"), ("1234.567", "1234.567"), (" 1 234,5 ", "1234.5"),
    ("1'234.5", "1234.5"), ("−3", "-3"), ("+3", "3"), (".5", "0.5"), ("1e3", "1E+3"), ("1.5E-3", "0.0015"),
    ("12345678901234567890", "12345678901234567890"), ("1\u202f234\u00a0567,8", "1234567.8"), ("5.", "5"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "number"), CERTAIN)
@pytest.mark.parametrize("locale", ["en", "de", "fr", ""])
def test_a_text_with_one_reading_means_the_same_everywhere(text: str, number: str, locale: str) -> None:
    assert parse_decimal(text, locale) == Decimal(number)


@pytest.mark.parametrize(
    ("text", "locale", "number"),
    [("1.234", "en", "1.234"), ("1,234", "de", "1.234"), ("1.234", "de-CH", "1.234")],
)
def test_the_decimal_sign_of_ones_own_language_is_certain(text: str, locale: str, number: str) -> None:
    assert parse_decimal(text, locale) == Decimal(number)


@pytest.mark.parametrize(
    ("text", "locale", "readings"),
    [
        ("1,234", "en", "could mean 1234 or 1.234"), ("1.234", "de", "could mean 1234 or 1,234"),
        ("1.234", "", "could mean 1234 or 1.2340"), ("-1,234", "en", "could mean -1234 or -1.234"),
    ],
)  # fmt: skip
def test_an_ambiguous_text_is_refused_with_both_readings(text: str, locale: str, readings: str) -> None:
    with pytest.raises(Unreadable) as raised:
        parse_decimal(text, locale)
    assert raised.value.rule == readings
    for reading in raised.value.remedy.removeprefix("Enter ").rstrip(".").split(" or "):
        parse_decimal(reading, locale)  # what is proposed can be typed


def test_decimals_that_cannot_be_settle_the_reading() -> None:
    assert parse_decimal("1,234", "en", 0) == 1234
    assert parse_decimal("1,234", "en", 2) == 1234
    with pytest.raises(Unreadable):
        parse_decimal(
            "1.234", "en", 0
        )  # the sign of a fraction where none is allowed: a slip, not a thousand


@pytest.mark.parametrize(
    "text",
    ["", "abc", "1.2.3", "1,23,4", "1.23,456.7", "12,34,567", "0x10", "1_000", "--1", "1e", "١٢", "1.234.56"],
)
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        parse_decimal(text, "en")


def test_too_many_digits_are_refused_quickly() -> None:
    with pytest.raises(Unreadable, match="digits"):
        parse_decimal("9" * 5000, "en")


@given(
    st.decimals(allow_nan=False, allow_infinity=False),
    st.sampled_from(["en", "de", "fr", "de-CH", "pt-BR", ""]),
)
def test_what_is_written_reads_back(number: Decimal, locale: str) -> None:
    assert parse_decimal(format_decimal(number, locale), locale) == number


def test_languages_differ_in_their_signs() -> None:
    assert (signs("de-CH"), signs("")) != (signs("de"), signs("en"))
    assert format_decimal(Decimal("12345.5"), "de") == "12.345,5"
    assert format_decimal(Decimal("12345.5"), "en") == "12,345.5"
    assert format_decimal(Decimal(2026), "en") == "2026"
