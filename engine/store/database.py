"""The database: two connections' worth of durability and one transaction per change.

A state change and its event rows commit together with ``synchronous=FULL``; heartbeats, progress and
log offsets use ``light()`` (``NORMAL``), where losing the last second in a power cut costs nothing.

SQLite has one writer at a time and its own waiting sleeps up to 100 ms between tries, so writers of this
process take turns by a lock of ours (``_Turn``); ``write`` lets small changes of many threads share a commit.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any, TypeVar

from sqlalchemy import Connection, create_engine, event
from sqlalchemy import Engine as SqlEngine
from sqlalchemy.exc import OperationalError
from sqlmodel import Session

from engine.access import Actor, Auditor
from engine.errors import Unavailable
from engine.events import Event
from engine.store.event_rows import INSERT_EVENT, columns
from engine.store.event_rows import EventRow as EventRow
from engine.store.event_rows import event_row as event_row
from engine.store.group import Group

T = TypeVar("T")
logger = logging.getLogger(__name__)

Listener = Callable[[EventRow], None]
Reaction = Callable[["Change", Event, str | None], None]


class Change:
    """An open transaction: ``session`` for the rows, ``emit`` for the events that commit with them.

    ``connection`` is the same transaction for SQLAlchemy Core; a session is only made when asked for.
    """

    def __init__(self, connection: Connection, actor: Actor, auditor: Auditor | None = None) -> None:
        self.connection = connection
        self.actor = actor
        self.rows: list[EventRow] = []
        self._auditor = auditor
        self._told: list[tuple[Actor, Event, str | None]] = []
        self.reactions: Sequence[Reaction] = ()
        self.afterwards: list[Callable[[], None]] = []  # called after the commit, never otherwise
        self._session: Session | None = None

    @property
    def session(self) -> Session:
        """A session over this transaction."""
        if self._session is None:
            self._session = Session(self.connection, expire_on_commit=False)
        return self._session

    def emit(self, event: Event, *, department: str | None = None) -> EventRow:
        """Add an event row to the transaction; listeners hear of it after the commit."""
        row = event_row(event, self.actor, department)
        self.rows.append(row)
        if event.audited_for(self.actor.kind):
            self._told.append((self.actor, event, department))
        for react in self.reactions:
            react(self, event, department)
        return row

    def audit(self, actor: Actor, event: Event, *, department: str | None = None) -> None:
        """An audit entry without an event row: for what would flood those who follow events."""
        self._told.append((actor, event, department))

    def flush(self) -> None:
        """Write the event rows and audit entries (the database calls this last thing before the commit)."""
        if self._session is not None:
            self._session.flush()
        if self.rows:
            self.connection.execute(INSERT_EVENT, [columns(row) for row in self.rows])
        if self._told and self._auditor is not None:
            self._auditor.append(self.connection, self._told)

    def close(self) -> None:
        """Let go of the session, if there was one."""
        if self._session is not None:
            self._session.close()


class Database:
    """Opens the configured database and hands out sessions."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.auditor: Auditor | None = None
        # called for each event inside its transaction: what they write commits with it (notices)
        self.reactions: list[Reaction] = []
        self.sql = _create(address, "FULL")
        self._light = _create(address, "NORMAL")
        self._listeners: list[Listener] = []
        self._stamping = threading.Lock()
        self._watcher: sqlite3.Connection | None = None
        self._turn = _Turn()
        self._group = Group(self)

    @property
    def is_sqlite(self) -> bool:
        """SQLite (one server) rather than PostgreSQL (several)."""
        return self.sql.dialect.name == "sqlite"

    @contextmanager
    def change(self, actor: Actor) -> Iterator[Change]:
        """One transaction: commits on leaving, rolls back on an exception, then tells the listeners.

        Raises Unavailable when the disk is full or the database stays busy; then nothing was saved.
        """
        with self._writing(self.sql) as connection:
            change = Change(connection, actor, self.auditor)
            change.reactions = self.reactions
            try:
                yield change
                change.flush()
            finally:
                change.close()
        for work in change.afterwards:
            work()
        self.tell(*change.rows)

    def write(self, actor: Actor, work: Callable[[Change], T]) -> T:
        """Run a small change; changes that other threads bring meanwhile share its commit.

        ``work`` must only touch the database through the change it is given: it may be run a second time
        (alone) when another one of the same commit failed.
        """
        return self._group.run(actor, work)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session for reading; nothing is committed."""
        with Session(self.sql, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def look(self) -> Iterator[Connection]:
        """A connection for reading with SQLAlchemy Core: what hot paths use instead of ``read``."""
        with self.sql.connect() as connection:
            yield connection

    @contextmanager
    def light(self) -> Iterator[Session]:
        """A transaction for progress and heartbeats: committed, but not synced at once."""
        with self._writing(self._light) as connection, Session(connection, expire_on_commit=False) as session:
            yield session
            session.flush()

    def tell(self, *rows: EventRow) -> None:
        """Call every listener with each row; also for passing news that is not stored (progress)."""
        for listener in list(self._listeners):
            for row in rows:
                try:
                    listener(row)
                except Exception:  # what is committed stays committed, whatever a listener makes of it
                    logger.exception("a listener failed on event %s of %s", row.name, row.object_id)

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call ``listener`` after each commit with every event row; returns the way to stop it.

        Listeners run in the thread that committed: they must be quick and must not write themselves.
        """
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def stamp(self) -> int | None:
        """A number that changes with every commit of any process (5 µs); None where the database has no such thing.

        What was looked up under one stamp holds as long as the stamp is the same.
        """
        if not self.is_sqlite:
            return None
        with self._stamping:
            if self._watcher is None:
                path = self.sql.url.database or ":memory:"
                self._watcher = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            return int(self._watcher.execute("PRAGMA data_version").fetchone()[0])

    def close(self) -> None:
        """Close all connections."""
        with self._stamping:
            watcher, self._watcher = self._watcher, None
            if watcher is not None:
                watcher.close()
        self.sql.dispose()
        self._light.dispose()

    @contextmanager
    def _writing(self, sql: SqlEngine) -> Iterator[Connection]:
        with self._turn if self.is_sqlite else nullcontext(), sql.connect() as connection:
            try:
                if self.is_sqlite:
                    connection.exec_driver_sql("BEGIN IMMEDIATE")
                else:
                    connection.begin()  # else a session would begin the transaction, and end it when it closes
                yield connection
                connection.commit()
            except OperationalError as failure:
                raise _explained(failure) from failure


