"""An engine in a temporary folder with people, and a signed-in client of the REST API on top of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from app import state
from app.api.application import PREFIX, create_api
from app.api.predict import Shortcut
from app.gate import Gate
from auth.service import Auth, opened
from engine.engine import Engine
from engine.settings import Settings
from tests import signing_in


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        data_folder=tmp_path / "data", upload_limit_mb=4, concurrent_runs=1, free_space_floor_mb=1
    )


@pytest.fixture
def auth(settings: Settings) -> Iterator[Auth]:
    made = opened(settings)
    made.engine.start()
    state.attach(made)
    yield made
    state.detach(made)
    made.engine.stop()


@pytest.fixture
def engine(auth: Auth) -> Engine:
    return auth.engine


@pytest.fixture
def client(auth: Auth) -> Iterator[TestClient]:
    """A client in which an administrator is signed in."""
    with TestClient(
        Gate(Shortcut(create_api(), PREFIX)), raise_server_exceptions=False, cookies=signing_in.cookies(auth)
    ) as made:
        yield made
