"""Notices about runs: one's own run failed or took too long, and nobody was watching it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from engine.events import Event, RunStateChanged
from engine.notify.guard import guarded
from engine.notify.words import word
from engine.runs import states
from engine.store.base import utc_now
from engine.store.database import Change
from engine.store.tables_runs import RUN

if TYPE_CHECKING:
    from engine.notify.service import Notify

KIND = "run-failed"
BAD = frozenset({states.FAILED, states.TIMED_OUT})
TOGETHER = timedelta(hours=6)  # failures of one model within so long are one notice, while it is unread


class RunNotices:
    """Reacts to the end of runs, in the transaction that writes it."""

    def __init__(self, notify: Notify) -> None:
        self._notify = notify

    def react(self, change: Change, event: Event, department: str | None) -> None:
        """Called for each event. What goes wrong here must not keep a run from ending."""
        if not isinstance(event, RunStateChanged) or event.new not in BAD:
            return
        guarded(change, f"the failed run {event.run}", lambda: self._failed(change, event))

    def _failed(self, change: Change, event: RunStateChanged) -> None:
        row = change.connection.execute(select(RUN).where(RUN.c.id == event.run)).one_or_none()
        if row is None:
            return
        person = row.on_behalf_of or row.submitted_by
        if self._notify.watching.watched(person, row.id):
            return
        link = f"/run?run={row.id}"
        sentence = _sentence(row)
        title = word(
            f"{KIND}.title_timed_out" if event.new == states.TIMED_OUT else f"{KIND}.title",
            model=row.model_title,
        )
        earlier = self._earlier(change, person, row)
        if earlier is None:
            self._notify.tell(change, person, KIND, title, word(f"{KIND}.body", sentence=sentence), link)
            return
        since = earlier.at - timedelta(seconds=1)
        earlier.title = word(
            f"{KIND}.title_several", model=row.model_title, count=_count(change, person, row, since)
        )
        earlier.body = word(f"{KIND}.body_several", sentence=sentence)
        earlier.link = link
        change.session.add(earlier)

    def _earlier(self, change: Change, person: str, row: Any) -> Any | None:
        """An unread notice of a failure of the same model, not too old: the new one joins it."""
        found = self._notify.newest_unread(change, person, KIND)
        if found is None or found.at < utc_now() - TOGETHER:
            return None
        run_id = found.link.rpartition("=")[2]
        model = change.connection.execute(select(RUN.c.model).where(RUN.c.id == run_id)).scalar_one_or_none()
        return found if model == row.model else None


def _sentence(row: Any) -> str:
    error = json.loads(row.error) if row.error else {}
    return str(error.get("sentence", ""))[:1000]


def _count(change: Change, person: str, row: Any, since: Any) -> int:
    query = select(func.count()).where(
        RUN.c.model == row.model,
        RUN.c.state.in_(BAD),
        RUN.c.finished_at >= since,
        func.coalesce(RUN.c.on_behalf_of, RUN.c.submitted_by) == person,
    )
    return int(change.connection.execute(query).scalar_one())
