"""Shared by the data tests: read a file as the job process does, without the process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.data.ingestion import ingest_file
from engine.data.options import Ingested, IngestOptions


@dataclass
class Read:
    """A file that was read: what was said about it, and its table."""

    said: Ingested
    table: pa.Table

    @property
    def types(self) -> dict[str, str]:
        return {c.name: c.type for c in self.said.columns}

    def column(self, name: str) -> list[object]:
        return self.table.column(name).to_pylist()

    @property
    def notices(self) -> str:
        return "\n".join(self.said.notices)


Reader = Callable[..., Read]


@pytest.fixture
def read(tmp_path: Path) -> Reader:
    """``read(b"a,b\\n1,2\\n")`` or ``read(path)``; options by keyword."""

    def go(content: bytes | str | Path, name: str = "sales.csv", **options: object) -> Read:
        source = content if isinstance(content, Path) else tmp_path / name
        if not isinstance(content, Path):
            source.write_bytes(content.encode() if isinstance(content, str) else content)
        folder = tmp_path / "work"
        folder.mkdir(exist_ok=True)
        target = tmp_path / "out.parquet"
        said = ingest_file(source, name, target, IngestOptions(**options), folder)  # type: ignore[arg-type]
        return Read(said, pq.ParquetFile(target).read())

    return go
