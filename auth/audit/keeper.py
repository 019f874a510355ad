"""What is done from time to time where the server runs: anchors, retention, a daily verification."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from auth.audit import personal, prune, reading
from engine.access import SYSTEM
from engine.errors import Unavailable
from engine.store.base import utc_now

if TYPE_CHECKING:
    from auth.service import Auth

logger = logging.getLogger(__name__)
EVERY = 30.0  # seconds between two looks
DAY = timedelta(days=1)
FRESH, FEW = timedelta(minutes=10), 100  # what stopping leaves without an anchor of its own


class Keeper:
    """A thread that looks twice a minute whether something is due."""

    def __init__(self, auth: Auth) -> None:
        self._auth = auth
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._last_daily: datetime | None = None
        self._anchored: tuple[int, datetime] | None = None  # entry and time of the last anchor

    def start(self) -> None:
        """Begin."""
        if self._thread is None:
            self._stop.clear()
            self._thread = threading.Thread(target=self._work, name="audit-keeper", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """Stop; what the server leaves behind is anchored."""
        thread, self._thread = self._thread, None
        if thread is None:
            return
        self._stop.set()
        thread.join(60)
        self._attempt("anchoring", self._leave)

    def _leave(self) -> None:
        """Anchor the end; a command that ran by itself need not do so where another one just did."""
        newest = self._auth.audit.anchors.newest()
        last = reading.ends(self._auth.engine.database).last
        if newest is None or last - newest.seq >= FEW or utc_now() - newest.when >= FRESH:
            self._anchor()

    def _work(self) -> None:
        self._last_daily = utc_now()  # the first daily round a day after the start: starting is busy enough
        while not self._stop.wait(EVERY):
            self.look()

    def look(self) -> None:
        """Do what is due."""
        self._attempt("anchoring", self._anchor_if_due)
        now = utc_now()
        if self._last_daily is None or now - self._last_daily >= DAY:
            self._last_daily = now
            self.daily()

    def daily(self) -> None:
        """Retention, then a verification; each by itself, so that one that fails does not keep the others."""
        settings = self._auth.settings
        if settings.audit_personal_days:
            self._attempt(
                "erasing old values", lambda: personal.expire(self._auth, settings.audit_personal_days)
            )
        if settings.audit_retention_days:
            self._attempt("pruning", self._prune)
        self._attempt("verifying", self._verify)

    def _anchor_if_due(self) -> None:
        if self._anchor_due():
            self._anchor()

    def _anchor_due(self) -> bool:
        """So many entries since the last one, or a day."""
        if self._anchored is None:
            newest = self._auth.audit.anchors.newest()
            self._anchored = (newest.seq, newest.when) if newest else (0, utc_now() - DAY)
        seq, at = self._anchored
        last = reading.ends(self._auth.engine.database).last
        return last - seq >= self._auth.settings.audit_anchor_entries or (
            last > seq and utc_now() - at >= DAY
        )

    def _anchor(self) -> None:
        self._auth.audit.anchors.write(SYSTEM)
        self._anchored = (reading.ends(self._auth.engine.database).last, utc_now())

    def _prune(self) -> None:
        days = self._auth.settings.audit_retention_days
        prune.prune(self._auth, SYSTEM, utc_now() - timedelta(days=days), reason=f"kept for {days} days")

    def _verify(self) -> None:
        report = self._auth.audit.check(SYSTEM)
        for finding in report.findings.listed[:10]:
            logger.error("audit log: %s", finding.sentence)

    def _attempt(self, what: str, work: Callable[[], object]) -> None:
        try:
            work()
        except Unavailable as error:  # a lost key, a full disk: the sentence says all
            logger.error("audit log: %s failed: %s", what, error.sentence)
        except Exception:  # the next round tries again
            logger.exception("audit log: %s failed", what)
