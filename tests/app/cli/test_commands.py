"""Every command, its output for people and for programs, and its exit code."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.cli.main import COMMANDS, HIDDEN

Run = Callable[..., Any]
SALES = "store,units\nNorth,5\nSouth,3\nÅre,9\n"


@pytest.fixture
def ready(quarterdeck: Run, tiny: Path, tmp_path: Path) -> Run:
    """Models and a dataset are there."""
    for name in ("sum", "table", "error"):
        assert quarterdeck("register", tiny / name).code == 0
    (tmp_path / "sales.csv").write_text(SALES, encoding="utf-8")
    assert quarterdeck("upload", "sales", tmp_path / "sales.csv", "--title", "Weekly sales").code == 0
    return quarterdeck


@pytest.mark.parametrize("command", [c for c in COMMANDS if c not in HIDDEN])
def test_each_command_explains_itself(quarterdeck: Run, command: str) -> None:
    said = quarterdeck(command, "--help")
    assert said.code == 0
    assert "Usage" in said.out


def test_an_unknown_command_is_bad_input(quarterdeck: Run) -> None:
    assert quarterdeck("fly").code == 2


@pytest.mark.parametrize("command", ["models", "datasets", "runs"])
def test_words_that_match_nothing_are_told_from_a_list_that_is_empty(ready: Run, command: str) -> None:
    assert "match “zebra”" in ready(command, "zebra").err


def test_models_for_people_and_programs(ready: Run) -> None:
    listed = ready("models", "--json").json
    assert {(m["name"], m["language"]) for m in listed} >= {("tiny-sum", "python"), ("tiny-table", "python")}
    assert "tiny-sum\tpython" in ready("models").out
    assert [m["name"] for m in ready("models", "table", "--json").json] == ["tiny-table"]
    shown = ready("show-model", "tiny-table")
    assert "factor" in shown.out
    assert "sales" in shown.out
    assert (
        ready("show-model", "tiny-table", "--json").json["manifest"]["fields"]["factor"]["type"] == "number"
    )


def test_run_to_the_end(ready: Run, tmp_path: Path) -> None:
    said = ready("run", "tiny-table", "--set", "factor=3", "--input", "sales=sales", "--json")
    assert said.code == 0, said.err
    record = said.json
    assert record["state"] == "succeeded"
    assert {o["name"]: o["value"] for o in record["outputs"]}["total"] == 51.0
    assert ready("show", record["id"], "--json").json["values"]["factor"] == 3.0
    assert "Values:" in ready("show", record["id"]).out
    assert [r["id"] for r in ready("runs", "--json").json] == [record["id"]]
    assert record["id"] in ready("runs").out
    written = ready("outputs", record["id"], "--to", tmp_path / "out", "--json").json
    assert any("Åre" in Path(path).read_text("utf-8-sig") for path in written if path.endswith(".csv"))
    assert ready("log", record["id"]).code == 0
    assert ready("cancel", record["id"]).code == 2  # it has ended
    again = ready("again", record["id"], "--json")
    assert again.json["again_of"] == record["id"]


def test_a_file_is_an_input(ready: Run, tmp_path: Path) -> None:
    said = ready("run", "tiny-table", "--input", f"sales={tmp_path / 'sales.csv'}", "--json")
    assert said.code == 0, said.err
    assert said.json["inputs"][0]["name"] == "sales"


def test_values_from_a_file(ready: Run, tmp_path: Path) -> None:
    (tmp_path / "values.json").write_text('{"a": 10, "b": 20}', encoding="utf-8")
    said = ready("run", "tiny-sum", "--values", tmp_path / "values.json", "--set", "b=5", "--json")
    assert said.json["outputs"][0]["value"] == 18.0


def test_a_failed_run_is_exit_code_1(ready: Run) -> None:
    said = ready("run", "tiny-error")
    assert said.code == 1
    assert "the price of item 7 is missing" in said.out


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["run", "tiny-sum", "--set", "a=x"], "not a number"),
        (["run", "tiny-sum", "--set", "zz=1"], "Its fields: a, b, c"),
        (["run", "tiny-sum", "--set", "a"], "name=value"),
        (["run", "tiny-table"], "sales"),
        (["run", "tiny-table", "--input", "sales=nowhere.csv"], "no file “nowhere.csv”"),
        (["run", "tiny-sum", "--values", "nowhere.json"], "cannot be read"),
        (["run", "no-such-model"], "no model"),
        (["show", "NOTHING"], "no run"),
        (["download", "nothing"], "no dataset"),
        (["upload", "sales", "nowhere.csv"], "nowhere.csv"),
        (["bench", "nothing"], "Choose among"),
    ],
)
def test_bad_input_is_exit_code_2_and_a_sentence(ready: Run, words: list[str], hint: str) -> None:
    said = ready(*words)
    assert said.code == 2
    assert hint in said.err
    assert "Traceback" not in said.err
    assert ready("runs", "--json").json == []


def test_errors_for_programs_are_json(ready: Run) -> None:
    said = ready("run", "no-such-model", "--json")
    assert said.code == 2
    assert said.json["error"]["code"] == "not-found"


def test_predict(ready: Run) -> None:
    said = ready("predict", "tiny-sum", "--set", "a=5", "--json")
    assert said.code == 0, said.err
    assert said.json["outputs"] == {"total": 10.0}


def test_datasets_there_and_back(ready: Run, tmp_path: Path) -> None:
    assert [d["name"] for d in ready("datasets", "--json").json] == ["sales"]
    assert "Weekly sales" in ready("datasets").out
    assert ready("download", "sales@1", "--to", tmp_path / "back.csv").code == 0
    assert (tmp_path / "back.csv").read_text("utf-8-sig").splitlines()[0].replace('"', "") == "store,units"
    assert ready("download", "sales", "--to", tmp_path / "back.xlsx").code == 0
    assert (tmp_path / "back.xlsx").read_bytes()[:2] == b"PK"
    assert ready("download", "sales", "--format", "doc").code == 2


def test_check_passes_and_fails(ready: Run, tiny: Path, model_folder: Callable[..., Path]) -> None:
    said = ready("check", tiny / "sum")
    assert said.code == 0, said.out + said.err
    broken = model_folder("sum")
    manifest = (broken / "model.toml").read_text("utf-8").replace("total = 6", "total = 7")
    (broken / "model.toml").write_text(manifest, encoding="utf-8")
    said = ready("check", broken, "--json")
    assert said.code == 1
    assert said.json["ok"] is False


def test_the_same_folder_is_the_same_version(ready: Run, tiny: Path) -> None:
    assert ready("register", tiny / "sum", "--json").json["number"] == 1


def test_events_gc_and_doctor(ready: Run) -> None:
    assert {e["name"] for e in ready("events", "--json").json} >= {
        "model-registered",
        "dataset-version-added",
    }
    swept = ready("gc", "--dry-run", "--json").json
    assert swept["swept"]["blobs"] == 0
    report = ready("doctor", "--json")
    assert report.code in (0, 4)
    assert set(report.json["runtimes"]) >= {"python", "r", "julia"}


def test_a_failure_inside_is_a_sentence(quarterdeck: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("deep inside\nsecond line")

    monkeypatch.setattr("engine.engine.Engine.__init__", broken)
    said = quarterdeck("models")
    assert said.code == 70
    assert "deep inside" in said.err
    assert "Traceback" not in said.err
