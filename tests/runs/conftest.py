"""Engines over a catalog and a pool without processes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from engine.engine import Engine
from engine.settings import Settings
from tests.runs.fakes import FakeCatalog, FakePool


def with_fakes(settings: Settings) -> Engine:
    engine = Engine(settings)
    engine.__dict__["catalog"] = FakeCatalog("plain", "slow", "script-slow", "det", "other")
    engine.__dict__["pool"] = FakePool()
    return engine


@pytest.fixture
def fake(settings: Settings) -> Iterator[Engine]:
    """Executes runs; no process is started."""
    engine = with_fakes(settings)
    engine.start()
    yield engine
    engine.stop()


@pytest.fixture
def idle(settings: Settings) -> Iterator[Engine]:
    """The same, not started: runs stay queued."""
    engine = with_fakes(settings)
    yield engine
    engine.stop()
