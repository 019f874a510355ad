"""A log with entries of every kind, made once, and copies of it that a test may tamper with."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from auth.audit.checking import walk
from auth.audit.findings import Known, Walked
from auth.service import Auth, opened
from engine.access import COMPANY, LOCAL_ADMIN, RUN_CREATE, SYSTEM, Actor, Grant, Resource
from engine.errors import Refused
from engine.events import AliasMoved, ContentsSwept, ModelRegistered, RunStateChanged
from engine.settings import Settings
from engine.store.database import Database

ADA = Actor(
    "ada", name="Ada", grants=frozenset({Grant("modeller")}), via="api", address="192.0.2.7", credential="s1"
)
BOB = Actor(
    "bob", name="Bob", grants=frozenset({Grant("viewer", "Marketing")}), via="page", address="192.0.2.8"
)


@pytest.fixture
def auth(settings: Settings) -> Iterator[Auth]:
    """An engine with everything of ``auth``, on fresh data."""
    made = opened(settings)
    yield made
    made.engine.stop()


def move(auth: Auth, who: Actor = ADA, number: int = 1, **more: Any) -> None:
    """A change that makes one entry."""
    told = AliasMoved(
        model=f"model-{number}", alias="live", old=number, new=number + 1, reason="better", **more
    )
    with auth.engine.database.change(who) as change:
        change.emit(told, department="Marketing")


def refuse(auth: Auth, who: Actor = BOB, kind: str = "model", name: str = "secret-model") -> None:
    """A refusal."""
    from engine.access import require

    with pytest.raises(Refused):
        require(
            auth.engine.authorizer, who, RUN_CREATE, Resource(kind, name, "Marketing"), auth.engine.auditor
        )


def fill(auth: Auth, times: int = 4) -> None:
    """Entries of several kinds, with and without personal values, one or more in a transaction."""
    for number in range(times):
        move(auth, ADA, number)
        move(auth, replace(BOB, on_behalf_of="ada"), number)
        with auth.engine.database.change(SYSTEM) as change:
            change.emit(ContentsSwept(blobs=number, bytes=10))
            change.emit(ModelRegistered(model=f"model-{number}", version=number), department="Procurement")
        with auth.engine.database.change(replace(LOCAL_ADMIN, request_id="r")) as change:
            change.emit(RunStateChanged(run=f"run-{number}", model="“ä” 🙂", old="", new="queued"))
    refuse(auth)
    auth.audit.refused(BOB, "audit.read", COMPANY, "no role")
    auth.audit.settle()


@dataclass(frozen=True)
class Copy:
    """A copy of a log's database: ``run`` statements on it, then ``walk``."""

    path: Path

    def run(self, statement: str, *values: Any) -> None:
        """One statement, past Quarterdeck."""
        with closing(sqlite3.connect(self.path)) as connection, connection:
            connection.execute(statement, values)

    def rows(self, statement: str, *values: Any) -> list[Any]:
        """What a query gives."""
        with closing(sqlite3.connect(self.path)) as connection:
            return connection.execute(statement, values).fetchall()

    def walk(self, known: Known | None = None) -> Walked:
        """Walk the chain of the copy."""
        database = Database(f"sqlite:///{self.path}")
        try:
            return walk(database, known or Known())
        finally:
            database.close()


@pytest.fixture(scope="session")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The database of a log with about thirty entries, somebody's values erased among them."""
    folder = tmp_path_factory.mktemp("audit-original")
    auth = opened(Settings(data_folder=folder))
    fill(auth)
    move(auth, replace(ADA, id="eve", address="198.51.100.9"))
    auth.audit.forget("eve", reason="asked for it")
    fill(auth, 2)
    auth.engine.stop()
    source = folder / "quarterdeck.db"
    target = folder / "whole.db"
    with closing(sqlite3.connect(source)) as one, closing(sqlite3.connect(target)) as other:
        one.backup(other)
        other.execute("PRAGMA journal_mode=DELETE")
    return target


@pytest.fixture(scope="session")
def copies(original: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Copy]:
    """Make a copy of the log to tamper with."""
    folder = tmp_path_factory.mktemp("audit-copies")
    whole = original.read_bytes()

    def make() -> Copy:
        path = folder / "copy.db"
        for suffix in ("-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        path.write_bytes(whole)
        return Copy(path)

    return make
