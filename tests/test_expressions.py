"""The expression language: exact, safe, and clear about what is wrong and where."""
# ruff: noqa: E501 (tables of cases)

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.expressions import ExpressionError, Money, Table, compile_expression, evaluate, fill, names

TODAY = date(2026, 11, 22)
VALUES: dict[str, Any] = {
    "price": Money.of("9.99", "EUR"), "cost": Money.of("4.00", "EUR"), "usd": Money.of("1", "USD"), "n": 3, "x": 0.1, "nothing": None,
    "mode": "full", "begin": date(2026, 1, 31), "finish": date(2026, 3, 1), "brands": ["a", "b"], "flag": True, "n.ahead": 4,
    "weights": Table({"share": [Decimal("0.4"), Decimal("0.6")], "name": ["a", None]}), "q": "2026-Q3", "lead": timedelta(hours=36),
    "at": datetime(2026, 11, 22, 12, tzinfo=UTC), "inf": float("inf"), "nan": float("nan"),
}  # fmt: skip

RESULTS = [
    ("1 + 2 * 3 - 4 / 2", Decimal(5)), ("-2 ^ 2", Decimal(-4)), ("2 ^ -1", Decimal("0.5")), ("(1 + 2) * 3", Decimal(9)),
    ("7 % 3", Decimal(1)), ("-7 % 3", Decimal(2)), ("x + 0.2 == 0.3", True), ("1 < n <= 3", True), ("1 < n < 3", False),
    ("n = 3 and not flag", False), ("mode in ['full', \"part\"]", True), ("mode not in ['full']", False), ("'ul' in mode", True),
    ("price - cost", Money.of("5.99", "EUR")), ("price * 2 > 19", "error"), ("(price * 2).amount", "error"),
    ("price / cost > 2", True), ("price > cost", True), ("price.amount > 9", True), ("price.currency == 'EUR'", True),
    ("finish - begin", Decimal(29)), ("begin + 1 == 2026-02-01", True), ("days(finish - begin) <= 90", True),
    ("finish > '2026-02-01'", True), ("year(finish)", Decimal(2026)), ("quarter(q)", Decimal(3)), ("end(q)", date(2026, 9, 30)),
    ("hours(lead)", Decimal(36)), ("lead > duration('1 d')", True), ("days(today() - finish)", Decimal(266)),
    ("sum(weights.share) == 1", True), ("len(weights)", Decimal(2)), ("count(weights.name)", Decimal(1)), ("max(1, nothing, 3)", Decimal(3)),
    ("min(price, cost)", Money.of("4.00", "EUR")), ("mean([1, 2, null])", Decimal("1.5")), ("round(2.345, 2)", Decimal("2.35")),
    ("round(price, 0)", Money.of("10", "EUR")), ("if(n > 2, 'many', 'few')", "many"), ("if(false, 1 / 0, 2)", Decimal(2)),
    ("nothing + 1", None), ("nothing > 1", None), ("nothing == null", True), ("nothing is not null", False), ("nothing > 1 or flag", True),
    ("nothing > 1 and false", False), ("not (nothing > 1)", None), ("coalesce(nothing, 5)", Decimal(5)), ("n.ahead > n", True),
    ("inf > 1", True), ("nan > 1", None), ("upper('straße') + '!'", "STRASSE!"), ("starts_with(mode, 'fu')", True), ("all([true, flag])", True),
    ("abs(-3) + floor(2.5) + ceil(2.5)", Decimal(8)), ("weekday(2026-11-22)", Decimal(7)), ("date(at) == 2026-11-22", True),
    ("'it\\'s'", "it's"), ("n ≥ 3 and n <> 4", True), ("sqrt(9)", Decimal(3)), ("lower(nothing)", None), ("len(brands) = 2", True),
]  # fmt: skip


@pytest.mark.parametrize(("text", "result"), RESULTS)
def test_results(text: str, result: Any) -> None:
    if result == "error":
        with pytest.raises(ExpressionError):
            evaluate(text, VALUES, today=TODAY)
    else:
        assert evaluate(text, VALUES, today=TODAY) == result


