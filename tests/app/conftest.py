"""An engine in a temporary folder, and a client of the REST API on top of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from app import state
from app.api.application import create_api
from engine.engine import Engine
from engine.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        data_folder=tmp_path / "data", upload_limit_mb=4, concurrent_runs=1, free_space_floor_mb=1
    )


@pytest.fixture
def engine(settings: Settings) -> Iterator[Engine]:
    made = Engine(settings)
    made.start()
    state.attach(made)
    yield made
    state.detach(made)
    made.stop()


@pytest.fixture
def client(engine: Engine) -> Iterator[TestClient]:
    with TestClient(create_api(), raise_server_exceptions=False) as made:
        yield made
