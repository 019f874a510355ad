"""Rows of accounts: a new one, and one that is wiped of everything personal. Whoever calls has checked the right to."""

from __future__ import annotations

import secrets
from typing import Literal

from sqlalchemy import delete, update
from sqlmodel import Session, col, select

from auth.events_people import AccountChanged, AccountCreated
from auth.people import checked_about, checked_name
from engine.errors import Conflict
from engine.store.base import utc_now
from engine.store.database import Change
from engine.store.tables_access import AccountRow, SessionRow, ShareRow, TokenRow
from engine.store.tables_notify import NoticeRow, OutboxRow
from engine.store.tables_runs import DRAFT


def new_account(
    change: Change,
    name: str,
    title: str = "",
    email: str = "",
    *,
    password_hash: str | None = None,
    issuer: str | None = None,
    subject: str | None = None,
) -> AccountRow:
    """Write an account in an open transaction, with its event; the caller has checked the right to.

    With ``issuer`` and ``subject`` it is the identity provider's. Raises Invalid, Conflict (name taken).
    """
    name = checked_name(name)
    title, email = checked_about(title, email)
    session = change.session
    if session.exec(select(AccountRow).where(AccountRow.name == name)).first() is not None:
        raise Conflict(f"Somebody signs in as “{name}” already. Choose another name.")
    row = AccountRow(
        name=name, title=title, email=email, password_hash=password_hash, must_change=password_hash is not None,
        password_at=utc_now() if password_hash else None, issuer=issuer, subject=subject, created_by=change.actor.id,
    )  # fmt: skip
    session.add(row)
    session.flush()
    kind: Literal["oidc", "local"] = "oidc" if issuer else "local"
    change.emit(AccountCreated(account=row.id, kind=kind, sign_in_name=name, title=title, email=email))
    return row


def describe(change: Change, row: AccountRow, title: str, email: str) -> None:
    """Put another full name and e-mail address, with the event of what changed; nothing where they are the same."""
    old = row.title, row.email
    fields = tuple(f for f, a, b in zip(("title", "email"), old, (title, email), strict=True) if a != b)
    if not fields:
        return
    row.title, row.email = title, email
    change.session.add(row)
    change.emit(
        AccountChanged(
            account=row.id, fields=fields, old_title=old[0], title=title, old_email=old[1], email=email
        )
    )


def wipe(session: Session, row: AccountRow) -> None:
    """Take out everything personal; the caller sets the state and ends sessions."""
    if row.email:
        session.execute(delete(OutboxRow).where(col(OutboxRow.recipient) == row.email))
    # the name column is unique: what stands there now must tell nothing and never be a name somebody types
    row.name, row.title, row.email = f"!erased-{row.id}-{secrets.token_hex(4)}", "", ""
    row.issuer = row.subject = row.password_hash = row.totp = None
    row.recovery, row.preferences, row.last_sign_in = "[]", "{}", None
    session.add(row)
    session.execute(delete(ShareRow).where(col(ShareRow.holder) == f"person:{row.id}"))
    session.execute(delete(TokenRow).where(col(TokenRow.account) == row.id))
    session.execute(delete(NoticeRow).where(col(NoticeRow.account) == row.id))
    session.execute(delete(DRAFT).where(DRAFT.c.actor == row.id))
    blank = update(SessionRow).where(col(SessionRow.account) == row.id)
    session.execute(blank.values(address="", agent="", oidc_hint=None))
