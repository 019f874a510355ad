"""Fixtures that every area may use: settings and engines over a folder of the test's own."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from auth.service import Auth, opened
from engine.access import LOCAL_ADMIN, Actor
from engine.engine import Engine
from engine.settings import Settings
from tests import postgres as postgres_of_tests

# inside a chroot or a plain container no sandbox works: tests of several people run there all the same;
# tests/test_isolation.py says what happens without this setting
os.environ.setdefault("QUARTERDECK_ALLOW_UNSANDBOXED", "true")

# a busy machine is no failure: times are measured in benchmarks/, not by property tests
hypothesis.settings.register_profile("busy", deadline=None)
hypothesis.settings.load_profile("busy")

TINY = Path(__file__).parent / "models_tiny"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Each reason for skipping once, with the number of its tests; failures come after it, where they are seen."""
    skipped = terminalreporter.stats.get("skipped", [])
    reasons = Counter(report.longrepr[2].removeprefix("Skipped: ") for report in skipped)
    for reason, count in reasons.most_common():
        terminalreporter.write_line(f"SKIPPED [{count}] {reason}")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Tests that are marked so run twice: on the embedded database and on PostgreSQL."""
    if (
        metafunc.definition.get_closest_marker("both_databases")
        and "database_address" in metafunc.fixturenames
    ):
        metafunc.parametrize("database_address", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def database_address(request: pytest.FixtureRequest) -> str | None:
    """The address of an empty database; None: the embedded one."""
    on_postgres = getattr(request, "param", "sqlite") == "postgresql"
    return request.getfixturevalue("postgres") if on_postgres else None


@pytest.fixture
def settings(tmp_path: Path, database_address: str | None) -> Settings:
    """Settings with a data folder of the test's own; tools where ``up`` installs them."""
    return Settings(
        data_folder=tmp_path / "data", database_url=database_address, concurrent_runs=2, free_space_floor_mb=1
    )


@pytest.fixture
def actor() -> Actor:
    """The built-in administrator."""
    return LOCAL_ADMIN


@pytest.fixture
def engine(settings: Settings) -> Iterator[Engine]:
    """An engine that is not started: catalog, datasets and queue, nothing is executed."""
    made = Engine(settings)
    yield made
    made.stop()


@pytest.fixture
def started(settings: Settings) -> Iterator[Engine]:
    """An engine that executes runs."""
    made = Engine(settings)
    made.start()
    yield made
    made.stop()


@pytest.fixture
def auth(settings: Settings) -> Iterator[Auth]:
    """An engine with people, rights, audit and secrets (``auth.engine``); nothing is executed."""
    made = opened(settings)
    yield made
    made.engine.stop()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """A PostgreSQL server of the tests' own."""
    with postgres_of_tests.server() as address:
        yield address


@pytest.fixture
def postgres(postgres_server: str) -> str:
    """The address of an empty database on it."""
    return postgres_of_tests.emptied(postgres_server)


@pytest.fixture
def tiny() -> Path:
    """The folder of tiny Python models: sum, fibo, slow, error, table, script."""
    return TINY


@pytest.fixture
def register(actor: Actor) -> Callable[..., Any]:
    """Register tiny models: ``register(engine, "sum", "fibo")`` → their versions."""

    def work(engine: Engine, *names: str) -> list[Any]:
        return [engine.catalog.register(actor, TINY / name, promote=True) for name in names]

    return work


@pytest.fixture
def model_folder(tmp_path: Path) -> Callable[..., Path]:
    """A copy of a tiny model that the test may change: ``model_folder("sum")``."""

    def work(name: str) -> Path:
        target = tmp_path / "models" / name
        shutil.copytree(TINY / name, target)
        return target

    return work
