"""The schema in the migrations is the schema in code; an older program refuses a newer database."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text

from engine.engine import Engine
from engine.errors import Unavailable
from engine.settings import Settings
from engine.store import migrations
from engine.store.database import Database
from engine.store.metadata import metadata


def empty(folder: Path) -> Database:
    return Database(f"sqlite:///{folder / 'q.db'}")


def test_migrations_make_the_tables_in_code(tmp_path: Path) -> None:
    database = empty(tmp_path)
    migrations.upgrade(database, tmp_path)
    assert migrations.difference(database) == [], (
        "the tables in code changed: write a migration with `python -m engine.store.migrations MESSAGE`"
    )
    assert migrations.tables(database) == {*metadata().tables, "alembic_version"}
    assert migrations.current(database) == migrations.HEAD
    assert max(migrations.known()) == migrations.HEAD


def test_a_newer_database_is_refused_in_words(settings: Settings) -> None:
    engine = Engine(settings)
    with engine.database.sql.connect() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        connection.commit()
    engine.stop()
    with pytest.raises(Unavailable, match="older than the one"):
        Engine(settings)


def test_an_older_database_is_copied_before_the_upgrade(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = empty(tmp_path)
    migrations.upgrade(database, tmp_path)
    monkeypatch.setattr(migrations, "HEAD", "0002")
    migrations.upgrade(database, tmp_path)
    (copy,) = (tmp_path / "backups").iterdir()
    assert migrations.tables(Database(f"sqlite:///{copy}")) == migrations.tables(database)
