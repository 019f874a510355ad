"""Cancelling as it is noted: a queued run ends at once, a running one is asked to end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select, update

from engine.access import Actor
from engine.errors import Conflict
from engine.runs import states, submission
from engine.store.base import utc_now
from engine.store.database import Change
from engine.store.tables_runs import RUN

if TYPE_CHECKING:
    from engine.engine import Engine


def note(engine: Engine, actor: Actor, run_id: str) -> str:
    """Write down that a run is to end; returns its new state. Raises Conflict when it has ended."""

    def work(change: Change) -> str:
        row = change.connection.execute(select(RUN).where(RUN.c.id == run_id)).one()
        if row.state in states.FINISHED:
            raise Conflict(f"This run has already ended ({row.state.replace('_', ' ')}): nothing to cancel.")
        if row.state == states.CANCELLING:
            return states.CANCELLING
        queued = row.state == states.QUEUED
        new = states.CANCELLED if queued else states.CANCELLING
        states.check_move(row.state, new)
        values = {"finished_at": utc_now(), "error": submission.CANCELLED} if queued else {}
        change.connection.execute(update(RUN).where(RUN.c.id == run_id).values(state=new, **values))
        submission.tell_moved(change, row, new)
        return new

    return engine.database.write(actor, work)
