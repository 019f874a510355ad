"""How mail is set up and tried, and the outbox: for administrators."""

from __future__ import annotations

import builtins
import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import select, update

from engine.access import NOTIFY_MANAGE, Actor, of_company, service
from engine.errors import Conflict, NotFound
from engine.notify import outbox
from engine.notify.mail import Letter, MailSettings, is_address, message
from engine.notify.outbox import OUTBOX
from engine.notify.smtp import MailFailed, MailServer
from engine.notify.words import word
from engine.store.base import new_id, utc_now
from engine.store.tables_access import OptionRow

if TYPE_CHECKING:
    from engine.engine import Engine

OPTION = "email"
PASSWORD = "quarterdeck.smtp-password"  # noqa: S105 (the name under which it is stored)
MOST = 200


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


class MailDesk:
    """Settings of the mail server, a test mail, the outbox. Part of ``engine.notify``."""

    engine: Engine

    @service(NOTIFY_MANAGE, on=of_company)
    def settings(self, actor: Actor) -> MailSettings:
        """How mail is sent."""
        return self.mail_settings()

    @service(NOTIFY_MANAGE, on=of_company)
    def test(
        self,
        actor: Actor,
        address: str,
        settings: MailSettings | None = None,
        password: str | None = None,
    ) -> Tested:
        """Send a test mail now, with the stored settings or with some not stored yet. Never raises for failures.

        The stored password is sent to its own server only.
        """
        if not is_address(address):
            return Tested(False, f"“{address}” is not a mail address: write name@example.com.")
        stored = self.mail_settings()
        given = settings or stored
        if not given.works:
            return Tested(False, "E-mail is not set up: give the mail server and the sender's address first.")
        if given.username and not password and given.host != stored.host:
            return Tested(
                False,
                "The stored password belongs to another mail server: save these settings with theirs first.",
            )
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

    @service(NOTIFY_MANAGE, on=of_company)
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

    @service(NOTIFY_MANAGE, on=of_company)
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

    # ---- for our own code

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

    def settings_changed(self) -> None:
        """The settings were changed: the sender tries at once what waits."""
