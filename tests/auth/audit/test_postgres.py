"""The same chain on PostgreSQL: several connections wait for each other at the record of the newest entry."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from auth.audit import personal, prune, verify
from auth.audit.search import Search
from auth.service import Auth, opened
from engine.access import LOCAL_ADMIN, SYSTEM
from engine.settings import Settings
from engine.store.base import utc_now

from .conftest import ADA, BOB, fill, move

pytestmark = pytest.mark.slow


@pytest.fixture
def auth(settings: Settings, postgres: str) -> Iterator[Auth]:
    """An engine on an empty database of a PostgreSQL server."""
    made = opened(settings.model_copy(update={"database_url": postgres}))
    yield made
    made.engine.stop()


def test_many_threads_append_one_chain(auth: Auth) -> None:
    def work(number: int) -> None:
        for _ in range(15):
            move(auth, ADA if number % 2 else BOB, number)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = verify.verify(auth)
    assert (found.entries, found.findings.listed) == (90, [])


def test_erasing_expiring_pruning_and_searching(auth: Auth, tmp_path: Path) -> None:
    fill(auth)
    auth.audit.forget("ada", reason="asked for it")
    auth.audit.anchor(LOCAL_ADMIN)
    assert verify.verify(auth).findings.listed == []
    personal.expire(auth, -1)
    done = prune.prune(auth, SYSTEM, utc_now() + timedelta(days=1))
    move(auth)
    found = verify.verify(auth)
    assert found.findings.listed == []
    assert found.pruned == done.through > 10
    assert [e.object_id for e in auth.audit.search(LOCAL_ADMIN, Search(person="ada")).entries] == ["model-1"]
    assert auth.audit.departments(LOCAL_ADMIN) == ["Marketing"]
    assert set(auth.audit.people(LOCAL_ADMIN)) >= {"ada", "system"}
    assert b"".join(auth.audit.export(LOCAL_ADMIN, Search(), "csv")).count(b"\n") == 5


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET reason = 'x' WHERE seq = 3",
        "UPDATE audit SET at = at + interval '1 microsecond' WHERE seq = 3",
        "UPDATE audit SET department = NULL WHERE seq = 1",
        "DELETE FROM audit WHERE seq = 3",
        "DELETE FROM audit_head",
        "UPDATE audit_personal SET value = 'x' WHERE seq = 1",
    ],
)
def test_tampering_is_found(auth: Auth, statement: str) -> None:
    fill(auth, 2)
    assert verify.verify(auth).ok
    with auth.engine.database.sql.begin() as connection:
        connection.exec_driver_sql(statement)
    assert not verify.verify(auth).ok


def test_a_removed_end_stays_a_gap(auth: Auth) -> None:
    for number in range(6):
        move(auth, ADA, number)
    with auth.engine.database.sql.begin() as connection:
        connection.exec_driver_sql("DELETE FROM audit WHERE seq > 4")
    move(auth)
    assert any("Entries 5 to 6 are missing" in f.sentence for f in verify.verify(auth).findings.listed)