ERRORS = [
    ("price_flor < 3", 1, "there is no “price_flor”"), ("n > ", 5, "it ends where a value is expected"), ("", 1, "there is no expression"),
    ("(n > 1", 7, "“)” is missing"), ("n & 1", 3, "“&” has no meaning here"), ("n 1", 3, "“1” was not expected"),
    ("'abc", 1, "a text that is opened by a quote is never closed"), ("mx(1)", 1, "there is no function “mx”"),
    ("round()", 1, "round is given 0 values"), ("1 / 0", 3, "this divides by zero"), ("n > 'a'", 3, "a number and a text cannot be compared"),
    ("price > usd", 7, "EUR and USD cannot be compared"), ("price + 1", 7, "money + a number cannot be computed; use .amount for the bare number"),
    ("n and true", 1, "true or false is needed, not a number"), ("2026-02-30 < begin", 1, "2026-02-30 is not a day of the calendar"),
    ("weights.shre == 1", 1, "the table has no column “shre”, only share, name"), ("9 ^ 9 ^ 9 ^ 9", None, "the result is too large"),
    ("2x > 1", 1, "“2x” is neither a number nor a name"), ("begin < '1.2.2026'", 7, "“1.2.2026” is not a date such as 2026-11-22"),
    ("(" * 70 + "1" + ")" * 70, None, "it is nested too deeply"), ("-" * 90 + "1", None, "it is nested too deeply"),
    ("begin + 10 ^ 9", None, "the result is outside the calendar"), ("n.foo", 1, "a number has no “foo”"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "position", "what"), ERRORS)
def test_errors_say_where_and_what(text: str, position: int | None, what: str) -> None:
    with pytest.raises(ExpressionError) as raised:
        evaluate(text, VALUES, today=TODAY)
    assert raised.value.what == what
    if position is not None:
        assert raised.value.position == position
    assert raised.value.sentence.endswith((".", "?"))


def test_names_are_known_before_anything_runs() -> None:
    assert names("a + max(b, weights.share) > today() and 'c' == d") == {"a", "b", "weights.share", "d"}
    error = compile_expression("price_flor <= list").unknown(["price_floor", "list"])
    assert error is not None
    assert error.sentence.endswith("Did you mean “price_floor”?")
    assert compile_expression("weights.share > n.ahead").unknown(["weights", "n.ahead"]) is None


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os')",
        "().__class__",
        "x.__class__",
        "lambda: 1",
        "[i for i in brands]",
        "open('/etc/passwd')",
    ],
)
def test_nothing_of_python_can_be_reached(text: str) -> None:
    with pytest.raises(ExpressionError):
        evaluate(text, VALUES)


def test_a_rule_must_be_true_or_false() -> None:
    with pytest.raises(ExpressionError, match="must be true or false, but is a number"):
        compile_expression("n + 1").is_true(VALUES)


def test_text_with_holes() -> None:
    assert (
        fill("MAPE {x * 100:1} %, was {nothing}; {{n}} = {n}, {price}", VALUES)
        == "MAPE 10.0 %, was –; {n} = 3, 9.99 EUR"
    )
    with pytest.raises(ExpressionError):
        fill("{mpe}", VALUES)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=40))
def test_any_text_gives_a_result_or_an_expression_error(text: str) -> None:
    try:
        evaluate(text, VALUES, today=TODAY)
    except ExpressionError as error:
        assert 1 <= error.position <= len(text) + 1  # noqa: PT017 (most texts are no expressions)


@given(st.integers(-(10**15), 10**15), st.integers(-(10**15), 10**15))
def test_arithmetic_is_exact(a: int, b: int) -> None:
    assert evaluate("a + b - a == b and (a < b) == (b > a) and a * b == b * a", {"a": a, "b": b}) is True


@given(st.dates(date(1900, 1, 1), date(2100, 1, 1)), st.integers(-20_000, 20_000))
def test_dates_count_in_days(day: date, n: int) -> None:
    assert evaluate("day + n - day", {"day": day, "n": n}) == n


@settings(max_examples=300, deadline=None)
@given(st.recursive(st.sampled_from(["n", "1", "x", "nothing", "flag", "mode", "begin", "price"]), lambda inner: st.tuples(
    inner, st.sampled_from(["+", "-", "*", "/", "<", "==", " and ", " or ", " in "]), inner).map(lambda t: f"({t[0]}{t[1]}{t[2]})"), max_leaves=8))  # fmt: skip
def test_well_formed_expressions_never_fail_in_python_s_way(text: str) -> None:
    try:
        evaluate(text, VALUES, today=TODAY)
    except ExpressionError as error:
        assert error.what  # noqa: PT017