def _explained(failure: OperationalError) -> Exception:
    """The sentence for what a person can mend; anything else stays what it is."""
    text = str(failure.orig)
    if "disk is full" in text or "disk I/O error" in text:
        return Unavailable(
            "The data folder's disk is full: nothing was saved. Free some space and try again."
        )
    if "database is locked" in text:
        return Unavailable("The database was busy for more than 30 seconds, so nothing was saved. Try again.")
    return failure


class _Turn:
    """The right to write, one thread at a time; asking for it twice in one thread is a programming error."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._owner: int | None = None

    def __enter__(self) -> None:
        me = threading.get_ident()
        if self._owner == me:
            raise RuntimeError("a change inside a change: use the one that is open")
        self._lock.acquire()
        self._owner = me

    def __exit__(self, *_: object) -> None:
        self._owner = None
        self._lock.release()


def _create(address: str, synchronous: str) -> SqlEngine:
    if not address.startswith("sqlite"):
        return create_engine(address, pool_pre_ping=True)
    arguments = {"check_same_thread": False, "timeout": 30}
    sql = create_engine(address, connect_args=arguments, pool_size=20, max_overflow=40)
    pragmas = ("journal_mode=WAL", f"synchronous={synchronous}", "foreign_keys=ON", "busy_timeout=30000")

    @event.listens_for(sql, "connect")
    def _pragmas(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # transactions are begun by us, not guessed by the driver
        cursor = connection.cursor()
        for pragma in pragmas:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    return sql
