"""Refusals: the first one at once, a flood of the same as one entry a minute with its number.

The same means: the same person, the same permission, the same kind of object. Entries are written by a thread
of its own, so that a refusal costs its caller microseconds and may happen inside an open change. What is
remembered is bounded: beyond ``MOST`` different ones, further people are counted together by permission and kind.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

from auth.audit.chain import at_text
from auth.audit.entries import Draft, clean_json, of_refusal
from engine.access import Actor, Resource
from engine.store.base import utc_now

logger = logging.getLogger(__name__)
WINDOW = 60.0  # seconds
MOST = 2_000  # different refusals remembered at a time
MOST_OBJECTS = 10  # named in the entry of a flood
SEVERAL = "several"  # the person of an entry that counts further people together

Key = tuple[str, str, str]


@dataclass
class _Flood:
    """Refusals like one that was written already."""

    began: float
    first: Draft
    count: int = 0
    since: datetime | None = None
    last: datetime | None = None
    objects: set[str] = field(default_factory=set)

    def add(self, name: str) -> None:
        now = utc_now()
        self.since = self.since or now
        self.last = now
        self.count += 1
        if len(self.objects) < MOST_OBJECTS:
            self.objects.add(name)

    def entry(self) -> Draft:
        assert self.since is not None
        assert self.last is not None
        told = {"count": self.count, "from": at_text(self.since), "to": at_text(self.last)}
        draft = replace(self.first, personal=dict(self.first.personal))
        draft.details = clean_json({**told, "objects": sorted(self.objects)})
        if len(self.objects) > 1:
            draft.object_id = ""
        return draft


class Refusals:
    """Counts refusals and hands entries to ``write``, which keeps them in one transaction."""

    def __init__(self, write: Callable[[list[Draft]], None], *, window: float = WINDOW) -> None:
        self._write = write
        self._window = window
        self._lock = threading.Condition()
        self._floods: dict[Key, _Flood] = {}
        self._ready: deque[Draft] = deque(maxlen=2 * MOST)
        self._writing = False
        self._thread: threading.Thread | None = None
        self._stopping = False

    def note(self, actor: Actor, permission: str, resource: Resource | None, reason: str) -> None:
        """Note one refusal."""
        kind = resource.kind if resource is not None else ""
        key = (actor.id, permission, kind)
        with self._lock:
            if key not in self._floods and len(self._floods) >= MOST:
                key = (SEVERAL, permission, kind)
            flood = self._floods.get(key)
            if flood is not None:
                flood.add(resource.id[:100] if resource is not None else "")
                return
            draft = of_refusal(actor, permission, resource, reason)
            if key[0] == SEVERAL:
                draft = replace(draft, actor=SEVERAL, credential="", request="", personal={})
            self._floods[key] = _Flood(time.monotonic(), draft)
            self._ready.append(draft)
            self._begin()
            self._lock.notify_all()

    def settle(self, timeout: float = 10) -> bool:
        """Wait until what is ready is written (not the floods that still run)."""
        with self._lock:
            return self._lock.wait_for(lambda: not self._ready and not self._writing, timeout)

    def close(self) -> None:
        """Write everything that is known, floods included, and stop the thread."""
        with self._lock:
            thread, self._thread, self._stopping = self._thread, None, True
            self._lock.notify_all()
        if thread is not None:
            thread.join(30)
        with self._lock:
            self._stopping = False

    def _begin(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="audit-refusals", daemon=True)
            self._thread.start()

    def _work(self) -> None:
        while True:
            with self._lock:
                if not self._ready and not self._stopping:
                    self._lock.wait(self._pause())
                stopping = self._stopping
                self._ripen(everything=stopping)
                drafts = list(self._ready)
                self._ready.clear()
                self._writing = bool(drafts)
            if drafts:
                self._keep(drafts)
            if stopping:
                return
            with self._lock:
                if not self._floods and not self._ready and not self._stopping:
                    self._thread = None  # nothing to wait for: the next refusal begins again
                    return

    def _keep(self, drafts: list[Draft]) -> None:
        try:
            self._write(drafts)
        except Exception:
            lost = ", ".join(f"{d.actor} {d.action} {d.object_kind} {d.object_id}" for d in drafts[:20])
            logger.exception("%d refusals could not be written to the audit log: %s", len(drafts), lost)
        with self._lock:
            self._writing = False
            self._lock.notify_all()

    def _pause(self) -> float | None:
        if not self._floods:
            return 0.0
        return max(min(f.began for f in self._floods.values()) + self._window - time.monotonic(), 0.0)

    def _ripen(self, *, everything: bool) -> None:
        """Turn the floods whose minute is over into entries; forget those that ended."""
        now = time.monotonic()
        for key, flood in list(self._floods.items()):
            if not everything and flood.began + self._window > now:
                continue
            if flood.count:
                self._ready.append(flood.entry())
                self._floods[key] = _Flood(now, flood.first)
            if everything or not flood.count:
                del self._floods[key]
