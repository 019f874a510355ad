"""What a file of each kind says, how sure its kind is, and what is said of a bad one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engine.errors import Invalid
from engine.parameters.textfiles.files import MOST_BYTES, detect, open_file, read, write


def contents(text: str, kind: str) -> dict[str, Any]:
    return {entry.path: entry.item.content for entry in read(text.encode(), "p", kind).entries}


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        ("key=value", "a=1\nb : x y\nc\t5\nd <- 'q' # c\ne := \"a # b\" ; c\n\"f\" = 2 // c\n# g = 3\n\n",
         {"a": "1", "b": "x y", "c": "5", "d": "q", "e": "a # b", "f": "2"}),
        ("key=value", "alpha 0.5\nhorizon   13\n", {"alpha": "0.5", "horizon": "13"}),
        ("key=value", "a=C:\\new\\x\rb=2\r", {"a": "C:\\new\\x", "b": "2"}),
        ("ini", "top = 0\n[a]\nx=1\n[ b ] ; c\nx: 2\n", {"top": "0", "a.x": "1", "b.x": "2"}),
        ("csv", "name;value;unit\n\"a;b\";0,5;%\nc;\"x \"\"y\"\"\";\n", {"a;b": "0,5", "c": 'x "y"'}),
        ("csv", "# made by hand\nvalue,parameter\n13,horizon\n", {"horizon": "13"}),
        ("csv", "horizon\talpha\n13\t0.5\n", {"horizon": "13", "alpha": "0.5"}),
        ("csv", "horizon,13\nalpha,0.5\n", {"horizon": "13", "alpha": "0.5"}),
        ("fixed", "Name         Value    Unit\n-----\nHORIZON         13    weeks\nSTORE NAME  Mitte 1    -\n",
         {"HORIZON": "13", "STORE NAME": "Mitte 1"}),
        ("json", '{"a": {"b": 1.50, "c": [1, "x"]}, "d": null}',
         {"a.b": "1.50", "d": None}),
        ("toml", "a = 1_000\n[t.\"u v\"]\nd = 2026-11-22 # c\ns = 'C:\\x'\nl = [\n 1, # one ]\n]\n",
         {"a": "1000", "t.u v.d": "2026-11-22", "t.u v.s": "C:\\x"}),
        ("yaml", "---\na: 1_000 # c\nm:\n  t: 'it''s'\n  \"k\": \"a\\tb\"\n  n: ~\nz: 2026-11-22\n",
         {"a": "1000", "m.t": "it's", "m.k": "a\tb", "m.n": None, "z": "2026-11-22"}),
        ("python", "import os\nA: float = -1.5\nB = '''x\ny'''\nC = date(2026, 1, 5)\nD = Decimal('1.50')\nE = A\n",
         {"A": "-1.5", "B": "x\ny", "C": "2026-01-05", "D": "1.50", "E": "computed by code"}),
        ("r", "library(x)\na <- 5L # c\nb = 'it\\'s'\nd <- as.Date(\"2026-01-05\")\nf <- function(x) {\n  y <- 1\n}\n",
         {"a": "5", "b": "it's", "d": "2026-01-05", "f": "computed by code"}),
        ("julia", "const a = 1_000\nb::Float64 = Inf\nc = \"\\$x\"\nd = \"$a\"\ne = Date(2026, 1, 5)\n",
         {"a": "1000", "b": "Infinity", "c": "$x", "d": "computed by code", "e": "2026-01-05"}),
    ],
)  # fmt: skip
def test_each_kind_is_read(kind: str, text: str, expected: dict[str, Any]) -> None:
    found = contents(text, kind)
    assert {path: found[path] for path in expected} == expected
    assert {path for path in found if not isinstance(found[path], list)} == set(expected)


def test_lists_units_and_comments_are_read() -> None:
    yaml = read(
        b"a: [1, 'x, y', z]\nb:\n  - 1\n  - two # c\nc:\n  - k: 1\n    l: 2\nd: |\n  text\n", kind="yaml"
    )
    kinds = {
        e.path: (e.item.kind, [i.content for i in e.item.content] if e.item.kind == "list" else "")
        for e in yaml.entries
    }
    assert kinds["a"] == ("list", ["1", "x, y", "z"])
    assert kinds["b"] == ("list", ["1", "two"])
    assert kinds["c"][0] == kinds["d"][0] == "computed"
    csv = read(b"name,value,unit,comment\nh,13,weeks,ahead\n", kind="csv").entries[0]
    assert (csv.unit, csv.comment) == ("weeks", "ahead")
    assert read(b"h = 13  # ahead\n", kind="key=value").entries[0].comment == "ahead"
    assert [i.content for i in read(b'x <- c(1, # one\n "a, b")\n', kind="r").entries[0].item.content] == [
        "1",
        "a, b",
    ]


@pytest.mark.parametrize(
    ("name", "text", "kind"),
    [
        ("p.json", "{broken", "json"), ("p.ini", "[a]\nx=1\n", "ini"), ("p.R", "x = 1\n", "r"),
        ("p.txt", '{"a": 1}', "json"), ("p.txt", "a = 1\nb = 2 # c\n", "key=value"), ("p.txt", "[a]\nb = 2\n", "ini"),
        ("p.txt", 'x = "a"\n[t]\ny = true\n', "toml"), ("p.txt", "a <- 1\nb <- c(1, 2)\n", "r"),
        ("p.txt", "a: 1\nb:\n  c: 2\n", "yaml"), ("p.txt", "name;value\na;0,5\nb;2\n", "csv"),
        ("p.dat", "HORIZON      13  weeks\nALPHA       0.5  -\n", "fixed"), ("p.txt", "A = True\nB = None\n", "python"),
        ("p.txt", "const a = 1\nb::Int = 2\n", "julia"), ("p.txt", "alpha 0.5\nbeta 1\n", "key=value"),
    ],
)  # fmt: skip
def test_the_kind_is_guessed(name: str, text: str, kind: str) -> None:
    found = detect(text.encode(), name)
    assert found[0].kind == kind, found
    assert found[0].certain == (not name.endswith((".txt", ".dat")) or found[0].sure >= 0.9)


def test_a_doubtful_guess_is_said() -> None:
    document = read(b"a = 1\nb = 2\n", "p.txt")
    assert any("say its kind" in note for note in document.notes)
    assert not read(b'{"a": 1}', "p.txt").notes


@pytest.mark.parametrize(
    ("kind", "data", "line", "words"),
    [
        ("key=value", b"a = 1\nhoriz", 2, "cut off"),
        ("key=value", b"a = 1\nb = 2\na = 3\n", 3, "twice (also on line 1)"),
        ("ini", b"[a]\nx = 1\n[b\n", 3, "section"),
        ("ini", b"[a]\nx = 1\n[b]\nx=1\n[a]\nx=2\n", 6, "twice"),
        ("csv", b"name,value\na,1\nb\n", 3, "without a value"),
        ("csv", b'name,value\na,"1\nb,2\n', 2, "never ends"),
        ("csv", b"name,value\na,1\na,2\n", 3, "twice"),
        ("json", b'{"a": 1,\n "b": ', 2, "not valid"),
        ("json", b'{"a": 1,\n "a": 2}', 2, "twice"),
        ("json", b'{"l": [\n{"a": 1, "a": 2}]}', 2, "twice"),
        ("json", b"[1, 2]", 1, "no object"),
        ("json", b'{"a": 1} x', 1, "behind the end"),
        ("yaml", b"a: 1\nbro", 2, "cut off"),
        ("yaml", b"a: 1\n\tb: 2\n", 2, "tab"),
        ("yaml", b"a: 1\nb: 2\na: 3\n", 3, "twice"),
        ("toml", b"a = 1\nb = \n", 2, "not valid"),
        ("toml", b"a = 1\na = 2\n", 2, "not valid"),
        ("toml", b"a = 1\nb = 'x", 2, "not valid"),
        ("python", b"A = 1\nB = (\n", 2, "cannot be read"),
        ("python", b"A = 1\nHOR", 2, "cut off"),
        ("r", b"a <- 1\nb <- c(1,\n", 2, "never closed"),
        ("r", b"a <- 1\nb <-", 2, "no value"),
        ("r", b"a <- 1\nhor", 2, "cut off"),
        ("julia", b'a = 1\nb = "x\n', 2, "never closed"),
        ("fixed", b"A   1\nB\n", 2, "cut off"),
        ("key=value", b"a = 1\nb = \x00\n", 2, "NUL"),
        ("key=value", "grün = 1\n".encode() + b"gr\xfcn2 = 1\n", 2, "no UTF-8"),
        ("key=value", b"\xef\xbb\xbfa = 1\nb = \xfc\n", 2, "UTF-8 by its byte order mark"),
        ("key=value", b"\xff\xfea\x00=\x00" + b"1", 1, "UTF-16"),
    ],
)  # fmt: skip
def test_a_bad_file_is_told_with_its_line_and_a_remedy(kind: str, data: bytes, line: int, words: str) -> None:
    with pytest.raises(Invalid) as caught:
        read(data, "params.txt", kind)
    problem = caught.value.problems[0]
    assert problem.where == f"params.txt, line {line}"
    assert words in problem.sentence
    assert problem.sentence.endswith(".")


def test_a_large_file_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "big.txt"
    with open(path, "wb") as file:
        file.truncate(100 * 2**20)
    with pytest.raises(Invalid, match=r"100\.0 MB is larger than the 5 MB"):
        open_file(path)
    with pytest.raises(Invalid, match="larger than"):
        read(b"x" * (MOST_BYTES + 1), "p.txt")
    with pytest.raises(Invalid, match="cannot be read"):
        open_file(tmp_path / "absent.txt")
    with pytest.raises(Invalid, match="20,001 values"):
        read("".join(f"k{n} = 1\n" for n in range(20_001)).encode(), "p.txt")


@pytest.mark.parametrize(
    ("data", "encoding", "said"),
    [
        ("größe = 1\n".encode(), "utf-8", ""),
        ("größe = 1\n".encode("cp1252"), "cp1252", "Windows-1252"),
        (b"gr\xf6\x81e = 1\n", "latin-1", "Latin-1"),
        ("größe = 1\n".encode("utf-16-le"), "utf-16-le", "UTF-16"),
        (b"\xfe\xff" + "größe = 1\n".encode("utf-16-be"), "utf-16-be", ""),
    ],
)
def test_encodings_are_guessed_and_said(data: bytes, encoding: str, said: str) -> None:
    document = read(data, "p.txt", "key=value")
    assert document.encoding == encoding
    assert " ".join(document.notes).count(said) >= bool(said)
    assert bool(document.notes) == bool(said)
    assert write(document, {}) == data
    assert write(document, {document.entries[0].path: "2"}) == data.replace(b"1", b"2")


def test_a_character_that_the_encoding_lacks_is_said() -> None:
    document = read("größe = a\n".encode("cp1252"), "p.txt", "key=value")
    with pytest.raises(Invalid, match=r"Windows-1252, which has no “中”.*UTF-8"):
        write(document, {"größe": "中"})


def test_nothing_is_executed(tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    code = f"import pathlib\nA = pathlib.Path({str(mark)!r}).touch()\nB = __import__('os').getpid()\n"
    assert [e.item.kind for e in read(code.encode(), "p.py").entries] == ["computed", "computed"]
    tagged = b"a: !!python/object/apply:os.getpid []\nb: 1\n"
    assert [e.item.kind for e in read(tagged, "p.yaml").entries] == ["computed", "integer"]
    assert not mark.exists()
