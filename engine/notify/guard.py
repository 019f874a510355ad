"""A notice is never worth a failed change: what goes wrong while one is made is logged and undone, nothing else."""

from __future__ import annotations

import logging
from collections.abc import Callable

from engine.store.database import Change

logger = logging.getLogger(__name__)


def guarded(change: Change, what: str, work: Callable[[], None]) -> None:
    """Make notices within a savepoint of the change (PostgreSQL would otherwise refuse the rest of it)."""
    change.session.connection()  # the session must belong to the whole change, not to the savepoint
    try:
        with change.connection.begin_nested():
            work()
            change.session.flush()
    except Exception:
        logger.exception("no notice could be made of %s", what)
