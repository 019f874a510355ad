"""The stamp tells of every commit, also of other processes', so that what is kept in memory is never stale."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from engine.access import LOCAL_ADMIN
from engine.engine import Engine
from engine.events import ModelRegistered
from engine.store.database import Database


def test_it_changes_with_a_commit_of_this_and_of_another_process(engine: Engine) -> None:
    seen = [engine.database.stamp(), engine.database.stamp()]
    assert seen[0] == seen[1]
    other = Database(engine.settings.database_address)
    for database in (engine.database, other):
        with database.change(LOCAL_ADMIN) as change:
            change.emit(ModelRegistered(model="m", version=1))
        seen.append(engine.database.stamp())
    other.close()
    assert len(set(seen)) == 3


def test_an_alias_moved_by_another_process_is_seen_at_once(
    engine: Engine, register: Callable[..., Any], model_folder: Callable[..., Path]
) -> None:
    register(engine, "sum")
    assert engine.catalog.version(LOCAL_ADMIN, "tiny-sum").number == 1
    other = Engine(engine.settings)
    changed = model_folder("sum")
    (changed / "README.md").write_text("# Another version\n", encoding="utf-8")
    assert other.catalog.register(LOCAL_ADMIN, changed, promote=True).number == 2
    other.stop()
    assert engine.catalog.version(LOCAL_ADMIN, "tiny-sum").number == 2
