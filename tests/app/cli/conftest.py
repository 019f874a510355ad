"""The command line in this process, on a data folder of the test's own."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from app.cli.main import main


@dataclass
class Said:
    """What a command said, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output as one JSON value."""
        return json.loads(self.out)


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("QUARTERDECK_DATA_FOLDER", str(tmp_path / "data"))
    monkeypatch.setenv("QUARTERDECK_FREE_SPACE_FLOOR_MB", "1")
    return tmp_path / "data"


@pytest.fixture
def quarterdeck(data: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    def work(*words: str) -> Said:
        capsys.readouterr()
        code = 0
        try:
            main([str(word) for word in words])
        except SystemExit as ended:
            code = int(ended.code or 0)
        found = capsys.readouterr()
        return Said(code, found.out, found.err)

    return work
