"""Holds: who wants a run's outputs kept beyond the time that the retention rule gives them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete

from engine.access import RUN_HOLD, Actor, Resource, require, service
from engine.events import RunHeld, RunReleased
from engine.store.base import utc_now
from engine.store.tables_runs import RUN_HOLD as HOLDS

if TYPE_CHECKING:
    from engine.engine import Engine


def of_run(self: Any, actor: Actor, run_id: str, *_: Any, **__: Any) -> Resource:
    """The run that a method's first argument names, for its guard."""
    found: Resource = self.resource(run_id)
    return found


class Keeping:
    """The part of ``Runs`` that deals with holds."""

    engine: Engine

    def resource(self, run_id: str) -> Resource:
        """The run as far as rights are concerned."""
        raise NotImplementedError

    @service(RUN_HOLD, on=of_run)
    def hold(self, actor: Actor, run_id: str, *, holder: str | None = None, reason: str = "") -> None:
        """Keep a run's outputs beyond their time; ``holder`` (default: this person) names who wants it."""
        with self.engine.database.change(actor) as change:
            who = self._holder(actor, run_id, holder)
            connection = change.connection
            connection.execute(delete(HOLDS).where(HOLDS.c.run_id == run_id, HOLDS.c.holder == who))
            row = {"run_id": run_id, "holder": who, "reason": reason, "at": utc_now()}
            connection.execute(HOLDS.insert().values(row))
            change.emit(RunHeld(run=run_id, holder=who, reason=reason), department=self._department(run_id))

    @service(RUN_HOLD, on=of_run)
    def unhold(self, actor: Actor, run_id: str, *, holder: str | None = None) -> None:
        """Take a hold away; others stay."""
        who = self._holder(actor, run_id, holder)
        with self.engine.database.change(actor) as change:
            statement = delete(HOLDS).where(HOLDS.c.run_id == run_id, HOLDS.c.holder == who)
            if change.connection.execute(statement).rowcount:
                change.emit(RunReleased(run=run_id, holder=who), department=self._department(run_id))

    def _holder(self, actor: Actor, run_id: str, holder: str | None) -> str:
        """Who wants it kept. In another's name only with the right to all runs there, not by owning this one."""
        own = f"person:{actor.id}"
        if holder in (None, own):
            return own
        whole = replace(self.resource(run_id), owner=None)
        require(self.engine.authorizer, actor, RUN_HOLD, whole, self.engine.auditor)
        return str(holder)

    def _department(self, run_id: str) -> str | None:
        return self.resource(run_id).department
