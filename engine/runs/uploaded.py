"""Files given as values of a run: whose they are, and who may name them.

A value names contents by hash. Hashes are shown (provenance, versions of datasets), so naming one must not open
what it stands for: only who uploaded a file, or may read a run that was given it, may give it to a run.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, select

from engine.access import RUN_READ, SYSTEM, Actor
from engine.errors import Problem
from engine.runs import reading
from engine.store.base import utc_now
from engine.store.tables_data import UPLOADED_FILE
from engine.store.tables_runs import BLOB_REFERENCE

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from engine.engine import Engine

KEPT = timedelta(days=30)  # an uploaded file that no run was given is kept so long
MOST_RUNS = 200


def note(engine: Engine, actor: Actor, blob: str) -> None:
    """Remember who uploaded contents; again: from now on anew."""
    with engine.database.light() as session:
        connection = session.connection()
        table = UPLOADED_FILE
        connection.execute(delete(table).where(table.c.blob == blob, table.c.account == actor.id))
        connection.execute(table.insert().values(blob=blob, account=actor.id, at=utc_now()))


def problems(engine: Engine, actor: Actor, values: Mapping[str, Any]) -> list[Problem]:
    """A problem for each file that this person may not give to a run."""
    wanted = {name: value for name, value in values.items() if isinstance(value, dict) and "blob" in value}
    if not wanted:
        return []
    with engine.database.look() as connection:
        return [
            Problem(
                name,
                f"The file “{value['name']}” is no longer here. Upload it again.",
                "",
                "an uploaded file",
            )
            for name, value in wanted.items()
            if not _may_use(engine, connection, actor, value["blob"])
        ]


def forget_old(connection: Connection) -> None:
    """Let go of uploads that no run was given in time; runs keep what they were given by themselves."""
    connection.execute(delete(UPLOADED_FILE).where(UPLOADED_FILE.c.at < utc_now() - KEPT))


def _may_use(engine: Engine, connection: Connection, actor: Actor, blob: str) -> bool:
    if actor.id == SYSTEM.id:
        return True
    own = select(UPLOADED_FILE.c.blob).where(
        UPLOADED_FILE.c.blob == blob, UPLOADED_FILE.c.account == actor.id
    )
    if connection.execute(own).first() is not None:
        return True
    given = (
        select(BLOB_REFERENCE.c.owner)
        .where(BLOB_REFERENCE.c.blob == blob, BLOB_REFERENCE.c.kind == "run-file")
        .order_by(BLOB_REFERENCE.c.owner.desc())
        .limit(MOST_RUNS)
    )
    runs = reading.resources(connection, [row.owner for row in connection.execute(given)])
    return any(engine.authorizer.decide(actor, RUN_READ, run).allowed for run in runs.values())
