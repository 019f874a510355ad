"""What a file leaves open is asked, and each answer gives the value one meaning."""

from __future__ import annotations

from typing import Any

import pytest

from engine.errors import Invalid
from engine.parameters.field_types import FieldBase
from engine.parameters.imports.answering import answers_of
from engine.parameters.imports.questions import questions
from engine.parameters.imports.records import Question
from engine.parameters.textfiles.files import match, read
from tests.parameters.making import field

FIELDS: dict[str, FieldBase] = {
    "alpha": field(type="number"),
    "share": field(type="percent", minimum=0, maximum=90),
    "rate": field(type="percent", scale="fraction"),
    "start": field(type="date"),
    "begin": field(type="date-time"),
    "price": field(type="money", currencies=["EUR", "USD"]),
    "days": field(type="list", item={"type": "date"}),
    "high": field(type="percent", minimum=5, maximum=90),
}


def asked(text: str, **said: Any) -> tuple[list[Question], dict[str, Any]]:
    answers = answers_of(said)
    document = read(text.encode(), "p.txt", "key=value")
    preview = match(document, FIELDS, answers.options())
    found = questions(document, preview, FIELDS, answers, ("Europe/Berlin", "UTC"))
    return list(found), preview.values


@pytest.mark.parametrize(
    ("text", "about", "name", "answers"),
    [
        ("alpha = 1,234", "decimal", "", {",": 1.234, ".": 1234.0}),
        ("share = 0.5", "scale", "share", {"points": 0.5, "fraction": 50.0}),
        ("rate = 12.5", "scale", "rate", {"points": 0.125, "fraction": 12.5}),
        ("start = 03/04/2026", "days", "", {"day": "2026-04-03", "month": "2026-03-04"}),
        ("begin = 2026-03-04 10:00", "zone", "", {"UTC": "2026-03-04T10:00:00+00:00"}),
        ("price = 12.50", "currency", "price", {"USD": {"amount": "12.50", "currency": "USD"}}),
    ],
)
def test_what_has_two_readings_is_asked_and_answered(
    text: str, about: str, name: str, answers: dict[str, Any]
) -> None:
    (question,), _ = asked(text + "\n")
    assert (question.about, question.field, question.lines, question.open) == (about, name, (1,), True)
    for answer, value in answers.items():
        assert answer in {option.answer for option in question.options}
        key = {"scale": "scales", "currency": "currencies"}.get(about, about)
        again, values = asked(text + "\n", **{key: {name: answer} if name else answer})
        assert [one.answered for one in again] == [answer]
        assert list(values.values()) == [value]


@pytest.mark.parametrize(
    "text",
    ["alpha = 1.5", "share = 20", "share = 0,5 %", "rate = 0.125", "start = 22/11/2026", "start = 2026-04-03",
     "price = 12.50 EUR", "begin = 2026-03-04T10:00+01:00", "high = 20"],
)  # fmt: skip
def test_what_has_one_reading_is_not_asked(text: str) -> None:
    found, values = asked(text + "\n")
    assert found == []
    assert len(values) == 1


def test_a_share_that_only_a_fraction_explains_is_asked() -> None:
    text = "high = 0.25\n"
    (question,), values = asked(text)
    assert (question.about, values) == ("scale", {})
    assert asked(text, scales={"high": "fraction"})[1] == {"high": 25.0}


def test_one_question_for_all_values_that_hang_on_it() -> None:
    (question,), _ = asked("alpha = 1,234\nstart = 2026-01-01\nshare = 2,345\n", scales={"share": "points"})[
        :2
    ]
    assert question.lines == (1, 3)
    assert "and 1 more" in question.sentence


def test_two_questions_about_one_value() -> None:
    found, _ = asked("begin = 03/04/2026 10:00\n")
    assert {question.about for question in found} == {"days", "zone"}
    assert asked("begin = 03/04/2026 10:00\n", days="day", zone="UTC")[1] == {
        "begin": "2026-04-03T10:00:00+00:00"
    }


def test_days_within_a_list_are_asked() -> None:
    (question,), _ = asked("days = 03/04/2026; 05/04/2026\n")
    assert question.about == "days"
    assert asked("days = 03/04/2026; 05/04/2026\n", days="month")[1] == {"days": ["2026-03-04", "2026-05-04"]}


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"decimal": ";"}, "decimal sign"),
        ({"days": "year"}, "order of day and month"),
        ({"encoding": "ebcdic"}, "encoding"),
        ({"scales": {"share": "half"}}, "points"),
        ({"colour": "red"}, "Known are"),
    ],
)
def test_an_answer_that_cannot_be_one_is_refused(said: dict[str, Any], words: str) -> None:
    with pytest.raises(Invalid, match=words):
        answers_of(said)
