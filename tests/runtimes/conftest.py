"""A pool of the tests' own and models written on the spot."""

from __future__ import annotations

import itertools
import textwrap
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from engine.runtimes.interface import Call, Expected, Value, WorkerSpec
from engine.runtimes.pool import WorkerPool
from engine.settings import Settings

_numbers = itertools.count()
Make = Callable[..., WorkerSpec]


@pytest.fixture(scope="session")
def shared_pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WorkerPool]:
    """One pool for tests that do not look at the pool itself."""
    pool = WorkerPool.from_settings(Settings(data_folder=tmp_path_factory.mktemp("data")))
    yield pool
    pool.close()


@pytest.fixture
def pool(tmp_path: Path) -> Iterator[WorkerPool]:
    """A pool of the test's own."""
    made = WorkerPool.from_settings(Settings(data_folder=tmp_path / "data"))
    yield made
    made.close()


@pytest.fixture
def model(tmp_path: Path) -> Make:
    """Write a model's source; returns the spec of its function ``run``."""

    def make(source: str, *, name: str = "model", entry: str = "run", **options: Any) -> WorkerSpec:
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        (folder / "model.py").write_text(textwrap.dedent(source), encoding="utf-8")
        key = f"{name}-{entry}-{next(_numbers)}"
        return WorkerSpec("python", key, folder, f"model.py:{entry}", **options)

    return make


def call(
    values: Mapping[str, Any] | None = None,
    *,
    scratch: Path,
    expected: Mapping[str, Expected] | None = None,
    tables: Mapping[str, Path] | None = None,
    **more: Any,
) -> Call:
    """A call; bare values become numbers or texts."""
    number = next(_numbers)
    wire = {
        name: value if isinstance(value, Value) else _value(value) for name, value in (values or {}).items()
    }
    identity = more.pop("id", f"call-{number}")
    return Call(
        identity, wire, tables or {}, more.pop("files", {}), expected or {}, scratch / str(number), **more
    )


def _value(value: Any) -> Value:
    if isinstance(value, bool):
        return Value("boolean", value)
    if isinstance(value, int):
        return Value("integer", value)
    return Value("text" if isinstance(value, str) else "number", value)
