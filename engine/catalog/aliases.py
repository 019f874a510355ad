"""Aliases: movable names of versions, with a history in two times (in force since, known since)."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from sqlmodel import Session, col, select

from engine.catalog.records import AliasMove
from engine.errors import Invalid, Problem
from engine.events import AliasMoved
from engine.store.base import utc_now
from engine.store.database import Change
from engine.store.tables_catalog import ModelAliasMoveRow, ModelAliasRow, ModelVersionRow

if TYPE_CHECKING:
    from engine.calendar import BusinessCalendar

LIVE = "live"
_NAME = re.compile(r"[a-z][a-z0-9-]{0,39}", re.ASCII)


def check_name(alias: str) -> None:
    """Raises Invalid for a name that is not possible."""
    if not _NAME.fullmatch(alias):
        sentence = (
            f"“{alias}” cannot name an alias. Use small letters, digits and hyphens, such as challenger."
        )
        raise Invalid("the alias", [Problem("alias", sentence, alias)])


def move(
    change: Change, model: str, alias: str, version: ModelVersionRow, reason: str, valid_from: datetime | None,
    department: str | None,
) -> None:  # fmt: skip
    """Write a move, let the alias point to what is in force now, and tell of it. No move when nothing changes."""
    now = utc_now()
    session = change.session
    current = session.get(ModelAliasRow, (model, alias))
    since = valid_from or now
    if since > now:
        raise Invalid(
            "the alias",
            [
                Problem(
                    "valid_from",
                    f"{since.isoformat()} lies in the future. Move the alias when the day has come.",
                )
            ],
        )
    old = current.number if current else None
    if old == version.number and valid_from is None:
        return
    session.add(
        ModelAliasMoveRow(
            model=model, alias=alias, number=version.number, old=old, valid_from=since, known_at=now,
            moved_by=change.actor.id, reason=reason,
        )
    )  # fmt: skip
    session.flush()
    number = as_of(session, model, alias, now, now)
    if current is None:
        session.add(ModelAliasRow(model=model, alias=alias, number=version.number, version_id=version.id))
    elif number is not None and number != current.number:
        pointed = session.exec(
            select(ModelVersionRow).where(ModelVersionRow.model == model, ModelVersionRow.number == number)
        ).one()
        current.number, current.version_id = pointed.number, pointed.id
    session.flush()
    change.emit(
        AliasMoved(model=model, alias=alias, old=old, new=version.number, reason=reason),
        department=department,
    )


def as_of(session: Session, model: str, alias: str, valid_on: datetime, known_at: datetime) -> int | None:
    """The version number that the alias meant at ``valid_on``, as far as it was known at ``known_at``."""
    rows = (
        select(ModelAliasMoveRow.number)
        .where(ModelAliasMoveRow.model == model, ModelAliasMoveRow.alias == alias)
        .where(col(ModelAliasMoveRow.valid_from) <= valid_on, col(ModelAliasMoveRow.known_at) <= known_at)
        .order_by(
            col(ModelAliasMoveRow.valid_from).desc(),
            col(ModelAliasMoveRow.known_at).desc(),
            col(ModelAliasMoveRow.id).desc(),
        )
        .limit(1)
    )
    return session.exec(rows).first()


def instant(moment: date | datetime, calendar: BusinessCalendar) -> datetime:
    """A business day means its last moment; a date-time itself. Raises Invalid for one without zone."""
    if isinstance(moment, datetime):
        if moment.tzinfo is None:
            raise Invalid(
                "the date",
                [
                    Problem(
                        "valid_on", f"{moment.isoformat()} has no time zone. Add one, for instance +01:00."
                    )
                ],
            )
        return moment
    return calendar.start_of(moment + timedelta(days=1)) - timedelta(microseconds=1)


def history(session: Session, model: str) -> list[AliasMove]:
    """All moves of all aliases of a model, newest first."""
    rows = session.exec(
        select(ModelAliasMoveRow)
        .where(ModelAliasMoveRow.model == model)
        .order_by(col(ModelAliasMoveRow.known_at).desc(), col(ModelAliasMoveRow.id).desc())
    )
    return [AliasMove(r.alias, r.number, r.old, r.known_at, r.valid_from, r.moved_by, r.reason) for r in rows]
