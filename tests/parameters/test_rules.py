"""What a person reads when a value breaks a rule: title, value, rule, remedy."""

# ruff: noqa: E501 (whole sentences are compared)
from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from engine.errors import Invalid
from engine.parameters.fields import parse_text, validate
from tests.parameters.making import field

TODAY = date(2026, 11, 22)
NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


def said(text: str, locale: str = "en", **keys: Any) -> str:
    with pytest.raises(Invalid) as raised:
        parse_text("discount", field(**keys), text, locale, today=TODAY, now=NOW)
    (problem,) = raised.value.problems
    assert problem.where == "discount"
    assert problem.rule
    return problem.sentence


def read(text: str, locale: str = "en", **keys: Any) -> Any:
    return parse_text("discount", field(**keys), text, locale, today=TODAY, now=NOW)


SENTENCES = [
    ("130 %", {"type": "percent", "minimum": 0, "maximum": 60}, "Discount 130 % must be between 0 and 60 %. Enter at most 60."),
    ("130 %", {"type": "percent", "scale": "fraction", "minimum": 0, "maximum": 0.6}, "Discount 130 % must be between 0 and 60 %. Enter at most 60."),
    ("60", {"type": "integer", "title": "Weeks ahead", "unit": "weeks", "minimum": 1, "maximum": 52}, "Weeks ahead 60 must be between 1 and 52 weeks. Enter at most 52."),
    ("12.5", {"type": "integer"}, "Discount “12.5” is not a whole number. Enter digits only, for instance 12."),
    ("", {"type": "integer"}, "Discount is needed. Enter a value."),
    ("0.3", {"type": "number", "step": 0.25}, "Discount 0.3 must go in steps of 0.25. Enter 0.25 or 0.5."),
    ("1.239", {"type": "number", "decimals": 2, "minimum": 0}, "Discount “1.239” could mean 1239 or 1.239. Enter 1239."),
    ("12.3456", {"type": "number", "decimals": 2}, "Discount 12.3456 may have at most 2 digits after the decimal sign. Enter 12.35."),
    ("12 USD", {"type": "money", "currency": "EUR"}, "Discount “12 USD” must be in EUR. Enter the amount in EUR."),
    ("12", {"type": "money"}, "Discount “12” has no currency. Write it behind the amount, for instance 12.50 EUR."),
    ("$5", {"type": "money"}, "Discount “$5” could be in USD or CAD or AUD or NZD or MXN or SGD or HKD. Write the code, for instance USD."),
    ("0.50", {"type": "money", "currency": "EUR", "minimum": 1}, "Discount 0.50 EUR must be at least 1 EUR. Enter at least 1."),
    ("mid", {"type": "choice", "choices": ["low", "high"]}, "Discount “mid” is not one of the choices. Choose low or high."),
    ("hihg", {"type": "choice", "choices": ["low", "high"]}, "Discount “hihg” is not one of the choices. Did you mean high?"),
    ("maybe", {"type": "boolean"}, "Discount “maybe” is not yes or no. Enter yes or no."),
    ("ab12", {"type": "text", "pattern": "[A-Z]{2}[0-9]+", "pattern_hint": "two capitals and digits, such as AB12"}, "Discount “ab12” must be two capitals and digits, such as AB12. Change it to that form."),
    ("abc", {"type": "text", "max_length": 2}, "Discount “abc” must have at most 2 characters; it has 3. Enter 1 fewer."),
    ("11/12/2026", {"type": "date"}, "Discount “11/12/2026” could mean 2026-11-12 or 2026-12-11. Enter 2026-11-12 or 2026-12-11."),
    ("1.2.26", {"type": "date"}, "Discount “1.2.26” has a year of two digits. Write the year with four digits. Enter year-month-day, for instance 2026-11-22."),
    ("2026-02-30", {"type": "date"}, "Discount “2026-02-30” is not a day of the calendar. Enter year-month-day, for instance 2026-11-22."),
    ("yesterday", {"type": "date", "minimum": "today"}, "Discount 2026-11-21 must not be before 2026-11-22. Enter 2026-11-22 or later."),
    ("2026-11-22 14:30", {"type": "date-time"}, "Discount “2026-11-22 14:30” has no time zone. Write it behind the time, for instance 2026-11-22 14:30+01:00 or 2026-11-22 14:30 Europe/Berlin."),
    ("2026-03-29 02:30 Europe/Berlin", {"type": "date-time"}, "Discount “2026-03-29 02:30 Europe/Berlin” does not exist in Europe/Berlin: the clocks are put forward then. Enter a time an hour later."),
    ("1:30", {"type": "duration"}, "Discount “1:30” could mean 1 h 30 min or 1 min 30 s. Enter “1 h 30 min” or “1 min 30 s”."),
    ("P1M", {"type": "duration"}, "Discount “P1M” counts years or months, which differ in length. Enter days, hours, minutes or seconds."),
    ("3 h", {"type": "duration", "maximum": "PT2H"}, "Discount 3 h must be at most 2 h. Enter at most 2 h."),
    ("2026-07", {"type": "period", "granularity": "quarter"}, "Discount “2026-07” must be a quarter. Enter for instance 2026-Q3."),
    ("2025-Q4", {"type": "period", "minimum": "2026-Q1"}, "Discount 2025-Q4 must not be before 2026-Q1. Enter 2026-Q1 or later."),
    ("1; x", {"type": "list", "item": "number"}, "Discount (value 2) “x” is not a number. Enter digits, for instance 12 or 12.5."),
    ("1; 9", {"type": "list", "item": {"type": "integer", "maximum": 5}}, "Discount (value 2) 9 must be at most 5. Enter at most 5."),
    ("1; 1", {"type": "list", "item": "integer", "unique": True}, "Discount “1” occurs twice. Enter each value once."),
    ("p,w\na,x", {"type": "table", "columns": {"p": "text", "w": "number"}}, "Discount (row 1, column w) “x” is not a number. Enter digits, for instance 12 or 12.5."),
    ("p\na", {"type": "table", "columns": {"p": "text", "w": "number"}}, "Discount lacks the column w. Give the columns p, w."),
]  # fmt: skip


