"""The audit log of one database: what appends to the chain."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, insert, text
from sqlmodel import SQLModel

import engine.store.tables_audit  # noqa: F401 - the tables it writes
from auth.audit.chain import GENESIS
from auth.audit.entries import Draft, of_event
from auth.audit.events import AuditDamaged
from auth.audit.refusals import Refusals
from engine.access import SYSTEM, Actor, Resource
from engine.events import Event
from engine.store.base import utc_now

if TYPE_CHECKING:
    from auth.service import Auth
    from engine.store.database import Change

_tables = SQLModel.metadata.tables
_AUDIT, _PERSONAL = insert(_tables["audit"]), insert(_tables["audit_personal"])
_HEAD = "SELECT seq, hash FROM audit_head WHERE id = 1"
_LAST = "SELECT max(seq) FROM audit"
_NO_HEAD = text("INSERT INTO audit_head (id, seq, hash) VALUES (1, 0, :hash) ON CONFLICT (id) DO NOTHING")
_NEW_HEAD = text("UPDATE audit_head SET seq = :seq, hash = :hash WHERE id = 1")
_HASH = text("SELECT hash FROM audit WHERE seq = :seq")


class AuditLog:
    """Implements the engine's ``Auditor``: entries of changes in their own transaction, refusals by themselves."""

    def __init__(self, auth: Auth) -> None:
        self.auth = auth
        self.engine = auth.engine
        self._seen: tuple[int, str] = (0, GENESIS)  # the newest entry known to be committed
        self._transaction: weakref.ref[Any] | None = None
        self._refusals = Refusals(self._write_refusals)

    # ---- the engine's Auditor

    def append(self, connection: Connection, told: Sequence[tuple[Actor, Event, str | None]]) -> None:
        """Write the entries of a change in its own transaction, before its commit."""
        server = self.engine.is_server
        drafts = [of_event(actor, event, department, server=server) for actor, event, department in told]
        self._chain(connection, drafts)

    def refused(self, actor: Actor, permission: str, resource: Resource | None, reason: str) -> None:
        """Note a refusal: written within moments by another thread; a flood as one entry a minute."""
        self._refusals.note(actor, permission, resource, reason, server=self.engine.is_server)

    def note(self, actor: Actor, event: Event, *, department: str | None = None) -> None:
        """Tell of something that changed no row (a sign-in that failed): event and entry by themselves."""
        self.engine.database.write(actor, lambda change: change.emit(event, department=department))

    def settle(self) -> None:
        """Wait until noted refusals are written."""
        self._refusals.settle()

    def start(self) -> None:
        """The server runs."""

    def close(self) -> None:
        """Write what is still in memory."""
        self._refusals.close()

    # ---- the chain

    def _write_refusals(self, drafts: list[Draft]) -> None:
        def work(change: Change) -> None:
            self._chain(change.connection, drafts)

        self.engine.database.write(SYSTEM, work)

    def _chain(self, connection: Connection, drafts: list[Draft]) -> None:
        if not drafts:
            return
        seq, before, damage = self._head(connection)
        if damage:
            told = AuditDamaged(reason=damage)
            drafts = [of_event(SYSTEM, told, None, server=True), *drafts]
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
