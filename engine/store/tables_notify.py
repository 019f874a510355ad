"""Tables of notices to people: the inbox, and the outbox of e-mail on its way."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, Text
from sqlmodel import Column, Field, SQLModel

from engine.store.base import UtcDateTime, new_id, utc_now


def _time(**options: Any) -> Any:
    return Column(UtcDateTime, **options)


class NoticeRow(SQLModel, table=True):
    """A notice in one person's inbox. ``link`` is a path of this server."""

    __tablename__ = "notice"
    __table_args__ = (Index("ix_notice_account_id", "account", "id"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    account: str
    at: datetime = Field(default_factory=utc_now, sa_column=_time(nullable=False))
    kind: str  # what it is about: run-failed, review-wanted …
    title: str
    body: str = Field(default="", sa_column=Column(Text, nullable=False))
    link: str = ""
    read_at: datetime | None = Field(default=None, sa_column=_time())


class OutboxRow(SQLModel, table=True):
    """An e-mail to be sent after the commit that wanted it. ``state``: waiting, sent, failed (given up)."""

    __tablename__ = "outbox"
    __table_args__ = (Index("ix_outbox_state_next", "state", "next_at"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    state: str = "waiting"
    recipient: str
    subject: str
    body: str = Field(sa_column=Column(Text, nullable=False))
    created_at: datetime = Field(default_factory=utc_now, sa_column=_time(nullable=False))
    next_at: datetime = Field(default_factory=utc_now, sa_column=_time(nullable=False))
    attempts: int = 0
    error: str = ""
    sent_at: datetime | None = Field(default=None, sa_column=_time())
