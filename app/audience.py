"""Which events a follower of the stream may hear of: those about objects that they may see."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Callable

from anyio import to_thread

from app import state
from engine.access import PERMISSIONS, SYSTEM_READ, Actor, Resource, Scope
from engine.engine import Engine
from engine.errors import QuarterdeckError
from engine.events import EVENTS
from engine.store.database import EventRow

MOST_RUNS = 2000


class Audience:
    """One follower's rights. What needs a look into the database is looked up once per run."""

    def __init__(self, engine: Engine, actor: Actor) -> None:
        self._engine, self._actor = engine, actor
        self._scopes: dict[str, Scope] = {}
        self._runs: OrderedDict[str, Resource | None] = OrderedDict()

    async def may_hear(self, row: EventRow) -> bool:
        """May the follower know of this event?"""
        permission = needed(row)
        if permission not in self._scopes:
            self._scopes[permission] = self._engine.authorizer.scope(self._actor, permission)
        if self._scopes[permission].departments is None:
            return True
        resource = await self._resource(row)
        return (
            resource is not None and self._engine.authorizer.decide(self._actor, permission, resource).allowed
        )

    async def _resource(self, row: EventRow) -> Resource | None:
        if row.object_kind != "run":
            account = json.loads(row.data).get("account") if '"account"' in row.data else None
            return Resource(row.object_kind, row.object_id, row.department, account)
        if row.object_id not in self._runs:
            self._runs[row.object_id] = await to_thread.run_sync(self._run, row.object_id)
            while len(self._runs) > MOST_RUNS:
                self._runs.popitem(last=False)
        return self._runs[row.object_id]

    def _run(self, run_id: str) -> Resource | None:
        try:
            return self._engine.runs.resource(run_id)
        except QuarterdeckError:
            return None


def needed(row: EventRow) -> str:
    """The right to hear of it: the event's own ``needs``, else to read the object; of unknown kinds the system."""
    event = EVENTS.get(row.name)
    wanted = (event.needs if event is not None else "") or f"{row.object_kind}.read"
    return wanted if wanted in PERMISSIONS else SYSTEM_READ


def still_so(actor: Actor) -> Callable[[], bool]:
    """A question for long streams: does the account hold the same rights as now?

    When it does not, the stream ends; clients connect anew and get what the person may see then.
    """
    try:
        accounts = state.auth().accounts
        first = accounts.actor_of(actor.id)
    except QuarterdeckError:
        return lambda: True  # no account: the machine's own administrator

    def same() -> bool:
        try:
            now = accounts.actor_of(actor.id)
        except QuarterdeckError:
            return False
        return (now.grants, now.shares) == (first.grants, first.shares)

    return same
