"""Notices about feeds: to whoever answers for the feed, and to whoever looks after the set."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from engine.notify.guard import guarded
from engine.notify.words import word
from engine.parameters import set_values
from engine.parameters.formatting import format_text

if TYPE_CHECKING:
    from engine.engine import Engine
    from engine.parameters.feeds.writing import Outcome
    from engine.store.database import Change

FAILS, WAITS, RESTS = "feed-failed", "feed-waits", "feed-paused"


def failed(engine: Engine, change: Change, row: Any, sentence: str) -> None:
    """A feed failed after it had worked: one notice, however often it fails again."""
    _guarded(engine, change, row, FAILS, word(f"{FAILS}.body", sentence=sentence))


def paused(engine: Engine, change: Change, row: Any, because: str) -> None:
    """A feed was paused because its owner may not do any more what it does."""
    _guarded(engine, change, row, RESTS, word(f"{RESTS}.body", sentence=because))


def waits(engine: Engine, change: Change, row: Any, outcome: Outcome) -> None:
    """A value waits for somebody: one unread notice a feed, brought up to date."""
    manifest = set_values.manifest_of(engine, row.model)
    field = manifest.fields[row.field]
    show = lambda value: "–" if value is None else format_text(field, value)[:200]  # noqa: E731
    old = show(outcome.old) if outcome.had_old else "–"
    body = word(f"{WAITS}.body", old=old, new=show(outcome.value), sentence=outcome.sentence).strip()
    _guarded(engine, change, row, WAITS, body)


def _guarded(engine: Engine, change: Change, row: Any, kind: str, body: str) -> None:
    guarded(change, f"the feed {row.id}", lambda: _told(engine, change, row, kind, body))


def _told(engine: Engine, change: Change, row: Any, kind: str, body: str) -> None:
    name = set_values.manifest_of(engine, row.model).fields
    label = row.title or (name[row.field].label(row.field) if row.field in name else row.field)
    title = word(f"{kind}.title", feed=label, set=row.set_title or row.set_name)
    link = f"/params-set?model={quote(row.model)}&set={quote(row.set_name)}&tab=Feeds&feed={row.id}"
    for account in sorted({row.owner, row.set_owner}):
        earlier = engine.notify.newest_unread(change, account, kind, link)
        if earlier is None:
            engine.notify.tell(change, account, kind, title, body, link)
        else:
            earlier.body = body
            change.session.add(earlier)
