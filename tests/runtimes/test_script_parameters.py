from __future__ import annotations

import ast
import csv
import io
import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from engine.runtimes.interface import CallFailed, Value
from engine.runtimes.script_constants import constant
from engine.runtimes.script_formats import EDITORS, editor
from engine.runtimes.script_text import TextFile, fill

TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=8).map(str.strip)
NUMBERS = st.integers(-(10**12), 10**12) | st.floats(allow_nan=False, allow_infinity=False, width=32)
FILES = {
    "key=value": "# Forecast\r\nhorizon = 13   # weeks\r\n\r\nname=old\r\n other: x ; note\r\nlast\t5\r\n",
    "ini": "; Forecast\n[a]\nhorizon = 13 ; weeks\nname = old\n\n[b]\nother=x\n",
    "json": '{\n  "horizon": 13,\n  "deep": {"name": "old", "list": [1, 2]},\n\t"other" : "x"  }\n',
    "yaml": "# Forecast\nhorizon: 13  # weeks\ndeep:\n    name: old   # who\n    list: [1, 2]\nother: 'x'\n",
    "toml": '# Forecast\nhorizon = 13 # weeks\n[deep]\nname = "old"   # who\n'
    "list = [\n 1, # one\n 2]\n[z]\nother = 'x'\n",
    "csv": 'name,value,remark\nhorizon,13,"weeks, ahead"\nname,old,\nother,x,\n',
}


def kind_of(value: Any) -> Value:
    return Value(
        "integer" if isinstance(value, int) else "number" if isinstance(value, float) else "text", value
    )


def read(form: str, text: str) -> dict[str, Any]:
    if form == "json":
        tree = json.loads(text)
    elif form == "yaml":
        tree = yaml.safe_load(text)
    elif form == "toml":
        tree = tomllib.loads(text)
    elif form == "csv":
        return {row[0]: row[1] for row in csv.reader(io.StringIO(text, newline="")) if row}
    else:
        import configparser

        parser = configparser.ConfigParser(
            inline_comment_prefixes=(";", "#"), interpolation=None, delimiters=("=", ":")
        )
        body = text if form == "ini" else "[all]\n" + text.replace("last\t", "last=")
        parser.read_string(body)
        return {key: value for section in parser.sections() for key, value in parser[section].items()}
    return {
        **{k: v for k, v in tree.items() if not isinstance(v, dict)},
        **tree.get("deep", {}),
        **tree.get("z", {}),
    }


@pytest.mark.parametrize("form", list(FILES))
@given(number=NUMBERS)
def test_a_number_arrives_and_nothing_else_changes(form: str, number: float) -> None:
    text = FILES[form]
    edited = editor(form)(text, "horizon", kind_of(number))
    assert float(read(form, edited)["horizon"]) == number
    before, after = text.split("13", 1)
    assert edited.startswith(before)
    assert edited.endswith(after)


@pytest.mark.parametrize("form", ["json", "yaml", "toml", "csv"])
@given(name=TEXTS)
def test_a_text_arrives_and_nothing_else_changes(form: str, name: str) -> None:
    text = FILES[form]
    edited = editor(form)(text, "name", Value("text", name))
    assert read(form, edited)["name"] == name
    before, after = text.split("old", 1)
    assert edited.startswith(before.rstrip("\"'"))
    assert edited.endswith(after.lstrip("\"'"))


@pytest.mark.parametrize("form", list(FILES))
def test_the_same_values_give_the_same_bytes(form: str) -> None:
    text = FILES[form]
    for name, value in (
        ("horizon", Value("number", 13.0)),
        ("name", Value("text", "old")),
        ("other", Value("text", "x")),
    ):
        text = editor(form)(text, name, value)
    assert text == FILES[form]


@pytest.mark.parametrize("form", list(FILES))
def test_an_absent_key_is_told(form: str) -> None:
    with pytest.raises(CallFailed, match="horizn") as caught:
        editor(form)(FILES[form], "horizn", Value("integer", 1))
    assert "horizon" in str(caught.value)


def test_an_unknown_format_is_told() -> None:
    with pytest.raises(CallFailed, match="key=value"):
        editor("docx")


@pytest.mark.parametrize(
    ("old", "value", "new"),
    [
        ("x = TRUE", Value("boolean", False), "x = FALSE"),
        ("x = yes", Value("boolean", False), "x = no"),
        ("x = 1", Value("boolean", False), "x = 0"),
        ("x = 0,5", Value("percent", 0.25), "x = 0,25"),
        ("x = 12.50", Value("money", {"amount": "12.50", "currency": "EUR"}), "x = 12.50"),
        ("x = 12.50", Value("money", {"amount": "13.40", "currency": "EUR"}), "x = 13.40"),
        ("x = 13.0", Value("number", 14.0), "x = 14.0"),
        ("x = 13", Value("number", 14.0), "x = 14"),
        ("x = 1e-3", Value("number", 0.001), "x = 1e-3"),
        ("x = 'a b'", Value("text", "c d"), "x = 'c d'"),
        ("x = a, b", Value("multi-choice", ["c", "d", "e"]), "x = c, d, e"),
        ("x = 2024-01-01", Value("date", "2026-11-22"), "x = 2026-11-22"),
        ("x <- 5 # n", Value("integer", 6), "x <- 6 # n"),
        ("x =", Value("text", "new"), "x =new"),
        ("x = #ff0000", Value("text", "#00ff00"), "x = #00ff00"),
        ("X = 5", Value("integer", 6), "X = 6"),
        ("x = 5", Value("integer", None), "x = "),
    ],
)
def test_values_look_like_what_stood_there(old: str, value: Value, new: str) -> None:
    assert EDITORS["key=value"](old, "x", value) == new


