"""Searching the log: by date, person, object, action, result, department; newest first, page by page."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Row, Select, and_, func, or_, select
from sqlmodel import SQLModel

import engine.store.tables_audit  # noqa: F401 - the tables it reads
from auth.audit.chain import at_text

if TYPE_CHECKING:
    from auth.service import Auth

AUDIT = SQLModel.metadata.tables["audit"]
PERSONAL = SQLModel.metadata.tables["audit_personal"]
MOST = 500  # entries on a page


@dataclass(frozen=True)
class Search:
    """What to look for; empty fields ask for nothing. ``until`` is not included. ``object_id`` may end with ``*``."""

    since: datetime | None = None
    until: datetime | None = None
    person: str = ""
    action: str = ""
    object_kind: str = ""
    object_id: str = ""
    result: str = ""
    department: str = ""

    def as_json(self) -> dict[str, Any]:
        """The fields that ask for something."""
        told = {key: value for key, value in asdict(self).items() if value}
        return {key: at_text(value) if isinstance(value, datetime) else value for key, value in told.items()}


@dataclass(frozen=True)
class Entry:
    """An entry as people read it. ``where`` are personal values by field; None is an erased one."""

    seq: int
    at: datetime
    actor: str
    actor_name: str
    kind: str
    via: str
    credential: str
    request: str
    action: str
    object_kind: str
    object_id: str
    department: str | None
    result: str
    reason: str
    details: dict[str, Any]
    where: dict[str, str | None]
    hash: str


@dataclass(frozen=True)
class EntryPage:
    """Entries, newest first. ``before`` is what to ask for the next page with; None: there is none."""

    entries: list[Entry] = field(default_factory=list)
    before: int | None = None


def page(auth: Auth, search: Search, *, before: int | None = None, limit: int = 50) -> EntryPage:
    """A page of what was found; ``before`` continues behind that entry."""
    limit = max(1, min(limit, MOST))
    query = _filtered(search).order_by(AUDIT.c.at.desc(), AUDIT.c.seq.desc()).limit(limit + 1)
    with auth.engine.database.look() as connection:
        if before is not None:
            at = connection.execute(select(AUDIT.c.at).where(AUDIT.c.seq == before)).scalar()
            behind = AUDIT.c.seq < before
            if at is not None:
                behind = and_(AUDIT.c.at <= at, or_(AUDIT.c.at < at, behind))
            query = query.where(behind)
        rows = connection.execute(query).all()
        found = list(_entries(auth, connection, rows[:limit]))
    return EntryPage(found, found[-1].seq if len(rows) > limit else None)


def one(auth: Auth, seq: int) -> Entry | None:
    """One entry; None when it is not there."""
    with auth.engine.database.look() as connection:
        rows = connection.execute(select(AUDIT).where(AUDIT.c.seq == seq)).all()
        return next(iter(_entries(auth, connection, rows)), None)


def everything(auth: Auth, search: Search, size: int = MOST) -> Iterator[list[Entry]]:
    """All that was found in pages, oldest first; memory stays flat. What comes meanwhile is left out."""
    with auth.engine.database.look() as connection:
        last = connection.execute(select(AUDIT.c.seq).order_by(AUDIT.c.seq.desc()).limit(1)).scalar() or 0
    query = _filtered(search).where(AUDIT.c.seq <= last).order_by(AUDIT.c.at, AUDIT.c.seq).limit(size)
    behind: Any = AUDIT.c.seq > 0
    while True:
        with auth.engine.database.look() as connection:
            rows = connection.execute(query.where(behind)).all()
            found = list(_entries(auth, connection, rows))
        if not found:
            return
        yield found
        at, seq = found[-1].at, found[-1].seq
        behind = and_(AUDIT.c.at >= at, or_(AUDIT.c.at > at, AUDIT.c.seq > seq))


def known_actions(auth: Auth) -> list[str]:
    """The actions that occur in the log."""
    return _distinct(auth, "action")


def known_people(auth: Auth) -> list[str]:
    """The people (ids) who occur in the log."""
    return _distinct(auth, "actor")


def known_departments(auth: Auth) -> list[str]:
    """The departments that occur in the log."""
    return _distinct(auth, "department")


def _distinct(auth: Auth, name: str) -> list[str]:
    """The different values of an indexed column, by jumping from one to the next within the index."""
    column = AUDIT.c[name]
    first = select(func.min(column).label("value"))
    found = first.cte("found", recursive=True)
    behind = select(func.min(column)).where(column > found.c.value).scalar_subquery()
    found = found.union_all(select(behind).where(found.c.value.is_not(None)))
    query = select(found.c.value).where(found.c.value.is_not(None))
    with auth.engine.database.look() as connection:
        return [str(value) for (value,) in connection.execute(query)]


def _filtered(search: Search) -> Select[Any]:
    query, c = select(AUDIT), AUDIT.c
    if search.since is not None:
        query = query.where(c.at >= search.since)
    if search.until is not None:
        query = query.where(c.at < search.until)
    exact = {c.actor: search.person, c.action: search.action, c.object_kind: search.object_kind}
    exact |= {c.result: search.result, c.department: search.department}
    for column, wanted in exact.items():
        if wanted:
            query = query.where(column == wanted)
    if search.object_id.endswith("*"):
        start = search.object_id[:-1]
        query = query.where(c.object_id >= start, c.object_id < start + chr(0x10FFFF))
    elif search.object_id:
        query = query.where(c.object_id == search.object_id)
    return query


def _entries(auth: Auth, connection: Connection, rows: Iterable[Row[Any]]) -> Iterator[Entry]:
    rows = list(rows)
    names = auth.accounts.names({row.actor for row in rows})
    side: dict[int, dict[str, str | None]] = {}
    wanted = [row.seq for row in rows if row.personal != "{}"]
    if wanted:
        values = connection.execute(select(PERSONAL).where(PERSONAL.c.seq.in_(wanted)))
        for value in values:
            side.setdefault(value.seq, {})[value.field] = value.value if value.salt else None
    for row in rows:
        where = dict.fromkeys(sorted(_json(row.personal))) | side.get(row.seq, {})
        yield Entry(
            actor_name=names.get(row.actor, row.actor),
            details=_json(row.details),
            where=where,
            **{name: getattr(row, name) for name in _PLAIN},
        )


_PLAIN = [name for name in Entry.__dataclass_fields__ if name not in ("actor_name", "details", "where")]


def _json(text: str) -> dict[str, Any]:
    """What a column holds; of a changed one, its text."""
    try:
        found = json.loads(text)
    except ValueError:
        return {"text": text}
    return found if isinstance(found, dict) else {"text": text}
