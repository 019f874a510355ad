"""Imports ahead of the first result page, without holding up the start."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

import pytest

from app.warming import MODULES, Warming


@pytest.fixture
def slow_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "slow_to_import.py").write_text("import time\ntime.sleep(0.5)\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield "slow_to_import"
    sys.modules.pop("slow_to_import", None)


def test_start_returns_at_once_and_the_module_comes_later(slow_module: str) -> None:
    warming = Warming([slow_module], delay=1.0)
    warming.start()
    assert slow_module not in sys.modules
    assert warming.wait(10)
    assert warming.imported == [slow_module]
    warming.stop()


def test_nothing_is_imported_before_the_delay_and_stop_ends_it(slow_module: str) -> None:
    warming = Warming([slow_module], delay=60)
    warming.start()
    warming.stop()
    assert warming.imported == []
    assert "warming" not in {thread.name for thread in threading.enumerate()}


def test_a_module_that_cannot_be_imported_stops_nothing() -> None:
    warming = Warming(["no_such_module_here", "json"], delay=0)
    warming.start()
    assert warming.wait(10)
    assert warming.imported == ["json"]


def test_what_the_first_result_page_needs_can_be_imported() -> None:
    warming = Warming(delay=0)
    warming.start()
    assert warming.wait(60)
    assert warming.imported == list(MODULES)
