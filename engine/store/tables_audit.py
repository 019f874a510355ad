"""Tables of the audit log: a chain of entries, personal values beside it, and checkpoints of pruned segments."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, Integer, Text
from sqlmodel import Column, Field, SQLModel

from engine.store.base import UtcDateTime, utc_now


def _time(**options: Any) -> Any:
    return Column(UtcDateTime, **options)


def _number(**options: Any) -> Any:
    """A large whole number; as a key it is SQLite's own row number, so that entries lie in their order."""
    return Column(BigInteger().with_variant(Integer, "sqlite"), **options)


class AuditRow(SQLModel, table=True):
    """One entry. ``hash`` is SHA-256 over the previous entry's hash and this entry's canonical content."""

    __tablename__ = "audit"
    __table_args__ = (  # each is a way to search; newest first within it
        Index("ix_audit_at", "at"),
        Index("ix_audit_actor", "actor", "at"),
        Index("ix_audit_action", "action", "at"),
        Index("ix_audit_object", "object_id", "at"),
        Index("ix_audit_department", "department", "at"),
        Index("ix_audit_result", "result", "at"),
    )

    seq: int = Field(sa_column=_number(primary_key=True, autoincrement=False))
    at: datetime = Field(sa_column=_time(nullable=False))
    actor: str  # id of an account; the name is in the account
    kind: str  # person | token | schedule | system
    via: str
    credential: str = ""
    request: str = ""
    action: str  # the event's name, or the permission that was refused
    object_kind: str
    object_id: str
    department: str | None = None
    result: str = "done"  # done | refused | failed
    reason: str = ""
    details: str = Field(default="{}", sa_column=Column(Text, nullable=False))  # canonical JSON: old, new …
    personal: str = "{}"  # canonical JSON: field → salted hash of the value in the side table
    hash: str


class AuditPersonalRow(SQLModel, table=True):
    """A personal value of an entry (address, what was typed as a name): may be erased, the chain still verifies.

    Erased: ``salt`` is empty and ``value`` names the erasure.
    """

    __tablename__ = "audit_personal"

    seq: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    field: str = Field(primary_key=True)
    account: str = Field(default="", index=True)  # whose value it is, where known
    salt: str
    value: str


class AuditHeadRow(SQLModel, table=True):
    """The newest entry (one row): locked while a change appends."""

    __tablename__ = "audit_head"

    id: int = Field(default=1, primary_key=True)
    seq: int = Field(sa_column=Column(BigInteger, nullable=False))
    hash: str


class AuditCheckpointRow(SQLModel, table=True):
    """Entries up to ``seq`` were pruned; the chain goes on from ``hash``. ``signature`` is by the server's key.

    ``segment`` is the SHA-256 of the exported file that holds the ``entries`` pruned at that time.
    """

    __tablename__ = "audit_checkpoint"

    seq: int = Field(sa_column=_number(primary_key=True, autoincrement=False))
    hash: str
    entries: int
    segment: str
    file: str
    at: datetime = Field(default_factory=utc_now, sa_column=_time(nullable=False))
    signature: str
