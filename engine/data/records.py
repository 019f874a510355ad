"""What the dataset service hands out: frozen records, apart from the tables they are kept in."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from engine.data.coltypes import ColumnInfo
from engine.store.tables_data import DatasetRow, DatasetVersionRow


@dataclass(frozen=True)
class DatasetVersion:
    """One immutable version. ``lineage`` says source, licence, file name, options and who uploaded it;
    ``notices`` are sentences on what was decided while reading."""

    dataset: str
    number: int
    content_hash: str
    blob: str
    bytes: int
    rows: int
    schema: Sequence[ColumnInfo]
    notices: Sequence[str]
    lineage: Mapping[str, Any]
    created_at: datetime
    created_by: str

    @property
    def reference(self) -> str:
        """How a run names it: ``sales@3``."""
        return f"{self.dataset}@{self.number}"

    @property
    def suggested(self) -> Mapping[str, Mapping[str, str]]:
        """Columns that looked personal when the file was read: ``{"kind", "why"}`` by name."""
        found: Mapping[str, Mapping[str, str]] = self.lineage.get("personal", {})
        return found

    @classmethod
    def of(cls, row: DatasetVersionRow) -> DatasetVersion:
        """The record of a table row."""
        return cls(
            dataset=row.dataset,
            number=row.number,
            content_hash=row.content_hash,
            blob=row.blob,
            bytes=row.bytes,
            rows=row.rows,
            schema=tuple(ColumnInfo.from_json(c) for c in json.loads(row.columns)),
            notices=tuple(json.loads(row.notices)),
            lineage=json.loads(row.lineage),
            created_at=row.created_at,
            created_by=row.created_by,
        )


@dataclass(frozen=True)
class DatasetCard:
    """A dataset in a list, with the facts of its newest version."""

    name: str
    title: str
    department: str | None
    version: int
    rows: int
    columns: int
    bytes: int
    updated_at: datetime
    updated_by: str

    @classmethod
    def of(cls, row: DatasetRow, latest: DatasetVersionRow) -> DatasetCard:
        """The card of a dataset and its newest version."""
        return cls(
            name=row.name,
            title=row.title,
            department=row.department,
            version=latest.number,
            rows=latest.rows,
            columns=len(json.loads(latest.columns)),
            bytes=latest.bytes,
            updated_at=latest.created_at,
            updated_by=latest.created_by,
        )


@dataclass(frozen=True)
class DatasetPage:
    """A dataset with all its versions, newest first."""

    name: str
    title: str
    department: str | None
    owner: str
    created_at: datetime
    versions: Sequence[DatasetVersion] = field(default_factory=tuple)

    @property
    def latest(self) -> DatasetVersion:
        """The newest version."""
        return self.versions[0]
