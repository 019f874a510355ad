"""Tables of parameter sets: sets, their places, immutable versions, reviews, and which runs used them.

JSON columns hold canonical JSON text. Days are business days (``2026-11-22``), times are UTC. A version is in force
from ``effective_from`` on and known since ``approved_at``; neither is changed once it is approved.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, Table, Text, UniqueConstraint
from sqlmodel import Column, Field, SQLModel

from engine.store.base import UtcDateTime, new_id, utc_now


def _time(**options: Any) -> Any:
    return Column(UtcDateTime, **options)


def _text(**options: Any) -> Any:
    return Column(Text, nullable=False, **options)


class ParameterSetRow(SQLModel, table=True):
    """A named set of a model. ``holder`` is empty, or the person whose preset it is (names are theirs alone)."""

    __tablename__ = "parameter_set"
    __table_args__ = (UniqueConstraint("model", "name", "holder"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    model: str = Field(foreign_key="model.name", index=True)
    name: str
    holder: str = ""
    title: str = ""
    department: str | None = Field(default=None, index=True)
    owner: str = ""
    guarded: bool = False  # every change needs a second person, not only those of guarded fields
    latest: int = 0
    created_at: datetime = Field(default_factory=utc_now, sa_column=_time(nullable=False))
    changed_at: datetime = Field(default_factory=utc_now, sa_column=_time(nullable=False))


class ParameterPlaceRow(SQLModel, table=True):
    """A place of a set with values of its own: ``DE``, ``DE/S001``. The company's own place is empty."""

    __tablename__ = "parameter_place"

    set_id: str = Field(primary_key=True, foreign_key="parameter_set.id")
    place: str = Field(primary_key=True)
    title: str = ""
    currency: str = ""


class ParameterVersionRow(SQLModel, table=True):
    """A version: the values of one place, only those fields that are set there. Numbers run through the whole set."""

    __tablename__ = "parameter_set_version"
    __table_args__ = (
        UniqueConstraint("set_id", "number"),
        Index("ix_parameter_in_force", "set_id", "place", "effective_from", "approved_at", "number"),
        Index("ix_parameter_state", "state", "set_id"),
    )

    id: str = Field(default_factory=new_id, primary_key=True)
    set_id: str = Field(foreign_key="parameter_set.id")
    number: int
    place: str = ""
    state: str  # in-review | approved | superseded (before it was approved) | rejected
    values_json: str = Field(sa_column=_text())
    changed_json: str = Field(default="[]", sa_column=_text())  # fields that differ from what was in force
    guarded_json: str = Field(default="[]", sa_column=_text())  # those of them that need a second person
    sources_json: str = Field(
        default="{}", sa_column=_text()
    )  # field → typed, import:FILE, xlsx:FILE, feed:ID
    base: int | None = None
    model_version: int = 0  # the version of the model whose fields the values were checked by
    reason: str = Field(default="", sa_column=_text())
    author: str = ""
    created_at: datetime = Field(default_factory=utc_now, sa_column=_time(nullable=False))
    effective_from: str
    expires_at: datetime | None = Field(default=None, sa_column=_time())
    approved_at: datetime | None = Field(default=None, sa_column=_time())
    approved_by: str = ""


class ParameterReviewRow(SQLModel, table=True):
    """One step of a review, never changed; ``ReviewStep`` has their names."""

    __tablename__ = "parameter_review"

    id: str = Field(default_factory=new_id, primary_key=True)
    version_id: str = Field(foreign_key="parameter_set_version.id", index=True)
    step: str
    by: str
    at: datetime = Field(default_factory=utc_now, sa_column=_time(nullable=False))
    comment: str = Field(default="", sa_column=_text())


class ParameterTrialRow(SQLModel, table=True):
    """A pair of shadow runs of a version: one with what holds without it, one with it."""

    __tablename__ = "parameter_trial"

    id: str = Field(default_factory=new_id, primary_key=True)
    version_id: str = Field(foreign_key="parameter_set_version.id", index=True)
    before_run: str = Field(foreign_key="run.id")
    after_run: str = Field(foreign_key="run.id")
    by: str
    at: datetime = Field(default_factory=utc_now, sa_column=_time(nullable=False))


class RunParameterRow(SQLModel, table=True):
    """Which versions of a set a run took its values from: one for each place on the way to its own."""

    __tablename__ = "run_parameter"
    __table_args__ = (Index("ix_run_parameter_version", "set_id", "number"),)

    run_id: str = Field(primary_key=True, foreign_key="run.id")
    set_id: str = Field(primary_key=True, foreign_key="parameter_set.id")
    place: str = Field(primary_key=True)
    number: int


SET: Table = SQLModel.metadata.tables["parameter_set"]
PLACE: Table = SQLModel.metadata.tables["parameter_place"]
VERSION: Table = SQLModel.metadata.tables["parameter_set_version"]
REVIEW: Table = SQLModel.metadata.tables["parameter_review"]
TRIAL: Table = SQLModel.metadata.tables["parameter_trial"]
RUN_PARAMETER: Table = SQLModel.metadata.tables["run_parameter"]
