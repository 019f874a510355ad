"""Group commit: small changes that threads bring at the same time share one synced transaction."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from engine.access import Actor

if TYPE_CHECKING:
    from engine.store.database import Change, Database

T = TypeVar("T")
MOST = 64  # changes in one commit


class _Item:
    """One caller's work, and what became of it."""

    def __init__(self, actor: Actor, work: Callable[[Change], Any]) -> None:
        self.actor, self.work = actor, work
        self.done = False
        self.result: Any = None
        self.failure: BaseException | None = None


class Group:
    """Group commit without a thread of its own: whoever gets the lock commits for all that wait."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lead = threading.Lock()
        self._waiting: deque[_Item] = deque()

    def run(self, actor: Actor, work: Callable[[Change], T]) -> T:
        """Run the work in the next commit and return what it returned, or raise what it raised."""
        item = _Item(actor, work)
        self._waiting.append(item)
        with self._lead:
            while not item.done:
                self._commit([self._waiting.popleft() for _ in range(min(len(self._waiting), MOST))])
        if item.failure is not None:
            raise item.failure
        result: T = item.result
        return result

    def _commit(self, batch: list[_Item]) -> None:
        try:
            self._together(batch)
        except Exception as failure:
            if len(batch) == 1:
                batch[0].failure, batch[0].done = failure, True
                return
            for item in batch:
                self._commit([item])

    def _together(self, batch: list[_Item]) -> None:
        with self._database.change(batch[0].actor) as change:
            for item in batch:
                change.actor = item.actor
                item.result = item.work(change)
        for item in batch:
            item.done = True
