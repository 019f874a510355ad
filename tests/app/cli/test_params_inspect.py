"""Parameter text files on the command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.parameters.sets import MANIFEST, MODEL, SOURCE

Run = Callable[..., Any]


@pytest.fixture
def ready(quarterdeck: Run, tmp_path: Path) -> Run:
    folder = tmp_path / "pricing"
    folder.mkdir()
    (folder / "model.toml").write_text(MANIFEST)
    (folder / "model.py").write_text(SOURCE)
    assert quarterdeck("register", folder).code == 0
    return quarterdeck


def test_what_a_file_says_is_shown(quarterdeck: Run, tmp_path: Path) -> None:
    file = tmp_path / "p.ini"
    file.write_bytes("[größen]\r\nweeks = 13 ; ahead\r\n".encode("cp1252"))
    said = quarterdeck("params", "inspect", file)
    assert said.code == 0, said.err
    assert "INI with sections, 1 value, Windows-1252, lines end CR LF" in said.out
    assert "2\tgrößen.weeks\t13\tinteger\t\tahead" in said.out
    assert "a guess" in said.err
    assert quarterdeck("params", "inspect", file, "--json").json["entries"][0]["path"] == "größen.weeks"


def test_a_file_is_matched_with_a_model(ready: Run, tmp_path: Path) -> None:
    file = tmp_path / "p.txt"
    file.write_text("weeks = 1,234\nflor = 2\n")
    said = ready("params", "inspect", file, "--model", MODEL)
    assert said.code == 1
    assert "could mean 1234" in said.out
    assert "flor\t2\tinteger\tIs it floor?" in said.out
    file.write_text("weeks = 13\nflor = 2\n")
    said = ready("params", "inspect", file, "--model", MODEL, "--name", "floor=flor", "--json")
    assert said.code == 0, said.err
    assert said.json["ready"] is True
    assert {line["name"] for line in said.json["preview"]["lines"]} == {"weeks", "floor"}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--decimal", ";"], "decimal sign"),
        (["--scale", "weeks=half"], "points (12.5) or fraction"),
        (["--name", "weeks"], "has no “=”"),
        (["--kind", "docx"], "Known are: key=value"),
    ],
)
def test_wrong_options_and_bad_files_are_told(
    quarterdeck: Run, tmp_path: Path, words: list[str], told: str
) -> None:
    file = tmp_path / "p.txt"
    file.write_text("weeks = 13\n")
    said = quarterdeck("params", "inspect", file, *words)
    assert said.code == 2
    assert told in said.err
    file.write_text("weeks = 13\nhalf")
    said = quarterdeck("params", "inspect", file, "--kind", "ini")
    assert said.code == 2
    assert "p.txt, line 2: “half”" in said.err
