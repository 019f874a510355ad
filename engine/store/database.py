"""The database: two connections' worth of durability and one transaction per change.

A state change and its event rows commit together with ``synchronous=FULL``; heartbeats, progress and
log offsets use ``light()`` (``NORMAL``), where losing the last second in a power cut costs nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import Engine as SqlEngine
from sqlalchemy import create_engine, event
from sqlmodel import Column, Field, Session, SQLModel

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


Listener = Callable[[EventRow], None]


class Change:
    """An open transaction: ``session`` for the rows, ``emit`` for the events that commit with them."""

    def __init__(self, session: Session, actor: Actor) -> None:
        self.session = session
        self.actor = actor
        self.rows: list[EventRow] = []

    def emit(self, event: Event, *, department: str | None = None) -> EventRow:
        """Add an event row to the transaction; listeners hear of it after the commit."""
        row = EventRow(
            name=event.name,
            actor=self.actor.id,
            object_kind=event.object_kind,
            object_id=event.object_id,
            department=department,
            data=json.dumps(event.data(), sort_keys=True, ensure_ascii=False),
        )
        self.rows.append(row)
        self.session.add(row)
        return row


class Database:
    """Opens the configured database and hands out sessions."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.sql = _create(address, "FULL")
        self._light = _create(address, "NORMAL")
        self._listeners: list[Listener] = []

    @contextmanager
    def change(self, actor: Actor) -> Iterator[Change]:
        """One transaction: commits on leaving, rolls back on an exception, then tells the listeners."""
        with Session(self.sql, expire_on_commit=False) as session:
            change = Change(session, actor)
            with session.begin():
                if self.sql.dialect.name == "sqlite":
                    session.connection().exec_driver_sql("BEGIN IMMEDIATE")
                yield change
            rows = change.rows
        for listener in list(self._listeners):
            for row in rows:
                listener(row)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session for reading; nothing is committed."""
        with Session(self.sql, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def light(self) -> Iterator[Session]:
        """A transaction for progress and heartbeats: committed, but not synced at once."""
        with Session(self._light, expire_on_commit=False) as session, session.begin():
            yield session

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call ``listener`` after each commit with every event row; returns the way to stop it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def close(self) -> None:
        """Close all connections."""
        self.sql.dispose()
        self._light.dispose()


def _create(address: str, synchronous: str) -> SqlEngine:
    if not address.startswith("sqlite"):
        return create_engine(address, pool_pre_ping=True)
    sql = create_engine(address, connect_args={"check_same_thread": False, "timeout": 30})

    @event.listens_for(sql, "connect")
    def _pragmas(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # transactions are begun by us, not guessed by the driver
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            f"synchronous={synchronous}",
            "foreign_keys=ON",
            "busy_timeout=30000",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    return sql
