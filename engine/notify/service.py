"""Notices: told within a change, read in the inbox, mailed where wanted; and how mail is set up."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select
from sqlmodel import col

from engine.access import SYSTEM
from engine.notify import outbox
from engine.notify.desk import OPTION, MailDesk
from engine.notify.inbox import Inbox, wants
from engine.notify.kinds import kind_of
from engine.notify.mail import Letter, MailSettings, is_address, one_line
from engine.notify.outbox import Waiting
from engine.notify.run_notices import RunNotices
from engine.notify.sender import Pace, Sender
from engine.notify.watching import Watching
from engine.notify.words import word
from engine.store.administrators import administrators
from engine.store.database import Change
from engine.store.tables_access import AccountRow, OptionRow
from engine.store.tables_notify import NoticeRow

if TYPE_CHECKING:
    from engine.engine import Engine


class Notify(Inbox, MailDesk):
    """Inbox and mail. ``tell`` and ``mail`` are for our own code, inside the change that they tell of."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.watching = Watching()
        self._sender: Sender | None = None
        engine.database.reactions.append(RunNotices(self).react)

    # ---- telling

    def tell(
        self,
        change: Change,
        account_id: str,
        kind: str,
        title: str,
        body: str = "",
        link: str = "",
        mail: bool | None = None,
    ) -> str | None:
        """Put a notice into a person's inbox, and into the outbox where they want it mailed.

        ``link`` is a path of this server. ``mail`` True or False decides for the person (None: their choice;
        kinds about the safety of the account are always mailed). Returns the notice's id; None where there
        is no such active account, which is no error: the local administrator has none.
        """
        account = change.session.get(AccountRow, account_id)
        if account is None or account.state == "erased":
            return None
        notice = NoticeRow(account=account_id, kind=kind, title=one_line(title), body=body, link=link)
        change.connection.execute(insert(NoticeRow), [notice.model_dump()])
        known = kind_of(kind)
        wanted = mail if mail is not None else known.always or wants(account, kind)
        if wanted and account.email:
            self._mail_notice(change, account, notice, always=known.always)
        return notice.id

    def mail(
        self, change: Change, address: str, title: str, body: str, link: str = "", name: str = ""
    ) -> bool:
        """Mail somebody without a notice (invitations, links to reset). False: e-mail is not set up."""
        if not self._works(change) or not is_address(address):
            return False
        letter = Letter(title, body, link, name, always=True)
        outbox.put(self.engine, change.connection, address, one_line(title), letter)
        change.afterwards.append(self.wake)
        return True

    # ---- for the server

    def start(self, pace: Pace | None = None) -> None:
        """Begin to send (the server calls this)."""
        if self._sender is None:
            first = self.engine.settings.mail_retry_seconds
            self._sender = Sender(self, pace or Pace(first=first))
            self._sender.start()

    def stop(self) -> None:
        """Stop sending; what waits is sent by the next server."""
        sender, self._sender = self._sender, None
        if sender is not None:
            sender.stop()

    def wake(self) -> None:
        """A mail was written."""
        if self._sender is not None:
            self._sender.wake()

    def settings_changed(self) -> None:
        """The mail server's settings were changed: try at once what waits."""
        if self._sender is not None:
            self._sender.again()

    def gave_up(self, mail: Waiting, attempts: int, error: str) -> None:
        """A mail will not be sent: note it, and tell the administrators (one unread notice at a time)."""
        with self.engine.database.change(SYSTEM) as change:
            outbox.give_up(change.connection, mail, error)
            title = word("mail-failed.title", recipient=mail.recipient)
            body = word("mail-failed.body", subject=mail.subject, attempts=attempts, error=error)
            for account in administrators(change.session):
                if not self.newest_unread(change, account, "mail-failed"):
                    self.tell(change, account, "mail-failed", title, body, "/email", mail=False)

    def newest_unread(self, change: Change, account: str, kind: str, link: str | None = None) -> Any | None:
        """The newest unread notice of a kind, so that equal ones can be drawn together."""
        query = select(NoticeRow).where(
            col(NoticeRow.account) == account,
            col(NoticeRow.kind) == kind,
            col(NoticeRow.read_at).is_(None),
        )
        if link is not None:
            query = query.where(col(NoticeRow.link) == link)
        query = query.order_by(col(NoticeRow.id).desc()).limit(1)
        return change.session.execute(query).scalars().one_or_none()

    def _mail_notice(self, change: Change, account: AccountRow, notice: NoticeRow, *, always: bool) -> None:
        if not self._works(change) or not is_address(account.email):
            return
        letter = Letter(notice.title, notice.body, notice.link, account.title or account.name, always)
        written = outbox.recent(change.connection, account.email)
        if not always and written >= outbox.PER_HOUR:
            return
        if not always and written == outbox.PER_HOUR - 1:
            letter = replace(letter, note=word("mail.limit"))
        outbox.put(self.engine, change.connection, account.email, notice.title, letter)
        change.afterwards.append(self.wake)

    def _works(self, change: Change) -> bool:
        row = change.session.get(OptionRow, OPTION)
        return row is not None and MailSettings.of(json.loads(row.value)).works
