"""What Alembic runs: the connection is handed over by ``engine.store.migrations.upgrade``."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from sqlmodel.sql.sqltypes import AutoString

from engine.store.base import UtcDateTime
from engine.store.metadata import metadata


def plain(kind: str, item: Any, made: Any) -> str | Literal[False]:
    """Write types in words that stay true when the classes of today are gone."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, AutoString):
        return "sa.String()"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata(),
    render_as_batch=True,
    transaction_per_migration=False,
    render_item=plain,
)
with context.begin_transaction():
    context.run_migrations()
