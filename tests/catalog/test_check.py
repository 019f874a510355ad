"""``quarterdeck check``: manifest, loading, golden cases and declared outputs, with real workers."""
# ruff: noqa: E501 (tables of cases)

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from engine.access import LOCAL_ADMIN as A
from engine.catalog.records import CheckReport
from engine.engine import Engine

Edit = Callable[..., Path]


def failed(report: CheckReport) -> list[tuple[str, str]]:
    return [(s.name, s.sentence) for s in report.steps if not s.ok]


def test_a_good_model_passes(engine: Engine, model: Path) -> None:
    report = engine.catalog.check(A, model)
    assert report.ok, failed(report)
    assert [s.name for s in report.steps] == ["manifest", "environment", "load", "golden case two weeks"]
    assert report.as_json()["model"] == "price-check"
    assert engine.catalog.list(A) == []  # nothing is registered


@pytest.mark.parametrize(
    ("file", "old", "new", "step", "said"),
    [
        ("model.toml", "minimum", "minimun", "manifest", "Did you mean “minimum”?"),
        ("price.py", "def check", "def chek", "load", "check"),
        ("price.py", "def check", "import nothing_such\ndef check", "load", "nothing_such"),
        ("model.toml", "total = 14.0", "total = 14.1", "golden case two weeks", "total is 14.0, expected 14.1."),
        ("golden/weekly.csv", "12,8", "12,9", "golden case two weeks", "weekly: row 2, column units is 8.0, expected 9."),
        ("price.py", '"weekly": weekly', '"weekly": weekly[["week"]]', "golden case two weeks", "must have a column “units”"),
        ("price.py", '"weekly": weekly', '"wekly": weekly', "golden case two weeks", "gave no “weekly”"),
        ("price.py", "weekly = ", "raise ValueError('no sales')\n    weekly = ", "golden case two weeks", "no sales"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(
    engine: Engine, edit: Edit, file: str, old: str, new: str, step: str, said: str
) -> None:
    report = engine.catalog.check(A, edit(file, old, new))
    assert not report.ok
    ((name, sentence),) = failed(report)
    assert name == step
    assert said in sentence


def test_a_tolerance_lets_small_differences_pass(engine: Engine, edit: Edit) -> None:
    edit("model.toml", "total = 14.0 }", "total = 14.1 }\ntolerance = 0.2")
    assert engine.catalog.check(A, edit("golden/weekly.csv", "12,8", "12,8.1")).ok


def test_what_a_check_of_a_registered_version_found_is_kept(engine: Engine, model: Path) -> None:
    engine.catalog.register(A, model)
    assert engine.catalog.last_check(A, "price-check") is None
    report = engine.catalog.check_version(A, "price-check")
    kept = engine.catalog.last_check(A, "price-check")
    assert kept is not None
    assert (kept.ok, kept.checked_by) == (True, A.id)
    assert [step.name for step in kept.steps] == [step.name for step in report.steps]


def test_a_failed_check_is_kept_with_what_it_said(engine: Engine, edit: Edit) -> None:
    version = engine.catalog.register(A, edit("model.toml", "total = 14.0", "total = 14.1"))
    assert not engine.catalog.check_version(A, version.model, version.number).ok
    kept = engine.catalog.last_check(A, version.model, version.number)
    assert kept is not None
    assert "total is 14.0, expected 14.1." in kept.steps[-1].sentence
