"""Notices: told within a change, read in the inbox, mailed where wanted; and how mail is set up."""

from __future__ import annotations

import builtins
import json
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, insert, select, update
from sqlmodel import col

from engine.access import (
    ACCOUNT_OWN,
    COMPANY,
    EVERYWHERE,
    INBOX_READ,
    NOTIFY_MANAGE,
    SYSTEM,
    Actor,
    Resource,
    service,
)
from engine.errors import Conflict, Invalid, NotFound, Problem
from engine.events import PreferencesChanged
from engine.notify import outbox
from engine.notify.kinds import KINDS, kind_of
from engine.notify.mail import Letter, MailSettings, is_address, message, one_line
from engine.notify.outbox import OUTBOX, Waiting
from engine.notify.run_notices import RunNotices
from engine.notify.sender import Pace, Sender
from engine.notify.smtp import MailFailed, MailServer
from engine.notify.watching import Watching
from engine.notify.words import word
from engine.store.base import new_id, utc_now
from engine.store.database import Change
from engine.store.tables_access import AccountRow, GrantRow, OptionRow
from engine.store.tables_notify import NoticeRow

if TYPE_CHECKING:
    from engine.engine import Engine

logger = logging.getLogger(__name__)
OPTION = "email"
PASSWORD = "quarterdeck.smtp-password"  # noqa: S105 (the name under which it is stored)
MOST = 200


@dataclass(frozen=True)
class Notice:
    """A notice in one's inbox. ``link`` is a path of this server; ``read_at`` None: unread."""

    id: str
    at: datetime
    kind: str
    title: str
    body: str
    link: str
    read_at: datetime | None


@dataclass(frozen=True)
class Mail:
    """An entry of the outbox as administrators see it: never its text."""

    id: str
    state: str
    recipient: str
    subject: str
    created_at: datetime
    next_at: datetime
    attempts: int
    error: str
    sent_at: datetime | None


@dataclass(frozen=True)
class Tested:
    """What came of a test mail: ``sentence`` says it, with what to do."""

    ok: bool
    sentence: str


def _own(self: Notify, actor: Actor, *_: Any, **__: Any) -> Resource:
    return Resource("account", actor.id, None, actor.id)


def _company(self: Notify, actor: Actor, *_: Any, **__: Any) -> Resource:
    return COMPANY


