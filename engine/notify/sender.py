"""The thread that sends what is in the outbox: soon after the commit, again after failures, not for ever."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.access import SYSTEM
from engine.errors import QuarterdeckError
from engine.notify import outbox
from engine.notify.mail import message
from engine.notify.outbox import Waiting
from engine.notify.smtp import MailFailed, MailServer
from engine.store.base import utc_now

if TYPE_CHECKING:
    from engine.notify.service import Notify

logger = logging.getLogger(__name__)
BATCH = 20
LOOK_SECONDS = 10.0  # another process (the command line) may have written a mail
PRUNE_SECONDS = 6 * 3600.0


@dataclass(frozen=True)
class Pace:
    """How fast, and how stubbornly: the n-th wait is ``first * 2 ** n`` seconds, at most ``longest``."""

    first: float = 30.0
    longest: float = 4 * 3600.0
    attempts: int = 12  # about half a day
    per_minute: int = 60

    def wait(self, attempts: int) -> float:
        """Seconds until the next attempt after so many."""
        return float(min(self.first * 2 ** max(attempts - 1, 0), self.longest))


class Sender:
    """Sends mails in a thread of its own. ``wake`` may be called from anywhere."""

    def __init__(self, notify: Notify, pace: Pace) -> None:
        self._notify, self._engine, self._pace = notify, notify.engine, pace
        self._woken = threading.Event()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="mail", daemon=True)
        self._sent: deque[float] = deque(maxlen=pace.per_minute)
        self._pruned = 0.0
        self._in_a_row = 0  # failures of the mail server itself
        self._not_before = 0.0

    def start(self) -> None:
        """Begin; what an earlier server had taken and not sent is due again."""
        if self._engine.database.is_sqlite:
            self._engine.database.write(SYSTEM, lambda change: outbox.release(change.connection))
        self._thread.start()

    def wake(self) -> None:
        """There may be something to send."""
        self._woken.set()

    def again(self) -> None:
        """The settings have changed: what waits because of the mail server is tried now."""
        self._in_a_row, self._not_before = 0, 0.0
        self.wake()

    def stop(self) -> None:
        """End after the mail that is being sent."""
        self._stopped.set()
        self._woken.set()
        if self._thread.is_alive():
            self._thread.join(30)

    def _run(self) -> None:
        while not self._stopped.is_set():
            self._woken.clear()
            try:
                self._round()
                wait = self._until_next()
            except Exception:  # the thread must live as long as the server
                logger.exception("sending mail: this round failed")
                wait = LOOK_SECONDS
            self._woken.wait(wait)

    def _until_next(self) -> float:
        with self._engine.database.look() as connection:
            moment = outbox.next_due(connection)
        if moment is None:
            return LOOK_SECONDS
        seconds = max((moment - utc_now()).total_seconds(), self._not_before - time.monotonic(), 0.01)
        return min(seconds, LOOK_SECONDS)

    def _round(self) -> None:
        """Send what is due, over one connection."""
        self._prune()
        settings = self._notify.mail_settings()
        if not settings.works:
            self._woken.wait(LOOK_SECONDS)
            return
        if time.monotonic() < self._not_before:
            return
        with self._engine.database.look() as connection:
            waiting = outbox.due(connection, BATCH)
        if not waiting:
            return
        server: MailServer | None = None
        try:
            for mail in waiting:
                self._keep_pace()
                if self._stopped.is_set():
                    return
                if not self._take(mail):
                    continue
                try:
                    server = server or MailServer(settings, self._notify.mail_password())
                    self._send(server, mail)
                except MailFailed as failure:
                    self._failed(mail, failure)
                    if failure.server:
                        return
                except QuarterdeckError as failure:  # the letter cannot be opened: its key is lost
                    self._failed(mail, MailFailed(failure.sentence, transient=True, server=False))
                else:
                    self._in_a_row = 0
        finally:
            if server is not None:
                server.close()

    def _take(self, mail: Waiting) -> bool:
        """Note the attempt before it is made; False when somebody else has the mail."""
        return self._engine.database.write(SYSTEM, lambda change: outbox.claim(change.connection, mail))

    def _keep_pace(self) -> None:
        if len(self._sent) == self._sent.maxlen and (rest := self._sent[0] + 60 - time.monotonic()) > 0:
            self._stopped.wait(rest)
        self._sent.append(time.monotonic())

    def _send(self, server: MailServer, mail: Waiting) -> None:
        made = message(
            server.settings,
            outbox.letter_of(self._engine, mail),
            id=mail.id,
            recipient=mail.recipient,
            subject=mail.subject,
            at=mail.created_at,
            base=self._notify.base(),
        )
        server.send(made, mail.recipient)
        self._engine.database.write(SYSTEM, lambda change: outbox.sent(change.connection, mail))

    def _failed(self, mail: Waiting, failure: MailFailed) -> None:
        attempts = mail.attempts + 1
        logger.warning("mail %s was not sent (attempt %d): %s", mail.id, attempts, failure)
        if failure.server:
            self._in_a_row += 1
            self._not_before = time.monotonic() + min(self._pace.wait(self._in_a_row), 300.0)
        last = not failure.again or attempts >= self._pace.attempts
        if last:
            self._notify.gave_up(mail, attempts, failure.sentence)
            return
        wait = self._pace.wait(attempts)
        self._engine.database.write(
            SYSTEM, lambda change: outbox.later(change.connection, mail, failure.sentence, wait)
        )

    def _prune(self) -> None:
        if time.monotonic() - self._pruned < PRUNE_SECONDS and self._pruned:
            return
        self._pruned = time.monotonic()
        self._engine.database.write(SYSTEM, lambda change: outbox.prune(change.connection))
