"""One value out of a CSV or JSON text."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import Invalid
from engine.parameters import field_types as f
from engine.parameters.feeds import sources
from engine.parameters.feeds.picking import decoded, pick

NUMBER = f.NumberField()
RATES = '{"date": "2026-10-06", "rates": {"USD": 1.08, "GBP": 0.85}, "list": [{"v": 1}, {"v": 2}], "a/b": 7}'
CSV = "day;currency;rate\n2026-10-05;USD;1,07\n2026-10-06;USD;1,08\n2026-10-06;GBP;0,85\n"


def picked(text: str, field: f.FieldBase = NUMBER, **source: Any) -> tuple[Any, date | None]:
    kind = {"kind": "file", "path": "x", "format": "json", **source}
    return pick(sources.source_of(kind), text, field, "The file")


@pytest.mark.parametrize(
    ("way", "value"),
    [
        ("rates.USD", Decimal("1.08")), ("/rates/USD", Decimal("1.08")), ("list[0].v", 1), ("list[-1].v", 2),
        ("/list/1/v", 2), ("/a~1b", 7), ("date", "2026-10-06"),
    ],
)  # fmt: skip
def test_a_way_leads_to_a_value_of_json(way: str, value: Any) -> None:
    assert picked(RATES, value=way) == (value, None)


def test_the_whole_json_may_be_the_value_and_its_day_stands_elsewhere() -> None:
    assert picked("1.08") == (Decimal("1.08"), None)
    assert picked(RATES, value="rates.GBP", observed="date") == (Decimal("0.85"), date(2026, 10, 6))


@pytest.mark.parametrize(
    ("text", "way", "sentence"),
    [
        (RATES, "rates.CHF", "at “rates” there are: USD, GBP"),
        (RATES, "list[5].v", "a list of 2"),
        (RATES, "date.x", "a single value"),
        (RATES, "rates..USD", "has nothing at|no way to a value"),
        (RATES, "[x", "no way to a value"),
        ('{"a": 1', "a", r"no JSON \(line 1, column 8\)"),
        ('{"a": NaN}', "a", "NaN is no number of JSON"),
        ('{"a": 1, "a": 2}', "a", "“a” stands twice"),
        ("[" * 100_000, "a", "nested too deeply"),
        ('{"a": ' + "9" * 5000 + "}", "a", "no JSON"),
    ],
)
def test_what_is_wrong_with_a_json_is_a_sentence(text: str, way: str, sentence: str) -> None:
    with pytest.raises(Invalid, match=sentence):
        picked(text, value=way)


def test_a_row_of_a_csv_is_chosen_by_a_column_and_the_last_one_counts() -> None:
    chosen = {"format": "csv", "value": "rate", "where": "currency", "equals": "USD", "observed": "day"}
    assert picked(CSV, **chosen) == ("1,08", date(2026, 10, 6))
    assert picked(CSV, **chosen, row="first") == ("1,07", date(2026, 10, 5))


def test_a_csv_fills_lists_and_tables() -> None:
    rates = f.ListField(item=f.NumberField())
    assert picked(CSV, rates, format="csv", value="rate")[0] == ["1,07", "1,08", "0,85"]
    table = f.TableField(columns={"currency": "text", "rate": "number"})
    assert picked(CSV, table, format="csv")[0][0] == {"currency": "USD", "rate": "1,07"}


@pytest.mark.parametrize(
    ("text", "chosen", "sentence"),
    [
        (CSV, {"value": "price"}, "no column “price”. Its columns are: day, currency, rate"),
        (CSV, {}, "Say which column"),
        (CSV, {"value": "rate", "where": "currency", "equals": "CHF"}, "no row with currency = CHF"),
        (CSV, {"value": "rate", "observed": "rate"}, "is no day"),
        ("a,b\n1\n", {"value": "a"}, "row 2 has 1 cells"),
        ("a,a\n1,2\n", {"value": "a"}, "twice"),
        ("", {"value": "a"}, "is empty"),
        ("a\n", {"value": "a"}, "has no row"),
        ('a\n"1\n', {"value": "a"}, "is no CSV"),
    ],
)
def test_what_is_wrong_with_a_csv_is_a_sentence(text: str, chosen: dict[str, str], sentence: str) -> None:
    with pytest.raises(Invalid, match=sentence):
        picked(text, format="csv", **chosen)


def test_text_that_is_no_utf8_is_told_with_its_line() -> None:
    assert decoded(b"\xef\xbb\xbf1.08", "The file") == "1.08"
    with pytest.raises(Invalid, match=r"not UTF-8 text \(line 2\)"):
        decoded(b"a\n\xff\xfe", "The file")
    with pytest.raises(Invalid, match="NUL"):
        decoded(b"a\0b", "The file")


@given(st.text(max_size=60), st.text(max_size=40), st.sampled_from(["csv", "json"]))
def test_whatever_the_text_and_the_way_are_the_answer_is_a_value_or_a_sentence(
    text: str, way: str, kind: str
) -> None:
    said = ""
    try:
        picked(text, format=kind, value=way)
        said = "read"
    except Invalid as error:
        said = error.sentence
    assert said
