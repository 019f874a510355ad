"""The bench harness: bars, percentiles, the record; one bench run for real, quickly."""

from __future__ import annotations

import importlib
import json
from pathlib import Path

import pytest

from benchmarks import harness, record
from benchmarks.harness import BENCHES, Options, Result, percentile, run
from engine.errors import Invalid


@pytest.mark.parametrize(
    ("value", "limit", "least", "ok"),
    [(1.0, 2.0, False, True), (3.0, 2.0, False, False), (3.0, 2.0, True, True), (1.0, None, False, None)],
)
def test_a_bar_is_met_or_not(value: float, limit: float | None, least: bool, ok: bool | None) -> None:
    assert Result("x", value, "ms", limit, least).ok is ok


def test_the_json_of_a_row() -> None:
    row = Result("x", 1.5, "ms", 2.0, peer="y").as_json()
    assert set(row) >= {"name", "value", "unit", "bar", "peer", "ok"}
    assert row["bar"] == "≤ 2 ms"


def test_percentiles() -> None:
    values = [float(n) for n in range(1, 101)]
    assert percentile(values, 0.5) == 51
    assert percentile(values, 0.99) == 100
    assert percentile([1.0], 0.99) == 1


@pytest.mark.parametrize("name", BENCHES)
def test_each_bench_can_be_imported_and_says_what_it_measures(name: str) -> None:
    module = importlib.import_module(f"benchmarks.{name}")
    assert callable(module.run)
    assert module.__doc__


def test_an_unknown_bench_is_a_sentence() -> None:
    with pytest.raises(Invalid, match="Choose among"):
        run(["nothing"], Options(), print)


def test_the_record_keeps_what_was_not_measured_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record, "PAGE", tmp_path / "RESULTS.md")
    record.write([Result("first", 1.0, "ms"), Result("second", 2.0, "ms")], 0.1)
    record.write([Result("second", 3.0, "ms", 2.0)], 0.1)
    text = (tmp_path / "RESULTS.md").read_text("utf-8")
    assert "| first | 1 ms |" in text
    assert "| second | 3 ms | ≤ 2 ms | ✗ |" in text
    assert "2 ms | |" not in text


@pytest.mark.slow
def test_runs_are_measured_for_real(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    results = harness.run(["runs"], Options(quick=True), said.append)
    assert {r.unit for r in results} == {"ms", "runs/s", "s"}
    assert json.dumps([r.as_json() for r in results])
    assert all(r.value > 0 for r in results)
