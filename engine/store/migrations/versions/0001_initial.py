"""The first tables."""

from __future__ import annotations

from alembic import op

from engine.store.metadata import metadata

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create all tables (frozen into explicit statements before the first release)."""
    metadata().create_all(op.get_bind())


def downgrade() -> None:
    """Going back is done from the copy taken before the upgrade."""
    raise NotImplementedError("restore the copy in data/backups")
