"""What Alembic runs: the connection is handed over by ``engine.store.migrations.upgrade``."""

from __future__ import annotations

from alembic import context

from engine.store.metadata import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata(),
    render_as_batch=True,
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
