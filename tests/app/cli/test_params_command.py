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


def test_a_run_and_a_call_take_a_set(ready: Run) -> None:
    change(ready, "--set", "weeks=20", "--effective", "2026-01-01")
    change(ready, "--set", "weeks=21", "--effective", "2026-03-01")
    ran = ready("run", MODEL, "--parameters", SET, "--on", "2026-02-01", "--set", "floor=2", "--json")
    assert ran.code == 0, ran.err
    told = ran.json["parameter_set"]
    assert (ran.json["values"]["weeks"], told["versions"], told["overrides"]) == (20, {"": 1}, ["floor"])
    called = ready("predict", MODEL, "--parameters", f"{SET}@2", "--json")
    assert called.code == 0, called.err
    assert called.json["outputs"]["total"] == 20 + 1 + 10 + 21
    assert called.json["parameter_set"]["versions"] == {"": 2}


def test_a_preset_is_renamed_and_removed_a_departments_set_is_not(ready: Run) -> None:
    assert ready("params", "set", MODEL, "~mine", "--set", "weeks=30").code == 0
    assert (
        ready("params", "rename", MODEL, "~mine", "Easter rush").out
        == f"{MODEL}/~easter-rush: Easter rush.\n"
    )
    assert ready("params", "remove", MODEL, "~easter-rush").code == 0
    assert ready("params", "show", MODEL, "~easter-rush").code != 0
    change(ready, "--set", "weeks=20")
    refused = ready("params", "remove", MODEL, SET)
    assert refused.code != 0
    assert "of a department" in refused.err
    assert ready("params", "rename", MODEL, SET, "Summer").out == f"{MODEL}/{SET}: Summer.\n"


def test_the_rows_of_tables_that_differ_are_listed(ready: Run, tmp_path: Path) -> None:
    import json

    assert ready("register", Path("tests/e2e/models/every-field").resolve()).code == 0
    for number, weight in enumerate((1.0, 2.0)):
        columns = [{"name": "product", "type": "text"}, {"name": "weight", "type": "number"}]
        rows = [["a", weight], ["b", 5.0], *([["c", 1.0]] if number else [])]
        file = tmp_path / "values.json"
        file.write_text(json.dumps({"weights": {"columns": columns, "rows": rows}}))
        made = ready("params", "set", "every-field", "plan", "--values", file, "--reason", "Because.")
        assert made.code == 0, made.err
    found = ready("params", "diff", "every-field", "plan@1", "plan@2").out
    assert "  weights: a: weight\t1.0\t2.0" in found
    assert "  weights: c\t(not there)\t(there)" in found


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
