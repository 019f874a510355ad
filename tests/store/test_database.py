"""Transactions: events commit with the change, writers take turns, small changes share a commit."""

from __future__ import annotations

import threading
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import StatementError

from engine.access import LOCAL_ADMIN
from engine.events import ContentsSwept
from engine.settings import Settings
from engine.store import migrations
from engine.store.base import utc_now
from engine.store.database import Change, Database, EventRow
from engine.store.tables_runs import DRAFT


@pytest.fixture
def database(tmp_path: Path) -> Database:
    made = Database(f"sqlite:///{tmp_path / 'q.db'}")
    migrations.upgrade(made, tmp_path)
    return made


def swept(n: int) -> ContentsSwept:
    return ContentsSwept(blobs=n, bytes=0)


def count(database: Database) -> int:
    with database.look() as connection:
        return int(connection.execute(select(func.count()).select_from(EventRow)).scalar() or 0)


def emit_and_fail(database: Database) -> None:
    with database.change(LOCAL_ADMIN) as change:
        change.emit(swept(1))
        raise ValueError("no")


def test_an_exception_undoes_the_change_and_its_events(database: Database) -> None:
    heard: list[str] = []
    database.listen(lambda row: heard.append(row.name))
    with pytest.raises(ValueError, match="no"):
        emit_and_fail(database)
    assert (count(database), heard) == (0, [])
    with database.change(LOCAL_ADMIN) as change:
        change.emit(swept(1))
    assert (count(database), heard) == (1, ["contents-swept"])


def test_rows_and_events_of_a_session_commit_together(database: Database) -> None:
    with database.change(LOCAL_ADMIN) as change:
        change.session.add(EventRow(name="x", actor="a", object_kind="k", object_id="1", data="{}"))
        change.emit(swept(1))
    assert count(database) == 2


def test_a_failing_listener_does_not_undo_what_is_committed(database: Database) -> None:
    def broken(row: EventRow) -> None:
        raise RuntimeError("listener")

    database.listen(broken)
    with database.change(LOCAL_ADMIN) as change:
        change.emit(swept(1))
    assert count(database) == 1


def test_a_change_inside_a_change_is_a_programming_error(database: Database) -> None:
    with pytest.raises(RuntimeError, match="inside"), database.change(LOCAL_ADMIN), database.light():
        pass


def test_changes_of_many_threads_share_commits_and_fail_alone(database: Database) -> None:
    results: dict[int, object] = {}

    def one(n: int) -> None:
        def work(change: Change) -> int:
            if n % 7 == 0:
                raise ValueError(f"no {n}")
            change.emit(swept(n))
            return n

        try:
            results[n] = database.write(LOCAL_ADMIN, work)
        except ValueError as failure:
            results[n] = str(failure)

    threads = [threading.Thread(target=one, args=(n,)) for n in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == {n: n if n % 7 else f"no {n}" for n in range(50)}
    assert count(database) == sum(1 for n in range(50) if n % 7)


def test_naive_times_are_refused(database: Database) -> None:
    row = {"actor": "a", "model": "m", "page": "p", "contents": "{}", "updated_at": datetime(2026, 1, 1)}
    with pytest.raises(StatementError, match="no time zone"), database.light() as session:
        session.connection().execute(DRAFT.insert().values(row))
    with database.light() as session:
        session.connection().execute(DRAFT.insert().values(row | {"updated_at": utc_now()}))
    with database.look() as connection:
        assert connection.execute(select(DRAFT.c.updated_at)).scalar_one().tzinfo is not None


def test_changes_are_synced_and_progress_is_not(settings: Settings, database: Database) -> None:
    with database.change(LOCAL_ADMIN) as change:
        assert change.connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
    with database.light() as session:
        assert session.connection().exec_driver_sql("PRAGMA synchronous").scalar() == 1
