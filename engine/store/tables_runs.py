"""Tables of runs, of the references that keep contents alive, and of form drafts.

JSON columns hold canonical JSON text (sorted keys); times are UTC; sizes are in bytes unless named ``_mb``.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, Table, Text
from sqlmodel import Column, Field, SQLModel

from engine.store.base import UtcDateTime, new_id, utc_now


def _time(**options: Any) -> Any:
    return Column(UtcDateTime, **options)


class RunRow(SQLModel, table=True):
    """One run. ``fence`` rises with each claim: only the holder of the newest may write what came of it."""

    __tablename__ = "run"
    __table_args__ = (
        Index("ix_run_state_id", "state", "id"),
        Index("ix_run_model_id", "model", "id"),
        Index("ix_run_person_id", "submitted_by", "id"),
    )

    id: str = Field(default_factory=new_id, primary_key=True)
    kind: str = "queued"  # queued | realtime | shadow (tries a parameter set out; lists leave it out)
    model: str
    model_title: str
    department: str | None = Field(default=None, index=True)
    version_id: str
    version: int
    state: str
    retry: str = "safe"  # safe: a crashed attempt is followed by another; never: ends interrupted
    values_json: str = Field(sa_column=Column(Text, nullable=False))
    inputs_json: str = Field(default="[]", sa_column=Column(Text, nullable=False))
    seed: int | None = None
    label: str = ""
    today: str
    submitted_by: str
    on_behalf_of: str | None = None
    via: str = "page"
    submitted_at: datetime = Field(default_factory=utc_now, sa_column=_time(nullable=False))
    started_at: datetime | None = Field(default=None, sa_column=_time())
    finished_at: datetime | None = Field(default=None, sa_column=_time())
    attempt: int = 0
    fence: int = 0
    lease_owner: str | None = Field(default=None, index=True)
    lease_until: datetime | None = Field(default=None, sa_column=_time())
    memory_mb: int = 0  # reserved while it runs
    timeout_seconds: int = 0
    progress: float | None = None
    progress_text: str = ""
    log_bytes: int = 0
    error: str | None = Field(default=None, sa_column=Column(Text))
    warnings: str = Field(default="[]", sa_column=Column(Text, nullable=False))
    environment_id: str = ""
    environment: str = Field(default="{}", sa_column=Column(Text, nullable=False))
    provenance: str = Field(default="{}", sa_column=Column(Text, nullable=False))
    model_seconds: float | None = None
    peak_memory: int | None = None
    reuse_key: str | None = Field(default=None, index=True)
    reused_from: str | None = None
    again_of: str | None = None
    result_blob: str | None = None
    retain_until: datetime | None = Field(default=None, sa_column=_time(index=True))
    expired_at: datetime | None = Field(default=None, sa_column=_time())


class RunInputRow(SQLModel, table=True):
    """Which dataset version a run read under an input's name (the run's ``inputs_json``, for searching)."""

    __tablename__ = "run_input"

    run_id: str = Field(primary_key=True, foreign_key="run.id")
    name: str = Field(primary_key=True)
    dataset: str
    version: int
    content_hash: str
    blob: str
    rows: int | None = None


class RunOutputRow(SQLModel, table=True):
    """One output: a scalar's value as JSON, or the hash of its contents (None after its time is over)."""

    __tablename__ = "run_output"

    run_id: str = Field(primary_key=True, foreign_key="run.id")
    name: str = Field(primary_key=True)
    position: int
    kind: str
    title: str = ""
    value: str | None = Field(default=None, sa_column=Column(Text))
    format: str = ""
    filename: str = ""
    blob: str | None = None
    rows: int | None = None
    columns: str | None = Field(default=None, sa_column=Column(Text))
    bytes: int = 0


class RunAttemptRow(SQLModel, table=True):
    """A try that did not bring the run's end: who had it, and why. The last try is told by the run itself."""

    __tablename__ = "run_attempt"

    run_id: str = Field(primary_key=True, foreign_key="run.id")
    attempt: int = Field(primary_key=True)
    owner: str
    fence: int
    started_at: datetime = Field(default_factory=utc_now, sa_column=_time(nullable=False))
    finished_at: datetime | None = Field(default=None, sa_column=_time())
    outcome: str = ""
    sentence: str = ""


class RunHoldRow(SQLModel, table=True):
    """Who wants a run's outputs kept beyond their time: ``holder`` is person:ID, report:ID, schedule:ID …."""

    __tablename__ = "run_hold"

    run_id: str = Field(primary_key=True, foreign_key="run.id")
    holder: str = Field(primary_key=True)
    reason: str = ""
    at: datetime = Field(default_factory=utc_now, sa_column=_time(nullable=False))


class BlobReference(SQLModel, table=True):
    """Why a content is kept: written in the transaction that publishes it."""

    __tablename__ = "blob_reference"

    blob: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)  # run-output, run-input, dataset, model-version …
    owner: str = Field(primary_key=True, index=True)


class DraftRow(SQLModel, table=True):
    """What a person typed into a form and has not submitted."""

    __tablename__ = "draft"

    actor: str = Field(primary_key=True)
    model: str = Field(primary_key=True)
    page: str = Field(primary_key=True)
    contents: str = Field(sa_column=Column(Text, nullable=False))
    updated_at: datetime = Field(default_factory=utc_now, sa_column=_time(nullable=False))


# the same tables for SQLAlchemy Core: the queue's hot path does without objects
RUN: Table = SQLModel.metadata.tables["run"]
RUN_INPUT: Table = SQLModel.metadata.tables["run_input"]
RUN_OUTPUT: Table = SQLModel.metadata.tables["run_output"]
RUN_ATTEMPT: Table = SQLModel.metadata.tables["run_attempt"]
RUN_HOLD: Table = SQLModel.metadata.tables["run_hold"]
BLOB_REFERENCE: Table = SQLModel.metadata.tables["blob_reference"]
DRAFT: Table = SQLModel.metadata.tables["draft"]