def test_ini_sections() -> None:
    text = "[a]\nx=1\n[b]\nx=2\n"
    assert EDITORS["ini"](text, "b.x", Value("integer", 9)) == "[a]\nx=1\n[b]\nx=9\n"
    with pytest.raises(CallFailed, match=r"a\.x, b\.x"):
        EDITORS["ini"](text, "x", Value("integer", 9))


@pytest.mark.parametrize("items", [["p"], ["p", "q"], ["p", "q: r", "s"], []])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_yaml_block_lists(items: list[str], newline: str) -> None:
    text = newline.join(["a: 1", "stores:  # which", "  - x # one", "  - y", "b: 2", ""])
    edited = EDITORS["yaml"](text, "stores", Value("list", items, {"item": "text"}))
    assert yaml.safe_load(edited) == {"a": 1, "stores": items, "b": 2}
    assert edited.count("\r\n") == edited.count("\n") or newline == "\n"


@pytest.mark.parametrize(
    "word",
    ["yes", "null", "1.5", "2024-01-01", "a: b", "- x", "#x", "'", '"', "", "*x", "0x1f", "1_000", "é"],
)
def test_yaml_texts_stay_texts(word: str) -> None:
    assert yaml.safe_load(EDITORS["yaml"]("x: old # c\n", "x", Value("text", word))) == {"x": word}


def test_yaml_refuses_what_it_does_not_understand() -> None:
    with pytest.raises(CallFailed, match="changed safely"):
        EDITORS["yaml"]("x: |\n  several\n  lines\n", "x", Value("text", "y"))


def test_csv_with_values_in_columns() -> None:
    text = 'horizon;name\r\n13;"a;b"\r\n'
    assert EDITORS["csv"](text, "name", Value("text", "c")) == 'horizon;name\r\n13;"c"\r\n'


PYTHON = "HORIZON = 13  # weeks\nNAME: str = 'old'\nif True:\n    HORIZON = 1\n"
PYTHON += 'Ü = "é"; DAY = datetime.date(2024, 1, 5)\n'


@given(number=NUMBERS)
def test_python_constants(number: float) -> None:
    edited = constant(PYTHON, "HORIZON", kind_of(number), ".py")
    assert edited.endswith(PYTHON[len("HORIZON = 13") :])
    assert ast.literal_eval(edited.split("=", 1)[1].split("#")[0].strip()) == number


@given(name=TEXTS)
def test_python_texts(name: str) -> None:
    edited = constant(PYTHON, "NAME", Value("text", name), ".py")
    tree = ast.parse(edited)
    assert isinstance(tree.body[1], ast.AnnAssign)
    assert tree.body[1].value is not None
    assert ast.literal_eval(tree.body[1].value) == name


@pytest.mark.parametrize(
    ("suffix", "old", "value", "new"),
    [
        (
            ".py",
            PYTHON.splitlines()[4],
            Value("date", "2026-11-02"),
            'Ü = "é"; DAY = datetime.date(2026, 11, 2)',
        ),
        (".R", "x <- 13L # n", Value("integer", 14), "x <- 14L # n"),
        (".R", "x = TRUE", Value("boolean", False), "x = FALSE"),
        (".R", "x <- T;y<-1", Value("boolean", False), "x <- F;y<-1"),
        (".R", "x <- as.Date('2024-01-01')", Value("date", "2026-11-02"), "x <- as.Date('2026-11-02')"),
        (".R", 'x <- c("a",  # one\n "b")\ny', Value("list", ["c"], {"item": "text"}), 'x <- c("c")\ny'),
        (".R", "x <- 0.5", Value("number", "-Infinity"), "x <- -Inf"),
        (".R", "x <- 'a#b' # c", Value("text", "it's"), 'x <- "it\'s" # c'),
        (".jl", "const x = 3 # n", Value("integer", 4), "const x = 4 # n"),
        (".jl", "x::Float64 = 3.0", Value("number", 4.0), "x::Float64 = 4.0"),
        (".jl", 'x = "a"', Value("text", "$b"), 'x = "\\$b"'),
        (".jl", "x = Date(2024, 1, 1)", Value("date", "2026-11-02"), "x = Date(2026, 11, 2)"),
        (".jl", "x = [1, 2]", Value("list", [3], {"item": "integer"}), "x = [3]"),
        (".jl", 'x = """a\n"b" """\ny = 1', Value("text", "c"), 'x = "c"\ny = 1'),
    ],
)
def test_constants_of_each_language(suffix: str, old: str, value: Value, new: str) -> None:
    assert constant(old, "DAY" if "DAY" in old else "x", value, suffix) == new


def test_constants_that_are_not_there() -> None:
    with pytest.raises(CallFailed, match="no assignment to “y”"):
        constant("x <- 1", "y", Value("integer", 1), ".R")
    with pytest.raises(CallFailed, match="parameter file"):
        constant("x = 1", "x", Value("integer", 1), ".sas")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings_and_marks_stay(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "p.txt"
    path.write_bytes("größe = 1\r\n".encode(encoding))
    file = TextFile.read(path)
    file.text = EDITORS["key=value"](file.text, "größe", Value("text", "é"))
    file.write()
    assert path.read_bytes() == "größe = é\r\n".encode(encoding)


def test_a_character_that_the_encoding_has_not(tmp_path: Path) -> None:
    path = tmp_path / "p.txt"
    path.write_bytes(b"gr\xf6\xdfe = 1\n")
    file = TextFile.read(path)
    file.text = file.text.replace("1", "中")
    with pytest.raises(CallFailed, match="Save the file as UTF-8"):
        file.write()


def test_templates_leave_other_braces() -> None:
    assert fill("{a}{b}{ c }", {"a": "1"}) == "1{b}{ c }"
