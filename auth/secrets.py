"""Stored secrets: passwords of data sources and of mail servers, sealed in the database.

A value goes in by ``set`` and comes out in one way only: to a model's worker or to a connection, by ``reveal``
(each use is audited) or, for the server's own settings, by ``own``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, or_
from sqlmodel import col, select

from auth.events_secrets import SecretRemoved, SecretSet, SecretUsed
from auth.keys import context
from auth.secret_shape import OWN, SecretInfo, audited, check, check_department, info, lost, within
from engine.access import (
    COMPANY,
    IDENTITY_MANAGE,
    LOCAL_ADMIN,
    NOTIFY_MANAGE,
    SECRET_MANAGE,
    SECRET_READ,
    SECRET_USE,
    SYSTEM,
    Actor,
    Resource,
    require,
    service,
)
from engine.errors import NotFound
from engine.notify.desk import PASSWORD
from engine.store.base import utc_now
from engine.store.tables_access import SecretRow

if TYPE_CHECKING:
    from auth.service import Auth

SMTP_PASSWORD = PASSWORD  # the engine names it, which knows nothing of auth
CLIENT_SECRET = "quarterdeck.oidc-client-secret"  # noqa: S105 (a name)
OWN_NEEDED = {SMTP_PASSWORD: NOTIFY_MANAGE, CLIENT_SECRET: IDENTITY_MANAGE}


class SecretStore:
    """Keeps secrets; implements the engine's ``Secrets``."""

    def __init__(self, auth: Auth) -> None:
        self.auth = auth
        self.engine = auth.engine

    def _managed(
        self, actor: Actor, name: str, value: str, *, department: str | None = None, **_: str
    ) -> Resource:
        row = self._row(name)
        return Resource("secret", name, row.department if row is not None else department)

    def _existing(self, actor: Actor, name: str, *_: str, **__: str | None) -> Resource:
        row = self._found(name)
        return Resource("secret", name, row.department)

    @service(SECRET_READ)
    def list(self, actor: Actor) -> Sequence[SecretInfo]:
        """All secrets whose names this person may see, by name. Never their values."""
        scope = self.engine.authorizer.scope(actor, SECRET_READ)
        query = select(SecretRow).where(~col(SecretRow.name).startswith(OWN)).order_by(SecretRow.name)
        if (limits := within(scope)) is not None:
            query = query.where(limits)
        with self.engine.database.read() as session:
            return [info(row) for row in session.exec(query)]

    @service(SECRET_READ, on=_existing)
    def get(self, actor: Actor, name: str) -> SecretInfo:
        """One secret, without its value. Raises NotFound and Refused."""
        return info(self._found(name))

    @service(SECRET_USE)
    def choices(self, actor: Actor, department: str | None) -> Sequence[SecretInfo]:
        """The secrets that this person may give to a model of that department: its own and the company's."""
        places: Sequence[ColumnElement[bool]] = [col(SecretRow.department).is_(None)]
        if department:
            places = [*places, col(SecretRow.department) == department]
        query = select(SecretRow).where(or_(*places), ~col(SecretRow.name).startswith(OWN))
        with self.engine.database.read() as session:
            found = [info(row) for row in session.exec(query.order_by(SecretRow.name))]
        return [one for one in found if not one.lost and self._may_use(actor, one)]

    @service(SECRET_MANAGE, on=_managed)
    def set(
        self,
        actor: Actor,
        name: str,
        value: str,
        *,
        department: str | None = None,
        description: str = "",
        reason: str = "",
    ) -> SecretInfo:
        """Store a secret or replace it (value, department and description). Raises Invalid and Refused.

        Moving one to another department needs the right in both.
        """
        check(name, value)
        department = department or None
        self._may_manage(actor, name, department)
        return self._store(actor, name, value, department, description, reason)

    @service(SECRET_MANAGE, on=_existing)
    def remove(self, actor: Actor, name: str, reason: str = "") -> None:
        """Remove a secret for good. Runs that name it fail from now on, with a sentence. Raises NotFound."""
        with self.engine.database.change(actor) as change:
            row = change.session.get(SecretRow, name)
            if row is None or name.startswith(OWN):
                raise NotFound("secret", name)
            self._may_manage(actor, name, row.department)
            change.session.delete(row)
            told = SecretRemoved(secret=name, before=row.changed_by, reason=reason)
            change.emit(told, department=row.department)

    def offered(self, actor: Actor, department: str | None) -> Sequence[tuple[str, str]]:
        """Names and descriptions of ``choices``: what a form offers. Empty for those who may use none."""
        if not self.engine.authorizer.decide(actor, SECRET_USE, None).allowed:
            return []
        return [(one.name, one.description) for one in self.choices(actor, department)]

    @service(SECRET_USE, on=_existing)
    def usable(self, actor: Actor, name: str, department: str | None) -> None:
        """May this person give the secret to a model of that department? Raises NotFound and Refused."""
        row = self._found(name)
        check_department(row, department)
        if not row.sealed:
            raise lost(row)

    @service(SECRET_USE, on=_existing)
    def reveal(self, actor: Actor, name: str, **use: str | None) -> str:
        """The value, for ``purpose`` (run, call, check), ``model`` of ``department`` and ``run``.

        The use is audited before the value is handed out. Raises NotFound (none of that name, or one of
        another department), Refused, KeyMissing, Damaged.
        """
        row = self._found(name)
        check_department(row, use.get("department"))
        value = self._opened(row)
        told = SecretUsed(
            secret=name,
            purpose=use.get("purpose") or "run",
            model=use.get("model") or "",
            run=use.get("run") or "",
        )
        self.engine.database.write(actor, lambda change: change.emit(told, department=row.department))
        return value

    def acting(self, account: str, run: str) -> Actor:
        """The person of a run, with the rights they have now. Raises Refused for a disabled account."""
        if account in (LOCAL_ADMIN.id, SYSTEM.id):
            return replace(LOCAL_ADMIN if account == LOCAL_ADMIN.id else SYSTEM, via="run", request_id=run)
        return self.auth.accounts.actor_of(account, via="run", request_id=run)

    def stamp(self, name: str) -> str:
        """Changes whenever the value may have: what the reuse of results compares instead. Empty: no such secret."""
        row = self._row(name)
        return row.changed_at.isoformat() if row is not None else ""

    def seal(self, value: str, context: str) -> str:
        """Seal a value for the place that ``context`` names (``auth.sealed`` must know the column)."""
        return self.auth.keys.seal(value, context)

    def unseal(self, sealed: str, context: str) -> str:
        """Open it. Raises KeyMissing and Damaged."""
        return self.auth.keys.open_text(sealed, context)

    def own(self, name: str) -> str | None:
        """The value of one of the server's own secrets, for the code that connects with it. None: not set."""
        row = self._row(name)
        return self._opened(row) if row is not None and row.sealed else None

    def own_changed(self, name: str) -> datetime | None:
        """When one of the server's own secrets was last set (what its page shows); None: not set."""
        row = self._row(name)
        return row.changed_at if row is not None and row.sealed else None

    def put_own(self, actor: Actor, name: str, value: str | None, reason: str = "") -> None:
        """Set (None: remove) one of the server's own secrets. Needs the right to change what it belongs to."""
        require(self.engine.authorizer, actor, OWN_NEEDED[name], COMPANY, self.engine.auditor)
        if value is not None:
            check(name, value, own=True)
            self._store(actor, name, value, None, "", reason)
            return
        with self.engine.database.change(actor) as change:
            row = change.session.get(SecretRow, name)
            if row is not None:
                change.session.delete(row)
                change.emit(SecretRemoved(secret=name, reason=reason))

    def _store(
        self, actor: Actor, name: str, value: str, department: str | None, description: str, reason: str
    ) -> SecretInfo:
        sealed = self.auth.keys.seal(value, context("secret", "sealed", name))
        with self.engine.database.change(actor) as change:
            before = change.session.get(SecretRow, name, with_for_update=True)
            if before is not None and not name.startswith(OWN):
                self._may_manage(actor, name, before.department)  # it may be another's since we were asked
            old = audited(before) if before is not None else None
            last = before.changed_by if before is not None else ""
            row = before or SecretRow(name=name, key_id="", sealed="")
            row.department, row.description = department, description
            row.key_id, row.sealed = sealed.split(".")[1], sealed
            row.changed_at, row.changed_by = utc_now(), actor.id
            change.session.add(row)
            change.emit(
                SecretSet(secret=name, old=old, new=audited(row), before=last, reason=reason),
                department=department,
            )
            return info(row)

    def _may_manage(self, actor: Actor, name: str, department: str | None) -> None:
        resource = Resource("secret", name, department)
        require(self.engine.authorizer, actor, SECRET_MANAGE, resource, self.engine.auditor)

    def _may_use(self, actor: Actor, one: SecretInfo) -> bool:
        asked = Resource("secret", one.name, one.department)
        return self.engine.authorizer.decide(actor, SECRET_USE, asked).allowed

    def _opened(self, row: SecretRow) -> str:
        if not row.sealed:
            raise lost(row)
        return self.auth.keys.open_text(row.sealed, context("secret", "sealed", row.name))

    def _row(self, name: str) -> SecretRow | None:
        with self.engine.database.read() as session:
            return session.get(SecretRow, name)

    def _found(self, name: str) -> SecretRow:
        row = self._row(name)
        if row is None or name.startswith(OWN):
            raise NotFound("secret", name)
        return row
