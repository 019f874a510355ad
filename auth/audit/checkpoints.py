"""Checkpoints: where the chain begins after old entries were exported and removed; signed with the server's key."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, insert, select
from sqlmodel import SQLModel

import engine.store.tables_audit  # noqa: F401 - the table it reads
from auth.audit.chain import at_text, canonical

if TYPE_CHECKING:
    from auth.keys import KeyRing
    from engine.store.database import Database

TABLE = SQLModel.metadata.tables["audit_checkpoint"]
PURPOSE = "quarterdeck audit checkpoint\n"


@dataclass(frozen=True)
class Checkpoint:
    """Entries up to ``seq`` are in exported files; ``segment`` is the SHA-256 of this one's, ``hash`` the chain's."""

    seq: int
    hash: str
    entries: int
    segment: str
    file: str
    at: datetime
    signature: str = ""

    @property
    def signed(self) -> bytes:
        """What the signature is over."""
        content = [self.seq, self.hash, self.entries, self.segment, self.file, at_text(self.at)]
        return (PURPOSE + canonical(content)).encode()


def all_of(database: Database) -> list[Checkpoint]:
    """All checkpoints, oldest first."""
    with database.look() as connection:
        return [
            Checkpoint(**row) for row in connection.execute(select(TABLE).order_by(TABLE.c.seq)).mappings()
        ]


def keep(connection: Connection, keys: KeyRing, point: Checkpoint) -> None:
    """Sign and store a checkpoint in the transaction that removes the entries."""
    row: dict[str, Any] = {
        name: getattr(point, name) for name in ("seq", "hash", "entries", "segment", "file", "at")
    }
    connection.execute(insert(TABLE).values(**row, signature=keys.sign(point.signed)))
