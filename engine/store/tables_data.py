"""Tables of datasets: what there is, and each version with where its contents lie."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Table, Text
from sqlmodel import Column, Field, SQLModel

from engine.store.base import UtcDateTime, utc_now


class DatasetRow(SQLModel, table=True):
    """A dataset. ``latest`` is the number of its newest version."""

    __tablename__ = "dataset"

    name: str = Field(primary_key=True)
    title: str
    department: str | None = Field(default=None, index=True)
    owner: str = ""
    latest: int
    created_at: datetime = Field(default_factory=utc_now, sa_column=Column(UtcDateTime, nullable=False))
    updated_at: datetime = Field(default_factory=utc_now, sa_column=Column(UtcDateTime, nullable=False))


class DatasetVersionRow(SQLModel, table=True):
    """One immutable version: its Parquet blob, its columns with profile, and where it came from."""

    __tablename__ = "dataset_version"

    dataset: str = Field(primary_key=True, foreign_key="dataset.name")
    number: int = Field(primary_key=True)
    content_hash: str = Field(index=True)
    blob: str
    bytes: int
    rows: int
    columns: str = Field(sa_column=Column("columns", Text, nullable=False))
    notices: str = Field(default="[]", sa_column=Column(Text, nullable=False))
    lineage: str = Field(default="{}", sa_column=Column(Text, nullable=False))
    source_hash: str = Field(default="", index=True)
    created_at: datetime = Field(default_factory=utc_now, sa_column=Column(UtcDateTime, nullable=False))
    created_by: str = ""


class ColumnClassRow(SQLModel, table=True):
    """What a dataset's column holds of people, for all versions: ``personal``, ``sensitive`` or ``none``.

    No row: nobody said yet.
    """

    __tablename__ = "dataset_column_class"

    dataset: str = Field(primary_key=True, foreign_key="dataset.name")
    column_name: str = Field(primary_key=True)
    kind: str
    changed_by: str = ""
    changed_at: datetime = Field(default_factory=utc_now, sa_column=Column(UtcDateTime, nullable=False))


class UploadedFileRow(SQLModel, table=True):
    """Who uploaded contents for a file field: knowing a hash gives nobody the right to the contents."""

    __tablename__ = "uploaded_file"

    blob: str = Field(primary_key=True)
    account: str = Field(primary_key=True)
    at: datetime = Field(default_factory=utc_now, sa_column=Column(UtcDateTime, nullable=False, index=True))


# the same tables for SQLAlchemy Core
DATASET: Table = SQLModel.metadata.tables["dataset"]
UPLOADED_FILE: Table = SQLModel.metadata.tables["uploaded_file"]
COLUMN_CLASS: Table = SQLModel.metadata.tables["dataset_column_class"]
