"""The preview of an import, and what a file looks like after an export."""

from __future__ import annotations

from typing import Any

import pytest

from engine.errors import Invalid
from engine.parameters.field_types import FieldBase
from engine.parameters.textfiles.files import fill, match, read
from engine.parameters.textfiles.matching import Line, Options, Preview
from tests.parameters.making import field

FIELDS: dict[str, FieldBase] = {
    "horizon": field(type="integer", title="Weeks ahead", unit="weeks", minimum=1, maximum=52),
    "alpha": field(type="number", minimum=0, maximum=5000),
    "discount": field(type="percent", minimum=0, maximum=60, required=False),
    "floor": field(type="money", currency="EUR", required=False),
    "start": field(type="date", required=False),
    "brand": field(type="choice", choices=["Acme", "Best"], required=False),
}


def preview(
    text: str,
    options: Options | None = None,
    kind: str = "key=value",
    fields: dict[str, FieldBase] | None = None,
) -> Preview:
    return match(read(text.encode(), "p.txt", kind), fields or FIELDS, options)


def line(text: str, name: str, options: Options | None = None, kind: str = "key=value") -> Line:
    return next(found for found in preview(text, options, kind).lines if found.name == name)


def test_matched_unknown_and_missing() -> None:
    found = preview("horizon = 13\nAlpha = 0.5\ndiscnt = 12\nregion = EU\n")
    assert found.values == {"horizon": 13, "alpha": 0.5}
    assert [(u.path, u.line, u.guessed, u.near) for u in found.unknown] == [
        ("discnt", 3, "integer", ("discount",)), ("region", 4, "text", ()),
    ]  # fmt: skip
    assert {m.name: m.near for m in found.missing} == {
        "discount": ("discnt",), "floor": (), "start": (), "brand": (),
    }  # fmt: skip
    assert any("“Alpha”" in note for note in found.lines[1].notes)


def test_names_match_by_title_section_or_what_was_said() -> None:
    assert preview("weeks-ahead = 13\n").values == {"horizon": 13}
    assert preview("[model]\nHORIZON = 13\n", kind="ini").values == {"horizon": 13}
    assert preview("h = 13\n", Options(paths={"horizon": "h"})).values == {"horizon": 13}
    assert preview("horizon = 13\n", Options(paths={"horizon": None})).values == {}
    assert [u.path for u in preview("[a]\nhorizon=1\n[b]\nhorizon=2\n", kind="ini").unknown] == [
        "a.horizon", "b.horizon",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "name", "state", "words"),
    [
        ("horizon = 90", "horizon", "out of range", "between 1 and 52"),
        ("horizon = 1,234", "horizon", "ambiguous", "could mean 1234 or 1.2340"),
        ("horizon = 1.234", "horizon", "ambiguous", "could mean 1234"),
        ("alpha = 1,234", "alpha", "ambiguous", "could mean 1234 or 1.2340"),
        ("alpha = 1.234\ndiscount = 0,5", "alpha", "ambiguous", "could mean"),
        ("alpha = abc", "alpha", "unreadable", "not a number"),
        ("brand = Acne", "brand", "out of range", "Did you mean Acme"),
        ("start = 03/04/2026", "start", "ambiguous", "2026-03-04 or 2026-04-03"),
        ("start = 31.02.2026", "start", "unreadable", "not a day"),
        ("floor = 12,50 USD", "floor", "unreadable", "must be in EUR"),
    ],
)
def test_what_is_wrong_or_doubtful_is_asked(text: str, name: str, state: str, words: str) -> None:
    found = line(text + "\n", name)
    assert (found.state, found.value) == (state, None)
    assert words in found.sentence


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("alpha = 1.234", "alpha", 1.234), ("alpha = 1.234,5", "alpha", 1234.5), ("alpha = 0,5", "alpha", 0.5),
        ("horizon = 13 weeks", "horizon", 13), ("discount = 12,5 %", "discount", 12.5),
        ("floor = € 1.234,50", "floor", {"amount": "1234.50", "currency": "EUR"}),
        ("start = 22.11.2026", "start", "2026-11-22"), ("start = 20261122", "start", "2026-11-22"),
        ("brand = acme", "brand", "Acme"),
    ],
)  # fmt: skip
def test_what_has_one_reading_is_read(text: str, name: str, value: Any) -> None:
    assert line(text + "\n", name).value == value


def test_the_decimal_sign_that_a_person_says_settles_it() -> None:
    assert line("alpha = 1,234\n", "alpha", Options(decimal=",")).value == 1.234
    assert line("horizon = 1.5\nalpha = 1.234\n", "alpha", Options(decimal=".")).value == 1.234


