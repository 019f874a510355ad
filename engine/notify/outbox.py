"""The outbox: rows of mails on their way, from written to sent or given up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import Connection, delete, func, insert, select, update
from sqlmodel import SQLModel

import engine.store.tables_notify  # noqa: F401 (the table below is defined there)
from engine.notify.mail import Letter
from engine.store.base import new_id, utc_now

if TYPE_CHECKING:
    from engine.engine import Engine

OUTBOX = SQLModel.metadata.tables["outbox"]
WAITING, SENT, FAILED = "waiting", "sent", "failed"
PLAIN = "plain."  # before a body that nobody could seal (an engine without secrets)
PER_HOUR = 20  # notices that one address is mailed in an hour; more are in the inbox only
KEPT = {SENT: timedelta(days=30), FAILED: timedelta(days=90)}
CLAIM = timedelta(minutes=3)  # longer than sending one mail can take: nobody else tries it meanwhile


@dataclass(frozen=True)
class Waiting:
    """A mail to be sent now."""

    id: str
    recipient: str
    subject: str
    body: str
    created_at: datetime
    attempts: int


def context(mail_id: str) -> str:
    """What a sealed body is bound to."""
    return f"outbox.body:{mail_id}"


def put(engine: Engine, connection: Connection, recipient: str, subject: str, letter: Letter) -> str:
    """Write a mail into the open transaction; returns its id. Its body is sealed: a link in it may let people in."""
    mail_id = new_id()
    text = letter.text()
    sealer = engine.secrets
    body = sealer.seal(text, context(mail_id)) if sealer is not None else PLAIN + text
    now = utc_now()
    connection.execute(
        insert(OUTBOX),
        [
            {
                "id": mail_id,
                "state": WAITING,
                "recipient": recipient,
                "subject": subject,
                "body": body,
                "created_at": now,
                "next_at": now,
                "attempts": 0,
                "error": "",
                "sent_at": None,
            }
        ],
    )
    return mail_id


def letter_of(engine: Engine, mail: Waiting) -> Letter:
    """The letter of a mail. Raises KeyMissing and Damaged (a lost master key)."""
    if mail.body.startswith(PLAIN) or engine.secrets is None:
        return Letter.read(mail.body.removeprefix(PLAIN))
    return Letter.read(engine.secrets.unseal(mail.body, context(mail.id)))


def recent(connection: Connection, recipient: str) -> int:
    """How many mails this address was written in the last hour."""
    query = select(func.count()).where(
        OUTBOX.c.recipient == recipient, OUTBOX.c.created_at > utc_now() - timedelta(hours=1)
    )
    return int(connection.execute(query).scalar_one())


def due(connection: Connection, most: int) -> list[Waiting]:
    """Mails whose time has come, oldest first."""
    query = (
        select(OUTBOX)
        .where(OUTBOX.c.state == WAITING, OUTBOX.c.next_at <= utc_now())
        .order_by(OUTBOX.c.next_at)
        .limit(most)
    )
    return [
        Waiting(row.id, row.recipient, row.subject, row.body, row.created_at, row.attempts)
        for row in connection.execute(query)
    ]


def claim(connection: Connection, mail: Waiting) -> bool:
    """Take a mail for one attempt, before it is sent: after a crash it is tried again later, not at once."""
    taken = connection.execute(
        update(OUTBOX)
        .where(OUTBOX.c.id == mail.id, OUTBOX.c.state == WAITING, OUTBOX.c.attempts == mail.attempts)
        .values(attempts=mail.attempts + 1, next_at=utc_now() + CLAIM)
    )
    return taken.rowcount == 1


def release(connection: Connection) -> None:
    """Mails that a server had taken when it died are due again (only where no other server sends)."""
    connection.execute(
        update(OUTBOX).where(OUTBOX.c.state == WAITING, OUTBOX.c.error == "").values(next_at=utc_now())
    )


def sent(connection: Connection, mail: Waiting) -> None:
    """The mail server took it; its text is not kept."""
    _end(connection, mail, state=SENT, body="", error="", sent_at=utc_now())


def later(connection: Connection, mail: Waiting, error: str, seconds: float) -> None:
    """It did not work: try again after so many seconds."""
    _end(connection, mail, error=error, next_at=utc_now() + timedelta(seconds=seconds))


def give_up(connection: Connection, mail: Waiting, error: str) -> None:
    """It will not work."""
    _end(connection, mail, state=FAILED, body="", error=error)


def next_due(connection: Connection) -> datetime | None:
    """When the next mail is due; None: none waits."""
    query = select(OUTBOX.c.next_at).where(OUTBOX.c.state == WAITING).order_by(OUTBOX.c.next_at).limit(1)
    found: datetime | None = connection.execute(query).scalar_one_or_none()
    return found


def prune(connection: Connection) -> None:
    """Forget mails that ended long ago."""
    for state, kept in KEPT.items():
        connection.execute(
            delete(OUTBOX).where(OUTBOX.c.state == state, OUTBOX.c.created_at < utc_now() - kept)
        )


def _end(connection: Connection, mail: Waiting, **values: object) -> None:
    connection.execute(update(OUTBOX).where(OUTBOX.c.id == mail.id).values(**values))
