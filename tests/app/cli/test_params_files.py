"""Parameter files on the command line: import, export, layouts."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.parameters.sets import MANIFEST, MODEL, SET, SOURCE

Run = Callable[..., Any]
FILE = b"# ours\r\nweeks = 20   ; ahead\r\nfloor = 1.5\r\n"


@pytest.fixture
def ready(quarterdeck: Run, tmp_path: Path) -> Run:
    folder = tmp_path / "pricing"
    folder.mkdir()
    (folder / "model.toml").write_text(MANIFEST)
    (folder / "model.py").write_text(SOURCE)
    assert quarterdeck("register", folder).code == 0
    return quarterdeck


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "prices.txt"
    path.write_bytes(FILE)
    return path


def bring(ready: Run, file: Path, *words: Any) -> Any:
    return ready("params", "import", MODEL, SET, file, "--reason", "From the laptop.", *words)


def test_a_file_goes_in_and_comes_back(ready: Run, file: Path, tmp_path: Path) -> None:
    said = bring(ready, file)
    assert said.code == 0, said.err
    assert "summer@1: approved" in said.out
    assert "Kept as the layout prices.txt" in said.out
    assert ready("params", "layouts", MODEL, SET).out.startswith("prices.txt\t(company)\tkey=value\t1\t")
    ready("params", "set", MODEL, SET, "--set", "weeks=21", "--reason", "Because.")
    there = tmp_path / "out"
    there.mkdir()
    assert ready("params", "export", MODEL, SET, "--output", there).code == 0
    assert (there / "prices.txt").read_bytes() == FILE.replace(b"20", b"21")
    assert ready("params", "export", MODEL, f"{SET}@1", "-o", there / "first.txt").code == 0
    assert (there / "first.txt").read_bytes() == FILE


def test_an_export_replaces_no_file_unless_told_to(ready: Run, file: Path) -> None:
    bring(ready, file)
    refused = ready("params", "export", MODEL, SET, "--output", file)
    assert (refused.code, "--force" in refused.err) == (2, True)
    assert ready("params", "export", MODEL, SET, "--output", file, "--force").code == 0


def test_a_set_that_came_from_no_file_goes_into_a_new_one(ready: Run, tmp_path: Path) -> None:
    ready("params", "set", MODEL, SET, "--set", "weeks=21", "--reason", "Because.")
    refused = ready("params", "export", MODEL, SET)
    assert (refused.code, "--kind" in refused.err) == (2, True)
    assert ready("params", "export", MODEL, SET, "--kind", "toml", "-o", tmp_path).code == 0
    assert "weeks = 21\n" in (tmp_path / "summer.toml").read_text()


def test_a_dry_run_shows_what_would_change_and_stores_nothing(ready: Run, file: Path) -> None:
    file.write_bytes(b"weeks = 20\nfloor = 1,234\nflor = 2\n")
    said = bring(ready, file, "--dry-run")
    assert said.code == 1
    assert "weeks\t13\t20" in said.out
    assert "--decimal ," in said.err
    assert bring(ready, file, "--dry-run", "--decimal", ",").code == 0
    assert ready("params", "list").out == ""


def test_values_that_cannot_be_taken_are_told_by_line_and_may_be_left_out(ready: Run, file: Path) -> None:
    file.write_bytes(b"weeks = 0\nfloor = 2\n")
    said = bring(ready, file)
    assert (said.code, "line 1" in said.err) == (2, True)
    assert bring(ready, file, "--leave-out", "weeks", "--json").json["version"]["values"] == {"floor": 2.0}


def test_links_folders_pipes_and_huge_files_are_refused(ready: Run, file: Path, tmp_path: Path) -> None:
    link, pipe, huge = tmp_path / "link.txt", tmp_path / "pipe.txt", tmp_path / "huge.txt"
    link.symlink_to(file)
    os.mkfifo(pipe)
    with huge.open("wb") as made:
        made.truncate(100 << 20)
    told = {link: "is a link to", tmp_path: "is a folder", pipe: "no ordinary file", huge: "100.0 MB"}
    for path, words in told.items():
        said = bring(ready, path)
        assert (said.code, words in said.err) == (2, True), said.err
    assert "No parameter sets" in ready("params", "list").err
    assert bring(ready, tmp_path / "none.txt").code == 2
