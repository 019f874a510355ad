"""Parameter sets as workbooks on the command line: ``params export -o FILE.xlsx`` and ``params import … FILE.xlsx``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.parameters.sets import MANIFEST, MODEL, SET, SOURCE
from tests.parameters.spreadsheet.test_sheets import put

Run = Callable[..., Any]


@pytest.fixture
def ready(quarterdeck: Run, tmp_path: Path) -> Run:
    folder = tmp_path / "pricing"
    folder.mkdir()
    (folder / "model.toml").write_text(MANIFEST)
    (folder / "model.py").write_text(SOURCE)
    assert quarterdeck("register", folder).code == 0
    assert quarterdeck("params", "set", MODEL, SET, "--reason", "Because.", "--set", "weeks=20").code == 0
    return quarterdeck


@pytest.fixture
def file(ready: Run, tmp_path: Path) -> Path:
    path = tmp_path / "summer.xlsx"
    said = ready("params", "export", MODEL, SET, "--output", path)
    assert said.code == 0, said.err
    return path


def test_an_edited_workbook_is_looked_at_and_stored(ready: Run, file: Path) -> None:
    put(put(file, "weeks", 30), "margin", 0.25)
    looked = ready("params", "import", MODEL, SET, file, "--dry-run")
    assert looked.code == 0, looked.err
    assert "downloaded from version 1 of summer" in looked.out
    assert "weeks\t20\t30" in looked.out
    done = ready("params", "import", MODEL, SET, file, "--reason", "Longer.")
    assert "summer@2: in-review" in done.out
    assert "somebody else must approve it" in done.err
    shown = ready("params", "show", MODEL, f"{SET}@2", "--json").json
    assert shown["values"] == {"weeks": 30, "margin": 25.0}


def test_wrong_cells_are_named_and_the_exit_code_says_so(ready: Run, file: Path) -> None:
    put(file, "weeks", 0)
    looked = ready("params", "import", MODEL, SET, file, "--dry-run")
    assert looked.code == 1
    assert "Sheet “Values”, cell B10: Weeks ahead 0 must be at least 1 weeks." in looked.err
    done = ready("params", "import", MODEL, SET, file, "--reason", "x")
    assert done.code == 2
    assert "cell B10" in done.err


def test_a_file_that_is_there_is_not_replaced_unasked(ready: Run, file: Path) -> None:
    again = ready("params", "export", MODEL, f"{SET}@1", "--output", file)
    assert again.code == 2
    assert "is there already" in again.err
    assert ready("params", "export", MODEL, f"{SET}@1", "--output", file, "--force").code == 0
