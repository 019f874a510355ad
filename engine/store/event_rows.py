"""Events as they are stored: one row each, written in the transaction of the change that they tell of."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from sqlalchemy import insert
from sqlmodel import Column, Field, SQLModel

from engine.access import Actor
from engine.events import Event
from engine.store.base import UtcDateTime, new_id, utc_now


class EventRow(SQLModel, table=True):
    """One event, written in the transaction of the change that it tells of."""

    __tablename__ = "event"

    id: str = Field(default_factory=new_id, primary_key=True)
    at: datetime = Field(default_factory=utc_now, sa_column=Column(UtcDateTime, nullable=False, index=True))
    name: str = Field(index=True)
    actor: str
    object_kind: str
    object_id: str = Field(index=True)
    department: str | None = None
    data: str  # canonical JSON


def event_row(event: Event, actor: Actor, department: str | None = None) -> EventRow:
    """The row that tells of an event."""
    return EventRow(
        name=event.name,
        actor=actor.id,
        object_kind=event.object_kind,
        object_id=_storable(event.object_id),
        department=department,
        data=_storable(json.dumps(event.data(), sort_keys=True, ensure_ascii=False)),
    )


def _storable(text: str) -> str:
    """Without what no database takes as text: NUL, and halves of a pair of UTF-16 (JSON can bring both)."""
    return text.encode("utf-8", "replace").decode().replace("\0", "\ufffd")


INSERT_EVENT = insert(SQLModel.metadata.tables["event"])


def columns(row: EventRow) -> dict[str, Any]:
    """The row for an insertion without the object mapper, which costs more than the writing."""
    return {
        "id": row.id,
        "at": row.at,
        "name": row.name,
        "actor": row.actor,
        "object_kind": row.object_kind,
        "object_id": row.object_id,
        "department": row.department,
        "data": row.data,
    }
