"""Appending to the chain, in the transaction of the change that the entries tell of."""

from __future__ import annotations

import weakref
from typing import Any

from sqlalchemy import Connection, insert, text
from sqlmodel import SQLModel

import engine.store.tables_audit  # noqa: F401 - the tables it writes
from auth.audit.chain import GENESIS
from auth.audit.entries import Draft, of_event
from auth.audit.events import AuditDamaged
from engine.access import SYSTEM
from engine.store.base import utc_now

_tables = SQLModel.metadata.tables
_AUDIT, _PERSONAL = insert(_tables["audit"]), insert(_tables["audit_personal"])
_HEAD = "SELECT seq, hash FROM audit_head WHERE id = 1"
_LAST = "SELECT max(seq) FROM audit"
_NO_HEAD = text("INSERT INTO audit_head (id, seq, hash) VALUES (1, 0, :hash) ON CONFLICT (id) DO NOTHING")
_NEW_HEAD = text("UPDATE audit_head SET seq = :seq, hash = :hash WHERE id = 1")
_HASH = text("SELECT hash FROM audit WHERE seq = :seq")


class ChainWriter:
    """Gives entries their places. The record of the newest entry (``audit_head``) is read and locked last thing
    before the commit: SQLite has one writer anyway, PostgreSQL holds that one row's lock until the commit.
    """

    def __init__(self) -> None:
        self._seen: tuple[int, str] = (0, GENESIS)  # the newest entry known to be committed
        self._transaction: weakref.ref[Any] | None = None

    def append(self, connection: Connection, drafts: list[Draft]) -> None:
        """Write entries behind the newest one."""
        if not drafts:
            return
        seq, before, damage = self._head(connection)
        if damage:
            told = AuditDamaged(reason=damage)
            drafts = [of_event(SYSTEM, told, None), *drafts]
        now = utc_now()
        rows: list[dict[str, Any]] = []
        side: list[dict[str, Any]] = []
        for draft in drafts:
            seq += 1
            row, personal = draft.placed(seq, now, before)
            before = row["hash"]
            rows.append(row)
            side += personal
        connection.execute(_AUDIT, rows)
        if side:
            connection.execute(_PERSONAL, side)
        connection.execute(_NEW_HEAD, {"seq": seq, "hash": before})

    def _head(self, connection: Connection) -> tuple[int, str, str]:
        """The entry to follow, and what is wrong with the log's end, if anything is.

        Nothing is ever mended silently: where the end was cut off, new entries go on after the last number that
        was ever given out, so that the gap stays visible to ``verify``.
        """
        lock = "" if connection.dialect.name == "sqlite" else " FOR UPDATE"
        head = connection.exec_driver_sql(_HEAD + lock).one_or_none()
        lost = head is None
        if head is None:
            connection.execute(_NO_HEAD, {"hash": GENESIS})
            head = connection.exec_driver_sql(_HEAD + lock).one()
        last = connection.exec_driver_sql(_LAST).scalar() or 0
        found = (int(head.seq), str(head.hash))
        if found[0] == last and found[0] >= self._seen[0]:
            self._remember(connection, found)
            return *found, ""
        return *self._after_damage(connection, found, int(last)), _damage(found[0], last, self._seen[0], lost)

    def _after_damage(self, connection: Connection, head: tuple[int, str], last: int) -> tuple[int, str]:
        ends = [head, self._seen]
        if last:
            ends.append((last, str(connection.execute(_HASH, {"seq": last}).scalar_one())))
        return max(ends, key=lambda end: end[0])

    def _remember(self, connection: Connection, head: tuple[int, str]) -> None:
        """Keep what the transaction found when it began: that is committed, its own entries are not yet."""
        transaction = connection.get_transaction()
        if transaction is None or (self._transaction and self._transaction() is transaction):
            return
        self._seen, self._transaction = head, weakref.ref(transaction)


def _damage(head: int, last: int, seen: int, lost: bool) -> str:
    if lost:
        return f"The record of the newest entry was missing while entries up to {last} were there."
    if seen > max(head, last):
        return f"Entries {max(head, last) + 1} to {seen} had been removed from the end of the log."
    return f"The record of the newest entry named {head}, but the last entry there was {last}."
