"""Notices about one's own account and secrets: written in the same transaction as the event that they tell of.

The texts are in ``engine/notify/en.toml``; which event makes which notice is the table at the end.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sqlmodel import col, select

from engine.access import LOCAL_ADMIN, SYSTEM
from engine.events import Event
from engine.notify.guard import guarded
from engine.notify.words import word
from engine.store.administrators import administrators
from engine.store.base import utc_now
from engine.store.database import Change
from engine.store.tables_access import AccountRow, SessionRow

if TYPE_CHECKING:
    from auth.service import Auth

OWN_SCOPES = frozenset({"pair", "name", "device", "code"})  # of a lock-out: about one name, not one address
SECONDS_WORTH_TELLING = 60  # a shorter refusal is a typing mistake
Make = Callable[["Notices", Change, Any], None]


class Notices:
    """Reacts to events of accounts, sign-ins, tokens and secrets."""

    def __init__(self, auth: Auth) -> None:
        self._auth = auth
        self._engine = auth.engine

    def react(self, change: Change, event: Event, department: str | None) -> None:
        """Called for each event. What goes wrong here must not keep the change from happening."""
        make = TABLE.get(event.name)
        if make is not None:
            guarded(change, f"the event {event.name}", lambda: make(self, change, event))

    # ---- one for each kind of event

    def password_changed(self, change: Change, event: Any) -> None:
        """By oneself; the very first password of an account needs no notice."""
        if event.how != "first":
            self._about_account(change, event.account, "password-changed", "title")

    def password_reset(self, change: Change, event: Any) -> None:
        """By an administrator."""
        self._about_account(change, event.account, "password-changed", "title_reset")

    def factor_changed(self, change: Change, event: Any) -> None:
        """Switched on or off, or with new recovery codes."""
        self._about_account(
            change,
            event.account,
            "second-factor-changed",
            "title",
            old=event.old or "–",
            new=event.new or "–",
        )

    def recovery_used(self, change: Change, event: Any) -> None:
        """A recovery code instead of the second factor."""
        kind = "second-factor-changed"
        body = word(f"{kind}.recovery_body", when=self._when(), left=event.left)
        self._tell(change, event.account, kind, word(f"{kind}.recovery_title"), body)

    def signed_in(self, change: Change, event: Any) -> None:
        """On a device that the account was not used with before; the first sign-in of all tells nothing."""
        session = change.session.get(SessionRow, event.session)
        if session is None:
            return
        query = select(SessionRow.agent, SessionRow.id).where(col(SessionRow.account) == event.account)
        earlier = [_family(agent) for agent, id in change.session.execute(query) if id != session.id]
        if not earlier or _family(session.agent) in earlier:
            return
        kind = "new-device"
        body = word(
            f"{kind}.body",
            when=self._when(),
            address=session.address or word(f"{kind}.unknown_address"),
            agent=session.agent[:200] or word(f"{kind}.unknown_agent"),
        )
        self._tell(change, event.account, kind, word(f"{kind}.title"), body)

    def locked(self, change: Change, event: Any) -> None:
        """Refused for a while after wrong passwords. One unread notice is enough."""
        if not event.account or event.scope not in OWN_SCOPES or event.seconds < SECONDS_WORTH_TELLING:
            return
        kind = "account-locked"
        if self._engine.notify.newest_unread(change, event.account, kind):
            return
        body = word(f"{kind}.body", failures=event.failures, minutes=max(1, round(event.seconds / 60)))
        self._tell(change, event.account, kind, word(f"{kind}.title"), body)

    def roles_changed(self, change: Change, event: Any) -> None:
        """By somebody else, or by the groups of the identity provider."""
        if change.actor.id == event.account and change.actor.kind == "person":
            return
        kind = "role-changed"
        body = word(f"{kind}.body", old=_roles(event.old), new=_roles(event.new), who=self._who(change, ""))
        self._tell(change, event.account, kind, word(f"{kind}.title"), body)

    def state_changed(self, change: Change, event: Any) -> None:
        """Disabled or enabled."""
        if event.new not in ("disabled", "active"):
            return
        kind = "role-changed"
        body = word(f"{kind}.state_body", who=self._who(change, ""), reason=event.reason).strip()
        self._tell(change, event.account, kind, word(f"{kind}.state_{event.new}"), body)

    def token_made(self, change: Change, event: Any) -> None:
        """Whoever has a token acts as the account."""
        kind = "token-made"
        values = {
            "who": self._who(change, event.account),
            "when": self._when(),
            "until": str(event.expires_at)[:10],
        }
        self._tell(
            change,
            event.account,
            kind,
            word(f"{kind}.title", token=event.title),
            word(f"{kind}.body", **values),
        )

    def secret_set(self, change: Change, event: Any) -> None:
        """Replaced by somebody else than the one who set it last."""
        self._secret(change, event, "title")

    def secret_removed(self, change: Change, event: Any) -> None:
        """Removed by somebody else than the one who set it last."""
        self._secret(change, event, "title_removed")

    def audit_verified(self, change: Change, event: Any) -> None:
        """The audit log is not as it was written: the administrators are told, one unread notice each."""
        if event.result != "failed":
            return
        kind = "audit-damaged"
        body = word(f"{kind}.body", findings=event.findings, entries=event.entries, when=self._when())
        for account in administrators(change.session):
            if not self._engine.notify.newest_unread(change, account, kind):
                self._tell(change, account, kind, word(f"{kind}.title"), body, "/audit")

    # ---- helpers

    def _secret(self, change: Change, event: Any, title: str) -> None:
        if not event.before or event.before == change.actor.id:
            return
        kind = "secret-changed"
        body = word(f"{kind}.body", who=self._who(change, ""), when=self._when())
        self._tell(change, event.before, kind, word(f"{kind}.{title}", secret=event.secret), body, "/secrets")

    def _about_account(self, change: Change, account: str, kind: str, title: str, **values: object) -> None:
        body = word(f"{kind}.body", who=self._who(change, account), when=self._when(), **values)
        self._tell(change, account, kind, word(f"{kind}.{title}"), body)

    def _tell(
        self, change: Change, account: str, kind: str, title: str, body: str, link: str = "/account"
    ) -> None:
        self._engine.notify.tell(change, account, kind, title, body, link)

    def _when(self) -> str:
        zone = ZoneInfo(self._engine.settings.business_timezone)
        return f"{utc_now().astimezone(zone):%Y-%m-%d %H:%M} ({zone.key})"

    def _who(self, change: Change, account: str) -> str:
        """Who did it, in words; ``account`` is who is told."""
        actor = change.actor
        if actor.id == account:
            return word("password-changed.you")
        if actor.id in (LOCAL_ADMIN.id, SYSTEM.id):
            return actor.name
        row = change.session.get(AccountRow, actor.id)
        return (row.title or row.name) if row is not None else actor.name or actor.id


def _family(agent: str) -> str:
    """A browser without its version: an update makes no new device."""
    return re.sub(r"[\d._]+", "", agent).strip()


def _roles(roles: Any) -> str:
    shown = [
        f"{role} ({department})" if department else str(role) for role, _, department in map(_split, roles)
    ]
    return ", ".join(shown) or word("role-changed.nothing")


def _split(role: object) -> tuple[str, str, str]:
    return str(role).partition("@")


TABLE: dict[str, Make] = {
    "password-changed": Notices.password_changed,
    "password-reset": Notices.password_reset,
    "second-factor-changed": Notices.factor_changed,
    "recovery-code-used": Notices.recovery_used,
    "signed-in": Notices.signed_in,
    "sign-in-locked": Notices.locked,
    "roles-changed": Notices.roles_changed,
    "account-state-changed": Notices.state_changed,
    "token-created": Notices.token_made,
    "secret-set": Notices.secret_set,
    "secret-removed": Notices.secret_removed,
    "audit-verified": Notices.audit_verified,
}
