"""One-time links: to set a new password (an hour), to come in for the first time (a week)."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import delete, or_
from sqlmodel import Session, col, select

from auth.events_signin import LinkMade
from auth.people import account_row, normal
from auth.sessions import ANYBODY, Began
from auth.throttle import network
from auth.token_shape import digest, refuse_tokens
from engine.access import ACCOUNT_MANAGE, Actor, service
from engine.errors import Conflict, NotFound
from engine.notify.desk import OPTION
from engine.notify.mail import MailSettings
from engine.store.base import utc_now
from engine.store.database import Change
from engine.store.tables_access import AccountRow, LinkRow

if TYPE_CHECKING:
    from auth.service import Auth

LASTS = {"reset": timedelta(hours=1), "invite": timedelta(days=7)}
MAIL_TITLE = "Set a new password"
MAIL_BODY = (
    "Somebody asked for a new password for your account; we hope it was you. The link below works once, within "
    "an hour. If it was not you, do nothing: your password stays as it is."
)
OVER = "Links work once, and only for a while. Ask for a new one at “Forgotten your password?”."


class Links:
    """Makes links and takes them in."""

    def __init__(self, auth: Auth) -> None:
        self.auth = auth
        self.engine = auth.engine

    @service(ACCOUNT_MANAGE)
    def make(self, actor: Actor, account: str, purpose: str = "reset") -> str:
        """A link's path for somebody, to hand over in person; earlier ones of the same purpose end.

        Raises NotFound, Conflict for accounts of the identity provider or that are not active.
        """
        refuse_tokens(actor, "make links")
        with self.engine.database.change(actor) as change:
            return self.add(change, account_row(change.session, account), purpose)

    def works(self) -> bool:
        """Can links be sent: is e-mail set up?"""
        return MailSettings.of(self.auth.options.get(OPTION)).works

    def request(self, name: str, *, address: str = "") -> Callable[[], None]:
        """Somebody has forgotten the password. Returns what is still to be done, after the answer was given:

        how long that takes would tell whether there is such an account. Raises Throttled.
        """
        typed = normal(name)[:100]
        who = replace(ANYBODY, address=address)
        self.auth.throttle.attempt(who, {"mail": typed, "address": f"mail {network(address)}"})
        return lambda: self._send(typed, who)

    def _send(self, typed: str, who: Actor) -> None:
        """Put a link into the outbox, if the account is one that can have it and e-mail is set up."""
        with self.engine.database.change(who) as change:
            row = change.session.exec(select(AccountRow).where(AccountRow.name == typed)).first()
            if row is None or row.state != "active" or row.issuer is not None or not row.email:
                return
            path, name = self.add(change, row, "reset"), row.title or row.name
            self.engine.notify.mail(change, row.email, MAIL_TITLE, MAIL_BODY, link=path, name=name)

    def account_of(self, token: str, purpose: str) -> tuple[str, str]:
        """Id and sign-in name of whom a link is for. Raises NotFound when it is used, over, or none of ours."""
        with self.engine.database.read() as session:
            row = self._living(session, token, purpose)
            account = session.get(AccountRow, row.account)
        if account is None or account.state != "active":
            raise NotFound("link", token[:6] + "…", OVER)
        return account.id, account.name

    def use(self, token: str, purpose: str, new: str, *, address: str = "", agent: str = "") -> Began:
        """Set the password and sign in (a second factor is still asked for). Raises NotFound, Invalid."""
        account, name = self.account_of(token, purpose)
        made = self.auth.credentials.prepared(account, new, fresh=False)
        who = Actor(account, name=name, address=address)
        with self.engine.database.change(who) as change:
            link = self._living(change.session, token, purpose)
            link.used_at = utc_now()
            change.session.add(link)
            row = self.auth.credentials.put(change, account, made, how="link")
            self.auth.throttle.forget(change.session, {"name": row.name, "code": row.id})
            return self.auth.sessions.add(
                change,
                account,
                stage="totp" if row.totp else "full",
                method="password",
                address=address,
                agent=agent,
            )

    def add(self, change: Change, row: AccountRow, purpose: str) -> str:
        """Make a link in an open change; returns its path on this server. Raises Conflict."""
        if row.issuer is not None:
            raise Conflict("This account signs in through the identity provider: it needs no password here.")
        if row.state != "active":
            raise Conflict("This account is not active. Enable it first.")
        session, now, token = change.session, utc_now(), secrets.token_urlsafe(32)
        old = (col(LinkRow.account) == row.id) & (col(LinkRow.purpose) == purpose)
        session.connection().execute(delete(LinkRow).where(or_(old, col(LinkRow.expires_at) < now)))
        session.add(
            LinkRow(
                token_hash=digest(token), account=row.id, purpose=purpose, expires_at=now + LASTS[purpose]
            )
        )
        change.emit(LinkMade(account=row.id, purpose=purpose))
        return f"/auth/{purpose}/{token}"

    def _living(self, session: Session, token: str, purpose: str) -> LinkRow:
        row = session.get(LinkRow, digest(token), with_for_update=True)
        if row is None or row.purpose != purpose or row.used_at is not None or row.expires_at <= utc_now():
            raise NotFound("link", token[:6] + "…", OVER)
        return row
