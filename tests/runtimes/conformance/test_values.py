"""Each field type arrives as the type that the contract names, exactly."""

from __future__ import annotations

import pytest

from engine.runtimes.interface import Call, CallFailed, Value

from .conftest import Language

SCRIPTS = [
    "café",
    "Ωμέγα",
    "Москва",
    "東京",
    "القاهرة",
    "ไทย",
    "👩‍🌾",
    'quote " and \\ back',
    "tab\tline\n",
    "",
]


@pytest.mark.parametrize("text", SCRIPTS)
def test_text_in_every_script(language: Language, text: str) -> None:
    assert language.value("text", text)["text"] == text


@pytest.mark.parametrize("number", [0, 1, -1, 2**31 - 1, 2**31, -(2**31), 2**53, -(2**53), 10**15 + 1])
def test_integers_are_exact(language: Language, number: int) -> None:
    found = language.value("integer", number)
    assert found["text"] == str(number)
    small = -(2**31) < number < 2**31
    assert (
        found["kind"]
        == {"python": "int", "r": "integer" if small else "numeric", "julia": "Int64"}[language.name]
    )


def test_integers_beyond_what_the_language_holds(language: Language) -> None:
    result = language.call("value", {"v": Value("integer", 2**80 + 1)})
    found = {output.name: output.value for output in result.outputs}
    if language.name == "r":
        assert found["kind"] == "numeric"
        assert "2^53" in result.warnings[0]  # R says that it rounded
    else:
        assert found["text"] == str(2**80 + 1)
        assert found["kind"] == {"python": "int", "julia": "BigInt"}[language.name]


@pytest.mark.parametrize("number", [0.1, -2.5e-300, 1.7976931348623157e308, 5e-324, 2.0])
@pytest.mark.parametrize("type_", ["number", "percent"])
def test_numbers_are_exact(language: Language, type_: str, number: float) -> None:
    found = language.value(type_, number)
    assert found["number"] == number
    assert found["kind"] == {"python": "float", "r": "numeric", "julia": "Float64"}[language.name]


@pytest.mark.parametrize(("word", "number"), [("Infinity", float("inf")), ("-Infinity", float("-inf"))])
def test_infinities(language: Language, word: str, number: float) -> None:
    assert language.value("number", word)["number"] == number


def test_nan(language: Language) -> None:
    found = language.value("number", "NaN")["number"]
    assert found != found


def test_infinities_come_back(language: Language) -> None:
    found = {output.name: output.value for output in language.call("numbers").outputs}
    assert found["inf"] == float("inf")
    assert found["minus"] == float("-inf")
    assert found["nan"] != found["nan"]
    assert found["big"] == 2.0**53 + 2


def test_money(language: Language) -> None:
    assert language.value("money", {"amount": "12.34", "currency": "EUR"})["number"] == 12.34


@pytest.mark.parametrize("flag", [True, False])
def test_boolean(language: Language, flag: bool) -> None:
    found = language.value("boolean", flag)
    assert found["text"] == str(flag).lower()
    assert found["kind"] == {"python": "bool", "r": "logical", "julia": "Bool"}[language.name]


@pytest.mark.parametrize("type_", ["choice", "period", "secret"])
def test_words(language: Language, type_: str) -> None:
    assert language.value(type_, "2026-Q3")["text"] == "2026-Q3"


@pytest.mark.parametrize("day", ["2026-11-22", "1969-12-31", "1583-01-01", "9999-12-31"])
def test_date(language: Language, day: str) -> None:
    found = language.value("date", day)
    assert found["text"] == day
    assert found["kind"] == {"python": "date", "r": "Date", "julia": "Date"}[language.name]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2026-11-22T10:00:00+01:00", 1795338000.0),
        ("2026-11-22T09:00:00Z", 1795338000.0),
        ("1969-12-31T23:59:59.5-00:30", 1799.5),
        ("2026-11-22T14:45:00+05:45", 1795338000.0),
    ],
)
def test_date_time_is_an_instant(language: Language, text: str, seconds: float) -> None:
    found = language.value("date-time", text)
    assert found["number"] == seconds
    assert found["kind"] == {"python": "datetime", "r": "POSIXct/POSIXt", "julia": "DateTime"}[language.name]


def test_duration(language: Language) -> None:
    assert language.value("duration", "PT1H30M", seconds=5400)["number"] == 5400


@pytest.mark.parametrize(
    ("item", "values", "text"),
    [
        ("text", ["a", "ж", ""], "a|ж|"),
        ("integer", [1, -2, 3], "1|-2|3"),
        ("date", ["2026-11-22", "2026-11-23"], "2026-11-22|2026-11-23"),
    ],
)
def test_list(language: Language, item: str, values: list[object], text: str) -> None:
    assert language.value("list", values, item=item)["text"] == text


def test_list_of_numbers_and_empty_list(language: Language) -> None:
    assert language.value("list", [1.5, 2.5], item="number")["text"] == "1.5|2.5"
    assert language.value("list", [], item="number")["text"] == ""


def test_multi_choice(language: Language) -> None:
    assert language.value("multi-choice", ["north", "süd"])["text"] == "north|süd"


def test_nothing_given(language: Language) -> None:
    assert language.value("number", None)["kind"] == "null"


def test_arguments_go_by_name_and_defaults_stay(language: Language) -> None:
    values = {"b": Value("number", 2.0), "a": Value("number", 1.5), "c": Value("number", None)}
    call = Call("bare", values, {}, {}, {}, language.folder / "bare")
    result = language.pool.call(language.spec("bare"), call)
    assert [output.value for output in result.outputs] == [3.5]


def test_an_unknown_argument_is_named(language: Language) -> None:
    call = Call("bare2", {"zzz": Value("number", 2.0)}, {}, {}, {}, language.folder / "bare2")
    with pytest.raises(CallFailed, match="zzz"):
        language.pool.call(language.spec("bare"), call)


def test_file_arrives_as_path(language: Language) -> None:
    path = language.folder / "note.txt"
    path.write_text("hello")
    result = language.call("read", files={"path": path})
    assert result.outputs[0].value == "hello"
