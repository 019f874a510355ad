"""Tables of feeds: what fills a field of a parameter set, and each try to do so.

JSON columns hold canonical JSON text. Days are business days (``2026-11-22``), times are UTC.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, Table, Text
from sqlmodel import Column, Field, SQLModel

from engine.store.base import UtcDateTime, new_id, utc_now


def _time(**options: Any) -> Any:
    return Column(UtcDateTime, **options)


def _text(**options: Any) -> Any:
    return Column(Text, nullable=False, **options)


class ParameterFeedRow(SQLModel, table=True):
    """A feed: one field of a set at a place, and where its values come from. It reads with its owner's rights."""

    __tablename__ = "parameter_feed"
    __table_args__ = (Index("ix_parameter_feed_field", "set_id", "place", "field"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    set_id: str = Field(foreign_key="parameter_set.id")
    place: str = ""
    field: str
    title: str = ""
    source_json: str = Field(sa_column=_text())
    rails_json: str = Field(default="{}", sa_column=_text())
    mode: str  # suggest | apply
    trigger: str  # hand | new-data
    state: str = Field(default="active", index=True)  # active | paused | removed
    paused_because: str = Field(default="", sa_column=_text())
    owner: str
    created_at: datetime = Field(default_factory=utc_now, sa_column=_time(nullable=False))
    changed_at: datetime = Field(default_factory=utc_now, sa_column=_time(nullable=False))
    busy_until: datetime | None = Field(default=None, sa_column=_time())  # somebody is fetching it
    seen_json: str = Field(default="", sa_column=_text())  # the newest data that was looked at
    tried_at: datetime | None = Field(default=None, sa_column=_time())
    outcome: str = ""  # of the last try
    failures: int = 0  # tries in a row that failed
    transient: bool = False  # may the last failure pass by itself?
    told: bool = False  # was a notice raised about what is wrong now?


class ParameterFeedTryRow(SQLModel, table=True):
    """One try: what was found, what it would change, and what came of it."""

    __tablename__ = "parameter_feed_try"
    __table_args__ = (
        Index("ix_parameter_feed_try", "feed_id", "id"),
        Index("ix_parameter_feed_try_outcome", "feed_id", "outcome", "id"),
    )

    id: str = Field(default_factory=new_id, primary_key=True)
    feed_id: str = Field(foreign_key="parameter_feed.id")
    at: datetime = Field(default_factory=utc_now, sa_column=_time(nullable=False))
    by: str
    cause: str  # hand | new-data
    outcome: str  # same | suggested | held | postponed | applied | in-review | failed | accepted | declined | replaced
    sentence: str = Field(default="", sa_column=_text())
    value_json: str = Field(default="", sa_column=_text())
    old_json: str = Field(default="", sa_column=_text())  # what was in force; empty: nothing
    observed_on: str = ""
    origin_json: str = Field(default="{}", sa_column=_text())
    number: int | None = None
    seconds: float = 0.0
    decided_at: datetime | None = Field(default=None, sa_column=_time())
    decided_by: str = ""
    reason: str = Field(default="", sa_column=_text())


FEED: Table = SQLModel.metadata.tables["parameter_feed"]
FEED_TRY: Table = SQLModel.metadata.tables["parameter_feed_try"]
