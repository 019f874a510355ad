"""The juliacall adapter against a stand-in for juliacall: order of steps, text in and out, failures."""

from __future__ import annotations

import json
import os
import sys
import types
from pathlib import Path
from typing import Any

import pytest

from engine.runtimes.quarterdeck_worker import juliacall_worker
from engine.runtimes.quarterdeck_worker.failure import Failure


class FakeMain:
    """Julia's Main: remembers what was evaluated and answers requests."""

    def __init__(self) -> None:
        self.evaluated: list[str] = []
        self.asked: list[dict[str, Any]] = []
        self.cache_works = True

    def seval(self, code: str) -> Any:
        self.evaluated.append(code)
        if code == "using QuarterdeckRuntime" and not self.cache_works:
            raise sys.modules["juliacall"].JuliaError("no cache")
        if code == "QuarterdeckRuntime.handle":
            return self.handle
        return "1.10.8" if "VERSION" in code else None

    def handle(self, text: str) -> str:
        message = json.loads(text)
        self.asked.append(message)
        if message["kind"] == "load":
            return json.dumps(
                {"kind": "ready", "id": "", "seconds": 0.1, "environment": {"version": "1.10.8"}}
            )
        if message["values"]:
            return json.dumps({"kind": "result", "id": "1", "outputs": [], "warnings": ["w"], "seconds": 0.5})
        failed = {
            "reason": "model-error",
            "type": "DomainError",
            "message": "no (m.jl, line 3)",
            "trace": "at m.jl:3",
        }
        return json.dumps({"kind": "failed", "id": "1", **failed})


@pytest.fixture
def main(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FakeMain:
    fake = types.ModuleType("juliacall")
    fake.Main = FakeMain()  # type: ignore[attr-defined]
    fake.JuliaError = type("JuliaError", (Exception,), {})  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "juliacall", fake)
    monkeypatch.setenv("QUARTERDECK_JULIA_SOURCES", '/opt/a "b"/julia')
    monkeypatch.setenv("JULIA_DEPOT_PATH", f"{tmp_path}/missing:{tmp_path}")
    monkeypatch.setenv("PYTHON_JULIACALL_HANDLE_SIGNALS", "no")
    monkeypatch.setattr(juliacall_worker, "_no_standard_input", lambda: None)
    return fake.Main


def test_signals_are_julias_and_the_depot_can_be_written(main: FakeMain) -> None:
    juliacall_worker.JuliaAdapter()
    assert os.environ["PYTHON_JULIACALL_HANDLE_SIGNALS"] == "yes"
    assert os.access(os.environ["JULIA_DEPOT_PATH"].split(":")[0], os.W_OK)


def test_the_shared_runtime_is_used_and_warmed(main: FakeMain) -> None:
    adapter = juliacall_worker.JuliaAdapter()
    assert (adapter.language, adapter.bridge, adapter.version) == ("julia", "juliacall", "1.10.8")
    assert "using QuarterdeckRuntime" in main.evaluated
    assert "QuarterdeckRuntime.warm_up()" in main.evaluated


def test_without_a_cache_the_source_is_read(main: FakeMain) -> None:
    main.cache_works = False
    juliacall_worker.JuliaAdapter()
    assert any(code.startswith("include(") and "QuarterdeckRuntime.jl" in code for code in main.evaluated)


def test_load_and_call_travel_as_text(main: FakeMain) -> None:
    adapter = juliacall_worker.JuliaAdapter()
    assert adapter.load("/m", "m.jl:f", None) == {"version": "1.10.8"}
    request = {"kind": "call", "id": "1", "values": {"число": {"type": "text", "value": "ж"}}}
    assert adapter.call(request) == ([], ["w"], 0.5)
    assert main.asked[1] == request


def test_a_failure_keeps_the_models_own_place(main: FakeMain) -> None:
    adapter = juliacall_worker.JuliaAdapter()
    with pytest.raises(Failure) as caught:
        adapter.call({"kind": "call", "id": "1", "values": {}})
    assert (caught.value.reason, caught.value.type, caught.value.trace) == (
        "model-error",
        "DomainError",
        "at m.jl:3",
    )
