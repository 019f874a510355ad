"""Bring the database to the schema of this code: ``upgrade(database, folder)`` at every start.

A database of this schema is left alone (one query). An older one is copied to ``data/backups`` first; a
newer one is refused. ``python -m engine.store.migrations MESSAGE`` writes the next migration from the
difference between the tables in code and an up-to-date database.
"""

from __future__ import annotations

import fcntl
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import inspect, text
from sqlalchemy.exc import OperationalError, ProgrammingError

from engine.errors import Unavailable
from engine.store.base import utc_now
from engine.store.database import Database

if TYPE_CHECKING:
    from alembic.config import Config

FOLDER = Path(__file__).parent


def known() -> set[str]:
    """The revisions that this code has, by file name."""
    return {path.name.split("_")[0] for path in (FOLDER / "versions").glob("[0-9]*.py")}


HEAD = max(known(), default="")


def current(database: Database) -> str | None:
    """The revision the database is at; None for an empty one."""
    with database.read() as session:
        try:
            return session.connection().execute(text("SELECT version_num FROM alembic_version")).scalar()
        except (OperationalError, ProgrammingError):
            return None


def upgrade(database: Database, folder: Path) -> None:
    """Bring the database up to date; ``folder`` is the data folder (lock and backups).

    Raises Unavailable when the database is newer than this code.
    """
    if current(database) == HEAD:
        return
    with (folder / "upgrade.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two commands at once on a new machine
        revision = current(database)
        if revision == HEAD:
            return
        if revision is not None:
            _refuse_newer(revision, folder)
            _copy(database, folder, revision)
        _run(database)


def _refuse_newer(revision: str, folder: Path) -> None:
    if revision not in known():
        raise Unavailable(
            f"The database has schema {revision}, but this program only knows up to {HEAD}: it is older than "
            "the one that last used this data folder. Install that version again, or restore a copy from "
            f"{folder / 'backups'}."
        )


def _copy(database: Database, folder: Path, revision: str) -> None:
    if not database.is_sqlite:
        return  # PostgreSQL has its own backups: the administrator guide says so
    backups = folder / "backups"
    backups.mkdir(exist_ok=True)
    target = backups / f"schema-{revision}-{utc_now():%Y%m%dT%H%M%S}.db"
    source_path = str(database.sql.url.database)
    with closing(sqlite3.connect(source_path)) as source, closing(sqlite3.connect(target)) as copy:
        source.backup(copy)


def _run(database: Database) -> None:
    from alembic import command

    with database.sql.connect() as connection:
        if database.is_sqlite:
            # tables are rebuilt by copying; references are checked again when that is done
            connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        command.upgrade(config(connection), "head")
        connection.commit()
        if database.is_sqlite:
            connection.exec_driver_sql("PRAGMA foreign_keys=ON")


def config(connection: Any) -> Config:
    """Alembic's configuration, without a file."""
    from alembic.config import Config

    made = Config()
    made.set_main_option("script_location", str(FOLDER))
    made.attributes["connection"] = connection
    return made


def difference(database: Database) -> list[Any]:
    """What the tables in code and those in the database do not agree on."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    from engine.store.metadata import metadata

    with database.sql.connect() as connection:
        return list(compare_metadata(MigrationContext.configure(connection), metadata()))


def tables(database: Database) -> set[str]:
    """Names of the tables that are there."""
    return set(inspect(database.sql).get_table_names())
