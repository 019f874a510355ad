"""After a crash: claims of servers that are gone.

Functions (``retry = "safe"``) go back to the queue, at most ``MAX_ATTEMPTS`` times; scripts that were running
end ``interrupted``, because what a script has already done outside cannot be known. A script that was only
``starting`` has done nothing: ``running`` is written, and synced, before the command starts.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row, func, select, update

from engine.access import SYSTEM
from engine.runs import queue, states
from engine.runs.attempt import MAX_ATTEMPTS
from engine.runs.records import canonical
from engine.store.base import utc_now
from engine.store.database import Change
from engine.store.tables_runs import RUN, RUN_ATTEMPT

if TYPE_CHECKING:
    from engine.engine import Engine

logger = logging.getLogger(__name__)
LOST = "The server ended while this run was going on."


def recover(engine: Engine, owner: str, *, everything: bool) -> list[str]:
    """Deal with abandoned claims; returns the ids of the runs.

    ``everything``: the data lock proves that no other server lives, so leases need not run out first.
    """
    before = None if everything else utc_now()
    with engine.database.look() as connection:
        rows = queue.abandoned(connection, owner, before=before)
    if not rows:
        return []

    def work(change: Change) -> list[str]:
        return [row.id for row in rows if _settle(change, row)]

    settled = engine.database.write(SYSTEM, work)
    logger.warning("%d runs of a server that is gone were taken over", len(settled))
    return settled


def _settle(change: Change, row: Row[Any]) -> bool:
    new, values = _decide(change, row)
    values |= {"state": new, "lease_owner": None, "lease_until": None, "fence": row.fence + 1}
    if new != states.QUEUED:
        values["finished_at"] = utc_now()
    connection = change.connection
    states.check_move(row.state, new)
    claimed = RUN.c.id == row.id, RUN.c.fence == row.fence, RUN.c.state == row.state
    if connection.execute(update(RUN).where(*claimed).values(**values)).rowcount != 1:
        return False
    queue.note_attempt(change, row, "lost", LOST)
    queue.tell(change, row, row.state, new)
    return True


def _decide(change: Change, row: Row[Any]) -> tuple[str, dict[str, Any]]:
    if row.state == states.CANCELLING:
        return states.CANCELLED, {"error": _error("cancelled", "The run was cancelled.")}
    if row.retry != "safe" and row.state != states.STARTING:
        sentence = (
            f"{LOST} It is a script, so it was not run again by itself: check what it has already done, "
            "then run it again."
        )
        return states.INTERRUPTED, {"error": _error("interrupted", sentence)}
    lost = select(func.count()).where(RUN_ATTEMPT.c.run_id == row.id, RUN_ATTEMPT.c.outcome == "lost")
    if int(change.connection.execute(lost).scalar() or 0) + 1 >= MAX_ATTEMPTS:
        sentence = (
            f"The server ended {MAX_ATTEMPTS} times while this run was going on; it is not tried again."
        )
        return states.FAILED, {"error": _error("interrupted", sentence)}
    return states.QUEUED, {"progress": None, "progress_text": ""}


def _error(reason: str, sentence: str) -> str:
    return canonical({"reason": reason, "sentence": sentence, "type": "", "trace": ""})
