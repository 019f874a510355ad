"""The inbox of each person, and which notices they want by mail as well."""

from __future__ import annotations

import builtins
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select, update
from sqlmodel import col

from engine.access import ACCOUNT_OWN, INBOX_READ, Actor, Resource, service
from engine.errors import Invalid, NotFound, Problem
from engine.events import PreferencesChanged
from engine.notify.kinds import KINDS, kind_of
from engine.store.base import utc_now
from engine.store.tables_access import AccountRow
from engine.store.tables_notify import NoticeRow

if TYPE_CHECKING:
    from engine.engine import Engine

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


def _own(self: Inbox, actor: Actor, *_: Any, **__: Any) -> Resource:
    return Resource("account", actor.id, None, actor.id)


class Inbox:
    """One's own notices. Part of ``engine.notify``."""

    engine: Engine

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
        return {name: kind.always or wants(account, name) for name, kind in KINDS.items()}

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


def wants(account: AccountRow, kind: str) -> bool:
    """Does this person want notices of the kind by mail?"""
    chosen = json.loads(account.preferences or "{}").get("mail", {})
    return bool(chosen.get(kind, kind_of(kind).mail))