@pytest.mark.parametrize(("text", "keys", "sentence"), SENTENCES)
def test_the_sentence_names_field_value_rule_and_remedy(
    text: str, keys: dict[str, Any], sentence: str
) -> None:
    assert said(text, **keys) == sentence


ACCEPTED = [
    ("12.5 %", {"type": "percent", "scale": "fraction"}, 0.125),
    ("0.125", {"type": "percent", "scale": "fraction"}, 0.125),
    ("12.5", {"type": "percent"}, 12.5),
    ("13 weeks", {"type": "integer", "unit": "weeks"}, 13),
    ("12345678901234567890", {"type": "integer"}, 12345678901234567890),
    ("€ 1,234.5", {"type": "money", "currency": "EUR"}, {"amount": "1234.50", "currency": "EUR"}),
    ("1.234,5 eur", {"type": "money"}, {"amount": "1234.50", "currency": "EUR"}),
    ("$5", {"type": "money", "currency": "CAD"}, {"amount": "5.00", "currency": "CAD"}),
    ("¥ 1,200", {"type": "money", "currency": "JPY"}, {"amount": "1200", "currency": "JPY"}),
    ("ja", {"type": "boolean"}, True),
    ("22.11.2026", {"type": "date"}, "2026-11-22"),
    ("22/11/2026", {"type": "date"}, "2026-11-22"),
    ("Nov 22, 2026", {"type": "date"}, "2026-11-22"),
    ("22. November 2026", {"type": "date"}, "2026-11-22"),
    ("today - 2 w", {"type": "date"}, "today-2w"),
    ("2026-11-22 14:30 Europe/Berlin", {"type": "date-time"}, "2026-11-22T14:30:00+01:00"),
    ("2026-11-22T14:30Z", {"type": "date-time"}, "2026-11-22T14:30:00+00:00"),
    ("2026-11-22 14:30", {"type": "date-time", "zone": "Asia/Kolkata"}, "2026-11-22T14:30:00+05:30"),
    ("90 min", {"type": "duration"}, "PT1H30M"),
    ("1 d 2.5 h", {"type": "duration"}, "P1DT2H30M"),
    ("Q3 2026", {"type": "period"}, "2026-Q3"),
    ("July 2026", {"type": "period"}, "2026-07"),
    ("KW33 2026", {"type": "period"}, "2026-W33"),
    ("last", {"type": "period", "granularity": "month"}, "this-1"),
    ("1, 2, 3", {"type": "list", "item": "integer"}, [1, 2, 3]),
    ('a; "b; c"', {"type": "list", "item": "text"}, ["a", "b; c"]),
    ("p\tw\na\t1,5\n", {"type": "table", "columns": {"w": "number", "p": "text"}},
     {"columns": [{"name": "w", "type": "number"}, {"name": "p", "type": "text"}], "rows": [[1.5, "a"]]}),
]  # fmt: skip


