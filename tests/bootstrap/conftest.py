"""A pretend checkout in a temporary folder and a progress that writes into memory."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from bootstrap.places import Places
from bootstrap.progress import Progress


@pytest.fixture
def places(tmp_path: Path) -> Places:
    root = tmp_path / "checkout"
    (root / "requirements").mkdir(parents=True)
    for name in ("uv", "server", "dev", "models", "bridges"):
        (root / "requirements" / f"{name}.txt").write_text(f"{name}==1\n")
    return Places.from_environment({}, root)


@pytest.fixture
def said() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def progress(places: Places, said: io.StringIO) -> Progress:
    return Progress(places.log, said)
