"""Parameter sets on the command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.parameters.sets import MANIFEST, MODEL, SET, SOURCE

Run = Callable[..., Any]


@pytest.fixture
def ready(quarterdeck: Run, tmp_path: Path) -> Run:
    folder = tmp_path / "pricing"
    folder.mkdir()
    (folder / "model.toml").write_text(MANIFEST)
    (folder / "model.py").write_text(SOURCE)
    assert quarterdeck("register", folder).code == 0
    return quarterdeck


def change(ready: Run, *words: str) -> Any:
    return ready("params", "set", MODEL, SET, "--reason", "Because.", *words)


def test_a_set_is_made_changed_shown_and_compared(ready: Run) -> None:
    said = change(ready, "--set", "weeks=20", "--set", "floor=2")
    assert said.code == 0, said.err
    assert "summer@1: approved" in said.out
    assert "summer@2: approved" in change(ready, "--set", "weeks=21").out
    assert ready("params", "list").out.startswith(f"{MODEL}\t{SET}\t2\t")
    shown = ready("params", "show", MODEL, SET).out
    assert "weeks\t21\t(company)" in shown
    assert "margin\t20.0\t(default)" in shown
    assert "floor\t2" in shown
    assert "weeks\t20\t21\tweeks" in ready("params", "diff", MODEL, f"{SET}@1", SET).out
    assert ready("params", "show", MODEL, f"{SET}@1", "--json").json["values"]["weeks"] == 20
    assert "Because." in ready("params", "show", MODEL, SET, "--history").out


def test_a_field_inherits_again(ready: Run) -> None:
    change(ready, "--set", "weeks=20", "--set", "floor=2")
    assert change(ready, "--unset", "floor").code == 0
    assert ready("params", "show", MODEL, SET, "--json").json["values"] == {"weeks": 20}


def test_a_guarded_change_waits_and_is_not_approved_by_its_author(ready: Run) -> None:
    said = change(ready, "--set", "margin=25")
    assert "in-review" in said.out
    assert "somebody else must approve" in said.err
    assert ready("params", "approve", MODEL, SET, "1").code == 3
    assert ready("params", "approve", MODEL, SET, "1", "--reject", "--comment", "Too high.").out == (
        "summer@1: rejected.\n"
    )


def test_a_day_that_is_none_is_told(ready: Run) -> None:
    change(ready, "--set", "weeks=20")
    said = ready("params", "show", MODEL, SET, "--on", "tomorrow")
    assert said.code == 2
    assert "2026-11-22" in said.err


def test_what_waits_is_listed_and_its_effect_is_shown(ready: Run) -> None:
    assert "Nothing waits for a review." in ready("params", "reviews").err
    change(ready, "--set", "margin=25")
    assert ready("params", "reviews").out.startswith(
        f"{MODEL}\t{SET}@1\t(company)\tLocal administrator\tmargin\t"
    )
    assert "No shadow runs yet" in ready("params", "effect", MODEL, SET, "1", "--known").out
    said = ready("params", "effect", MODEL, SET, "1")
    assert said.code == 0, said.err
    assert "total\t44\t49\t+5\t+11.36%" in said.out
    assert ready("params", "effect", MODEL, SET, "1", "--known", "--json").json["metrics"][0]["after"] == 49.0
    assert "has no “=”" in ready("params", "effect", MODEL, SET, "1", "--input", "sales").err
