"""The database: where it is, whether it answers, and which schema it has."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from engine.doctor.finding import Finding
from engine.settings import Settings

SCHEMA = "SELECT version_num FROM alembic_version"
CREATE = "Run ./quarterdeck setup (or up): it creates the database."


def database(settings: Settings) -> Finding:
    """Look at the database without creating or changing it."""
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        address = make_url(settings.database_address)
    except ArgumentError:
        remedy = "Write QUARTERDECK_DATABASE_URL as postgresql+psycopg://USER:PASSWORD@HOST/NAME or leave it unset."
        return Finding(False, "the database address cannot be read", remedy, {"reachable": False})
    shown = address.render_as_string(hide_password=True)
    if address.get_backend_name() == "sqlite":
        return _judge(shown, *_sqlite(Path(address.database or "")))
    return _judge(shown, *_server(settings.database_address))


def active_accounts(settings: Settings) -> int | None:
    """How many people can sign in; None where the database does not tell."""
    from sqlalchemy import create_engine, text
    from sqlalchemy.exc import SQLAlchemyError

    address = settings.database_address
    if address.startswith("sqlite") and not Path(address.partition("///")[2]).exists():
        return None
    try:
        with closing(create_engine(address).connect()) as connection:
            query = "SELECT count(*) FROM account WHERE state = 'active'"
            return int(connection.execute(text(query)).scalar_one())
    except SQLAlchemyError:
        return None


def _judge(shown: str, reachable: bool, schema: str | None, trouble: str) -> Finding:
    from engine.store.migrations import HEAD, known

    figures: dict[str, Any] = {
        "path": shown,
        "reachable": reachable,
        "schema": schema,
        "schema_of_program": HEAD,
    }
    if trouble:
        return Finding(False, f"{shown}: {trouble}", CREATE if not reachable else "", figures)
    if schema is None:
        return Finding(False, f"{shown} holds no tables yet", CREATE, figures)
    if schema not in known():
        remedy = "Install the version of Quarterdeck that last used this data folder, or a newer one."
        return Finding(False, f"schema {schema} is newer than this program ({HEAD})", remedy, figures)
    if schema != HEAD:
        return Finding(
            True,
            f"{shown}, schema {schema}: upgraded to {HEAD} (after a copy) at the next start",
            "",
            figures,
        )
    return Finding(True, f"{shown}, schema {schema}", figures=figures)


def _sqlite(file: Path) -> tuple[bool, str | None, str]:
    if not file.exists():
        return False, None, "not created yet"
    try:
        with closing(
            sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True, timeout=5)
        ) as connection:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
            try:
                row = connection.execute(SCHEMA).fetchone()
            except sqlite3.OperationalError:
                return True, None, ""
    except sqlite3.Error as error:
        return True, None, f"cannot be read ({error}); restore a copy from the folder backups beside it"
    return True, row[0] if row else None, ""


def _server(address: str) -> tuple[bool, str | None, str]:
    from sqlalchemy import create_engine, text
    from sqlalchemy.exc import ProgrammingError, SQLAlchemyError

    try:
        engine = create_engine(address, connect_args={"connect_timeout": 5})
        with closing(engine.connect()) as connection:
            try:
                return True, connection.execute(text(SCHEMA)).scalar(), ""
            except ProgrammingError:
                return True, None, ""
    except (SQLAlchemyError, ImportError) as error:
        return False, None, f"not reachable ({str(error).splitlines()[0][:200]})"
