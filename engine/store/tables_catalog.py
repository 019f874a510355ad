"""Tables of the catalog: models, their immutable versions, aliases with history, environments."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, Text, UniqueConstraint
from sqlmodel import Column, Field, SQLModel

from engine.store.base import UtcDateTime, new_id, utc_now


def _time(**options: Any) -> Any:
    return Column(UtcDateTime, nullable=False, **options)


class ModelRow(SQLModel, table=True):
    """A model as its card shows it (from the manifest of the version that was registered last)."""

    __tablename__ = "model"

    name: str = Field(primary_key=True)
    title: str
    department: str | None = Field(default=None, index=True)
    language: str
    summary: str = ""
    tags: str = Field(default="[]", sa_column=Column("tags", Text, nullable=False))  # JSON list
    search: str = Field(sa_column=Column("search", Text, nullable=False))  # what a search looks in, folded
    latest: int = 0
    owner: str = ""
    created_at: datetime = Field(default_factory=utc_now, sa_column=_time())
    registered_at: datetime = Field(default_factory=utc_now, sa_column=_time())


class ModelVersionRow(SQLModel, table=True):
    """An immutable version. ``manifest`` is the text as registered: it is never rewritten."""

    __tablename__ = "model_version"
    __table_args__ = (UniqueConstraint("model", "number"), UniqueConstraint("model", "content_hash"))

    id: str = Field(default_factory=new_id, primary_key=True)
    model: str = Field(foreign_key="model.name", index=True)
    number: int
    content_hash: str  # of source tree, environment and trained artefact together
    source_hash: str
    source_blob: str
    source_bytes: int = 0
    manifest: str = Field(sa_column=Column("manifest", Text, nullable=False))
    environment_id: str = Field(index=True)
    language: str
    created_at: datetime = Field(default_factory=utc_now, sa_column=_time())
    created_by: str = ""


class ModelAliasRow(SQLModel, table=True):
    """Where an alias points now; the history is in ``model_alias_move``."""

    __tablename__ = "model_alias"

    model: str = Field(primary_key=True, foreign_key="model.name")
    alias: str = Field(primary_key=True)
    number: int
    version_id: str = Field(foreign_key="model_version.id")


class ModelAliasMoveRow(SQLModel, table=True):
    """One move of an alias: in force from ``valid_from``, known since ``known_at``. Never changed."""

    __tablename__ = "model_alias_move"
    __table_args__ = (Index("ix_alias_move", "model", "alias", "valid_from"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    model: str = Field(foreign_key="model.name")
    alias: str
    number: int
    old: int | None = None
    valid_from: datetime = Field(sa_column=_time())
    known_at: datetime = Field(default_factory=utc_now, sa_column=_time())
    moved_by: str = ""
    reason: str = ""


class EnvironmentRow(SQLModel, table=True):
    """What a version runs in. ``description`` is JSON: language, version, platform, packages, lock."""

    __tablename__ = "environment"

    id: str = Field(primary_key=True)
    language: str
    requirements_hash: str = Field(default="", index=True)
    description: str = Field(sa_column=Column("description", Text, nullable=False))
    recorded_at: datetime = Field(default_factory=utc_now, sa_column=_time())


class ModelCheckRow(SQLModel, table=True):
    """One check of a version (golden cases and declarations) and what it found. Never changed."""

    __tablename__ = "model_check"

    id: str = Field(default_factory=new_id, primary_key=True)
    version_id: str = Field(foreign_key="model_version.id", index=True)
    at: datetime = Field(default_factory=utc_now, sa_column=_time())
    checked_by: str
    ok: bool
    steps: str = Field(sa_column=Column("steps", Text, nullable=False))  # JSON, as in the report