@pytest.mark.parametrize(("text", "keys", "value"), ACCEPTED)
def test_what_people_write_is_understood(text: str, keys: dict[str, Any], value: Any) -> None:
    assert read(text, **keys) == value


def test_a_percentage_of_one_without_its_sign_is_asked_for() -> None:
    assert "could mean 15 % or 1500 %" in said("15", type="percent", scale="fraction")


def test_an_empty_text_means_not_given_unless_it_may_be_empty() -> None:
    assert validate("x", field(type="text", required=False), "") is None
    assert validate("x", field(type="text", default=""), "") == ""
    assert validate("x", field(type="text", min_length=0), None) == ""


def test_natural_python_values_become_canonical() -> None:
    from datetime import timedelta
    from decimal import Decimal

    assert validate("x", field(type="date"), TODAY) == "2026-11-22"
    assert validate("x", field(type="date-time"), NOW) == "2026-11-22T09:30:00+00:00"
    assert validate("x", field(type="duration"), timedelta(hours=26)) == "P1DT2H"
    assert validate("x", field(type="money", currency="EUR"), Decimal("12.5")) == {
        "amount": "12.50",
        "currency": "EUR",
    }
    assert validate("x", field(type="integer"), Decimal(10**30)) == 10**30
    table = validate("x", field(type="table", columns={"a": "integer"}), [{"a": 1}, {"a": None}])
    assert table["rows"] == [[1], [None]]


@pytest.mark.parametrize(
    ("keys", "value"),
    [
        ({"type": "integer"}, True), ({"type": "integer"}, 1.5), ({"type": "number"}, "1,5"), ({"type": "number"}, True),
        ({"type": "number"}, 2**53 + 1), ({"type": "boolean"}, 1), ({"type": "text"}, 5), ({"type": "text"}, "a\0b"),
        ({"type": "text"}, "\ud800"), ({"type": "date"}, NOW), ({"type": "date-time"}, datetime(2026, 1, 1)),
        ({"type": "multi-choice", "choices": ["a"]}, ["a", "a"]), ({"type": "file"}, {"blob": "0" * 64, "name": "../x"}),
        ({"type": "file", "extensions": [".csv"]}, {"blob": "0" * 64, "name": "x.exe"}), ({"type": "secret"}, "two words"),
        ({"type": "money", "currency": "EUR"}, {"amount": "NaN", "currency": "EUR"}), ({"type": "list", "item": "text"}, "abc"),
    ],
)  # fmt: skip
def test_values_of_another_kind_are_refused(keys: dict[str, Any], value: Any) -> None:
    with pytest.raises(Invalid):
        validate("x", field(**keys), value)
