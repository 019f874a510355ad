"""What a Python function may return, and what becomes of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.runtimes.interface import CallFailed, Expected, Output, WorkerSpec
from engine.runtimes.pool import WorkerPool
from engine.runtimes.quarterdeck_worker import columns
from tests.runtimes.conftest import Make, call

SOURCE = """
import collections, dataclasses, datetime, decimal, warnings
import numpy as np, pandas as pd

Both = collections.namedtuple("Both", "table mape")

@dataclasses.dataclass
class Report:
    mape: float
    table: object

FRAME = pd.DataFrame({"a": [1, 2]})

def run(what):
    return {
        "frame": lambda: FRAME,
        "series": lambda: FRAME["a"],
        "records": lambda: [{"a": 1}, {"a": 2}],
        "columns": lambda: {"a": [1, 2]},
        "array": lambda: np.array([[1], [2]]),
        "numpy number": lambda: np.float32(1.5),
        "decimal": lambda: decimal.Decimal("1.5"),
        "infinite": lambda: float("inf"),
        "boolean": lambda: True,
        "text": lambda: "hello",
        "date": lambda: datetime.date(2026, 11, 22),
        "namedtuple": lambda: Both(FRAME, 1.5),
        "dataclass": lambda: Report(1.5, FRAME),
        "tuple": lambda: (FRAME, 1.5),
        "dictionary": lambda: {"table": FRAME, "mape": 1.5, "extra": "more"},
        "none": lambda: None,
        "cells": lambda: pd.DataFrame({"x": [[1], [2]]}),
        "exit": lambda: exit(3),
    }[what]()

async def later():
    return 1.5

def warn():
    warnings.warn("careful")
    warnings.warn("careful")
    warnings.warn("old", DeprecationWarning)
    np.log(np.array([0.0]))
    return 1
"""


@pytest.fixture(scope="module")
def spec(tmp_path_factory: pytest.TempPathFactory) -> WorkerSpec:
    folder = tmp_path_factory.mktemp("outputs")
    (folder / "model.py").write_text(SOURCE)
    return WorkerSpec("python", "outputs", folder, "model.py:run")


class Ask:
    """Calls with one word."""

    def __init__(self, pool: WorkerPool, spec: WorkerSpec, scratch: Path) -> None:
        self._pool, self._spec, self._scratch = pool, spec, scratch

    def __call__(self, what: str, **expected: str) -> dict[str, Output]:
        declared = {name: Expected(kind) for name, kind in expected.items()}  # type: ignore[arg-type]
        result = self._pool.call(self._spec, call({"what": what}, scratch=self._scratch, expected=declared))
        return {output.name: output for output in result.outputs}


@pytest.fixture
def ask(shared_pool: WorkerPool, spec: WorkerSpec, tmp_path: Path) -> Ask:
    return Ask(shared_pool, spec, tmp_path)


@pytest.mark.parametrize("what", ["frame", "series", "records", "columns", "array"])
def test_tables(ask: Ask, what: str) -> None:
    output = ask(what, table="table")["table"]
    frame = columns.read_frame(output.path or "")
    assert frame.iloc[:, 0].tolist() == [1, 2]


@pytest.mark.parametrize(
    ("what", "value"), [("numpy number", 1.5), ("decimal", 1.5), ("infinite", float("inf")), ("boolean", 1.0)]
)
def test_numbers(ask: Ask, what: str, value: float) -> None:
    assert ask(what)["result"].value == value
    assert ask(what, mape="metric")["mape"].value == value


def test_texts(ask: Ask) -> None:
    assert ask("text")["result"].kind == "text"
    assert ask("date", day="text")["day"].value == "2026-11-22"


@pytest.mark.parametrize("what", ["namedtuple", "dataclass", "tuple", "dictionary"])
def test_named_collections(ask: Ask, what: str) -> None:
    outputs = ask(what, table="table", mape="metric")
    assert outputs["mape"].value == 1.5
    assert outputs["table"].kind == "table"
    assert set(outputs) - {"table", "mape"} == ({"extra"} if what == "dictionary" else set())


@pytest.mark.parametrize(
    ("what", "expected", "says"),
    [
        ("numpy number", {"table": "table"}, "“table” is declared as table, but the model gave"),
        ("frame", {"mape": "metric"}, "declared as metric, but the model gave a DataFrame"),
        (
            "dictionary",
            {"table": "table", "mae": "metric"},
            "gave no “mae”.*it gave “table”, “mape”, “extra”",
        ),
        ("none", {"table": "table"}, "gave no “table”.*it gave nothing"),
        ("cells", {"table": "table"}, "column “x” holds a list in a cell"),
    ],
)
def test_broken_declarations(ask: Ask, what: str, expected: dict[str, str], says: str) -> None:
    with pytest.raises(CallFailed, match=says) as caught:
        ask(what, **expected)
    assert caught.value.reason == "bad-output"


def test_an_exit_is_an_error_of_the_model(ask: Ask) -> None:
    with pytest.raises(CallFailed, match="ended itself with exit code 3"):
        ask("exit")
    assert ask("boolean")


def test_coroutines_and_warnings(shared_pool: WorkerPool, model: Make, tmp_path: Path) -> None:
    assert shared_pool.call(model(SOURCE, entry="later"), call(scratch=tmp_path)).outputs[0].value == 1.5
    spec = model(SOURCE, entry="warn")
    for _ in range(2):
        warned = shared_pool.call(spec, call(scratch=tmp_path)).warnings
        assert [text.split(" (")[0] for text in warned] == [
            "careful",
            "careful",
            "RuntimeWarning: divide by zero encountered in log",
        ]


def test_arguments_go_by_name(shared_pool: WorkerPool, model: Make, tmp_path: Path) -> None:
    spec = model("def run(a, *, b=2): return a + b")
    assert shared_pool.call(spec, call({"a": 1}, scratch=tmp_path)).outputs[0].value == 3
    with pytest.raises(CallFailed, match=r"does not take “c” \(it takes a, b\)"):
        shared_pool.call(spec, call({"a": 1, "c": 1}, scratch=tmp_path))
    with pytest.raises(CallFailed, match="needs “a”, which was not given"):
        shared_pool.call(spec, call({"b": 1}, scratch=tmp_path))


def test_figures_that_are_shown_are_collected_in_turn(
    shared_pool: WorkerPool, model: Make, tmp_path: Path
) -> None:
    spec = model(
        """
        def run():
            import matplotlib.pyplot as plt
            import plotly.graph_objects as go
            plt.plot([1, 2]); plt.show()
            figure = go.Figure(go.Bar(y=[1, 2])); figure.show(); figure.show()
            kept = go.Figure(); kept.show()
            return {"kept": kept, "mape": 1.5}
        """
    )
    for _ in range(2):
        outputs = shared_pool.call(spec, call(scratch=tmp_path)).outputs
        assert [(o.name, o.format) for o in outputs] == [
            ("kept", "plotly"),
            ("mape", ""),
            ("figure-1", "svg"),
            ("figure-2", "plotly"),
        ]
    declared = {"chart": Expected("figure"), "kept": Expected("figure"), "mape": Expected("metric")}
    outputs = shared_pool.call(spec, call(scratch=tmp_path, expected=declared)).outputs
    assert [o.name for o in outputs] == ["kept", "mape", "chart", "figure-2"]
