"""Why contents are kept: rows written in the transaction that publishes them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, delete
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session

from engine.store.tables_runs import BLOB_REFERENCE


def refer(session: Session | Connection, kind: str, owner: str, blobs: Iterable[str]) -> None:
    """Keep these contents for this owner (``kind``: run-output, run-input, dataset, model-version …)."""
    rows = [{"blob": blob, "kind": kind, "owner": owner} for blob in dict.fromkeys(blobs)]
    if rows:
        connection = session if isinstance(session, Connection) else session.connection()
        insert: Any = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
        connection.execute(insert(BLOB_REFERENCE).on_conflict_do_nothing(), rows)


def release(session: Session | Connection, kind: str, owner: str) -> None:
    """This owner no longer needs what it referred to under this kind."""
    connection = session if isinstance(session, Connection) else session.connection()
    connection.execute(
        delete(BLOB_REFERENCE).where(BLOB_REFERENCE.c.kind == kind, BLOB_REFERENCE.c.owner == owner)
    )