class Notify:
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
        wanted = mail if mail is not None else known.always or self._wants(account, kind)
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

    def administrators(self, change: Change) -> builtins.list[str]:
        """Accounts that are administrators of the whole company."""
        query = (
            select(col(GrantRow.account))
            .join(AccountRow, col(AccountRow.id) == col(GrantRow.account))
            .where(
                col(GrantRow.role) == "administrator",
                col(GrantRow.department) == EVERYWHERE,
                col(AccountRow.state) == "active",
            )
            .distinct()
        )
        return [row[0] for row in change.connection.execute(query)]

    # ---- the inbox

    @service(INBOX_READ, on=_own)
    def list(
        self, actor: Actor, *, unread: bool = False, before: str | None = None, limit: int = 50
    ) -> builtins.list[Notice]:
        """One's own notices, newest first; ``before`` is the last id of the page before."""
        query = select(NoticeRow).where(col(NoticeRow.account) == actor.id)
        if unread:
            query = query.where(col(NoticeRow.read_at).is_(None))
        if before:
            query = query.where(col(NoticeRow.id) < before)
        query = query.order_by(col(NoticeRow.id).desc()).limit(min(max(limit, 1), MOST))
        with self.engine.database.read() as session:
            return [
                Notice(row.id, row.at, row.kind, row.title, row.body, row.link, row.read_at)
                for row in session.execute(query).scalars()
            ]

    @service(INBOX_READ, on=_own)
    def unread(self, actor: Actor) -> int:
        """How many of one's own notices are unread."""
        query = select(func.count()).where(
            col(NoticeRow.account) == actor.id, col(NoticeRow.read_at).is_(None)
        )
        with self.engine.database.look() as connection:
            return int(connection.execute(query).scalar_one())

    @service(INBOX_READ, on=_own)
    def read(self, actor: Actor, ids: Iterable[str] | None = None) -> int:
        """Mark notices of one's own as read (None: all); returns how many were unread."""
        query = (
            update(NoticeRow)
            .where(col(NoticeRow.account) == actor.id, col(NoticeRow.read_at).is_(None))
            .values(read_at=utc_now())
        )
        if ids is not None:
            query = query.where(col(NoticeRow.id).in_(builtins.list(ids)))
        return self.engine.database.write(actor, lambda change: change.connection.execute(query).rowcount)

    @service(ACCOUNT_OWN, on=_own)
    def preferences(self, actor: Actor) -> dict[str, bool]:
        """Which kinds of notices come by mail to this person."""
        with self.engine.database.read() as session:
            account = session.get(AccountRow, actor.id)
        if account is None:
            return {}
        return {name: kind.always or self._wants(account, name) for name, kind in KINDS.items()}

    @service(ACCOUNT_OWN, on=_own)
    def set_preferences(self, actor: Actor, wanted: Mapping[str, bool]) -> dict[str, bool]:
        """Choose which kinds come by mail. Raises Invalid for an unknown kind, or one that always comes."""
        wrong = [
            Problem(
                name, f"“{name}” cannot be chosen: it is unknown, or always mailed for your safety.", name
            )
            for name, on in wanted.items()
            if name not in KINDS or (KINDS[name].always and not on)
        ]
        if wrong:
            raise Invalid("the choice of notices", wrong)
        with self.engine.database.change(actor) as change:
            account = change.session.get(AccountRow, actor.id)
            if account is None:
                raise NotFound("account", actor.id, "The local administrator has no inbox.")
            held = json.loads(account.preferences)
            before = held.get("mail", {})
            held["mail"] = {**before, **{n: bool(on) for n, on in wanted.items() if not KINDS[n].always}}
            if held["mail"] != before:
                account.preferences = json.dumps(held, sort_keys=True)
                change.session.add(account)
                change.emit(PreferencesChanged(account=actor.id, old=before, new=held["mail"]))
        return self.preferences(actor)

    # ---- mail: settings, test, outbox

    @service(NOTIFY_MANAGE, on=_company)
    def settings(self, actor: Actor) -> MailSettings:
        """How mail is sent."""
        return self.mail_settings()

    @service(NOTIFY_MANAGE, on=_company)
    def test(
        self,
        actor: Actor,
        address: str,
        settings: MailSettings | None = None,
        password: str | None = None,
    ) -> Tested:
        """Send a test mail now, with the stored settings or with some not stored yet. Never raises for failures."""
        if not is_address(address):
            return Tested(False, f"“{address}” is not a mail address: write name@example.com.")
        given = settings or self.mail_settings()
        if not given.works:
            return Tested(False, "E-mail is not set up: give the mail server and the sender's address first.")
        letter = Letter(word("test.subject"), word("test.body", name=actor.name or actor.id), always=True)
        server = MailServer(given, password or self.mail_password())
        try:
            made = message(
                given,
                letter,
                id=new_id(),
                recipient=address,
                subject=letter.title,
                at=utc_now(),
                base=self.base(),
            )
            server.open()
            server.send(made, address)
        except MailFailed as failure:
            return Tested(False, failure.sentence)
        finally:
            server.close()
        return Tested(
            True, f"The mail server {given.host} took a test mail to {address}. Look whether it arrives."
        )

    @service(NOTIFY_MANAGE, on=_company)
    def outbox(self, actor: Actor, state: str | None = None, limit: int = 100) -> builtins.list[Mail]:
        """Mails on their way, given up and sent lately, newest first; never their texts."""
        query = select(OUTBOX).order_by(OUTBOX.c.id.desc()).limit(min(max(limit, 1), MOST))
        if state:
            query = query.where(OUTBOX.c.state == state)
        with self.engine.database.look() as connection:
            return [
                Mail(**{name: getattr(row, name) for name in Mail.__dataclass_fields__})
                for row in connection.execute(query)
            ]

    @service(NOTIFY_MANAGE, on=_company)
    def retry(self, actor: Actor, mail_id: str) -> None:
        """Try a waiting mail now. Raises NotFound, and Conflict for one that is sent or given up."""
        with self.engine.database.change(actor) as change:
            row = change.connection.execute(select(OUTBOX).where(OUTBOX.c.id == mail_id)).one_or_none()
            if row is None:
                raise NotFound("mail", mail_id)
            if row.state != outbox.WAITING:
                raise Conflict(
                    "This mail is sent or given up (its text is not kept): it cannot be sent again."
                )
            change.connection.execute(update(OUTBOX).where(OUTBOX.c.id == mail_id).values(next_at=utc_now()))
            change.afterwards.append(self.settings_changed)

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

    def mail_settings(self) -> MailSettings:
        """The settings in force."""
        with self.engine.database.read() as session:
            row = session.get(OptionRow, OPTION)
        return MailSettings.of(json.loads(row.value)) if row is not None else MailSettings()

    def mail_password(self) -> str | None:
        """The mail server's password. Raises Unavailable when its key is lost."""
        return self.engine.secrets.own(PASSWORD) if self.engine.secrets is not None else None

    def base(self) -> str:
        """The address of this server as people reach it: what links in mails begin with."""
        settings = self.engine.settings
        public = str(getattr(settings, "public_address", None) or "")
        return public or f"http://{settings.host}:{settings.port}"

    def gave_up(self, mail: Waiting, attempts: int, error: str) -> None:
        """A mail will not be sent: note it, and tell the administrators (one unread notice at a time)."""
        with self.engine.database.change(SYSTEM) as change:
            outbox.give_up(change.connection, mail, error)
            title = word("mail-failed.title", recipient=mail.recipient)
            body = word("mail-failed.body", subject=mail.subject, attempts=attempts, error=error)
            for account in self.administrators(change):
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

    def _wants(self, account: AccountRow, kind: str) -> bool:
        chosen = json.loads(account.preferences or "{}").get("mail", {})
        return bool(chosen.get(kind, kind_of(kind).mail))