def test_scales_and_units_are_suggested_never_applied() -> None:
    doubtful = line("discount = 0.125\n", "discount")
    assert doubtful.value == 0.125
    assert doubtful.suggestions == ("If the file writes fractions (0.125 for 12.5 %), this is 12.5 %.",)
    assert line("discount = 0.125\n", "discount", Options(scales={"discount": "fraction"})).value == 12.5
    share = {"share": field(type="percent", scale="fraction", maximum=1)}
    asked = preview("share = 12.5\n", fields=share).lines[0]
    assert asked.state == "ambiguous"
    assert "this is 12.5 %" in asked.suggestions[0]
    assert preview("name,value,unit\nshare,12.5,%\n", kind="csv", fields=share).values == {"share": 0.125}
    days = line("horizon = 91 days\n", "horizon")
    assert days.state == "unreadable"
    assert days.suggestions == ("91 days would be 13 weeks: enter that if it is meant.",)
    column = line("name,value,unit\nhorizon,14,days\n", "horizon", kind="csv")
    assert any("unit “days”" in note for note in column.notes)
    assert column.suggestions == ("14 days would be 2 weeks: enter that if it is meant.",)


@pytest.mark.parametrize(
    ("kind", "before", "values", "after"),
    [
        ("key=value", "alpha = 0,5  # c\r\nhorizon=13\r\n", {"alpha": 1.234, "horizon": 14},
         "alpha = 1,2340  # c\r\nhorizon=14\r\n"),
        ("key=value", "discount = 12,5 %\n", {"discount": 7.25}, "discount = 7,25 %\n"),
        ("key=value", "floor: € 12,50\n", {"floor": {"amount": "1300.00", "currency": "EUR"}}, "floor: € 1300,00\n"),
        ("key=value", "floor = 12.50\n", {"floor": {"amount": "13.40", "currency": "EUR"}}, "floor = 13.40\n"),
        ("key=value", "horizon = 13 weeks\n", {"horizon": 9}, "horizon = 9 weeks\n"),
        ("key=value", "start = 22.11.2026 ; c\n", {"start": "2026-03-04"}, "start = 04.03.2026 ; c\n"),
        ("key=value", "start = 20261122\n", {"start": "2026-03-04"}, "start = 20260304\n"),
        ("csv", 'name;value\n"alpha"; "0,5" ;x\n', {"alpha": 0.25}, 'name;value\n"alpha"; "0,25";x\n'),
        ("fixed", "ALPHA       0.50  -\nHORIZON       13  weeks\n", {"alpha": 0.125, "horizon": 9},
         "ALPHA      0.125  -\nHORIZON        9  weeks\n"),
        ("fixed", "BRAND    Acme    x\nHORIZON  13      y\n", {"brand": "Best", "horizon": 9},
         "BRAND    Best    x\nHORIZON  9       y\n"),
        ("json", '{"alpha":0.50,"horizon" : 13}', {"alpha": 0.75}, '{"alpha":0.75,"horizon" : 13}'),
        ("r", "alpha <- 0.5 # c\nhorizon <- 13L\n", {"horizon": 14, "alpha": 0.25},
         "alpha <- 0.25 # c\nhorizon <- 14L\n"),
        ("python", "floor = Decimal('12.50')\n", {"floor": {"amount": "13.40", "currency": "EUR"}},
         "floor = Decimal('13.40')\n"),
        ("julia", "start = Date(2026, 1, 5)\n", {"start": "2026-11-22"}, "start = Date(2026, 11, 22)\n"),
        ("yaml", "alpha: 0.5   # c\nbrand: 'Acme'\n", {"brand": "Best"}, "alpha: 0.5   # c\nbrand: 'Best'\n"),
    ],
)  # fmt: skip
def test_changed_values_keep_the_look_of_the_file(
    kind: str, before: str, values: dict[str, Any], after: str
) -> None:
    document = read(before.encode(), "p.txt", kind)
    assert fill(document, match(document, FIELDS), FIELDS, values).decode() == after


def test_the_scale_that_was_said_is_kept_when_writing() -> None:
    document = read(b"discount = 0.125\n", "p.txt")
    found = match(document, FIELDS, Options(scales={"discount": "fraction"}))
    assert fill(document, found, FIELDS, {"discount": 7.3}) == b"discount = 0.073\n"
    assert fill(document, found, FIELDS, {"discount": 12.5}) == document.text.encode()


@pytest.mark.parametrize(
    ("kind", "text", "name", "value", "words"),
    [
        ("key=value", "start = 22/11/2026\n", "start", "2026-03-04", "reads back the same"),
        ("fixed", "HORIZON  13  weeks\nALPHA  0.5  x\n", "alpha", 0.123456789, "room for"),
        ("key=value", "horizon = 13\n", "alpha", 1.0, "no place in the file"),
        ("python", "alpha = 2 * 3\n", "alpha", 1.0, "plain value"),
        ("toml", "discount = 1\n", "discount", None, "no word for"),
    ],
)
def test_what_cannot_be_written_is_said_and_nothing_is(
    kind: str, text: str, name: str, value: Any, words: str
) -> None:
    document = read(text.encode(), "p.txt", kind)
    with pytest.raises(Invalid, match=words):
        fill(document, match(document, FIELDS), FIELDS, {name: value})
