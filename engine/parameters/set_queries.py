"""Queries over parameter sets: cards filtered in SQL, versions, what was approved when."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, bindparam, func, or_, select

from engine.access import Scope
from engine.errors import NotFound
from engine.parameters.in_force import COMPANY_PLACE, Approved
from engine.parameters.set_records import (
    APPROVED,
    EXPIRED,
    IN_REVIEW,
    REJECTED,
    SUPERSEDED,
    Place,
    ReviewStep,
    SetCard,
    SetVersion,
)
from engine.store.base import UtcDateTime, utc_now
from engine.store.scoping import within
from engine.store.tables_parameters import PLACE, REVIEW, SET, VERSION

LONGEST_NAME = 80
KIND = "params"  # as rights and events call a set


def set_row(connection: Connection, model: str, name: str, holder: str, *, lock: bool = False) -> Any:
    """The row of a set; ``lock``: nobody else changes it until the transaction ends. Raises NotFound."""
    if (
        not name.isprintable() or len(name) > LONGEST_NAME
    ):  # also halves of characters, which no database takes
        raise NotFound(KIND, f"{model}/{name[:LONGEST_NAME]}".encode("utf-8", "replace").decode())
    query = select(SET).where(SET.c.model == model, SET.c.name == name, SET.c.holder == holder)
    row = connection.execute(query.with_for_update() if lock else query).one_or_none()
    if row is None:
        raise NotFound(KIND, f"{model}/{name}")
    return row


def cards(
    connection: Connection, scope: Scope, holder: str, model: str, search: str, today: date
) -> list[SetCard]:
    """The sets that somebody may see and their own presets, by model and name."""
    shared = SET.c.model.in_(scope.ids("model"))
    visible: ColumnElement[bool] = or_(within(scope, SET.c.department, KIND, SET.c.id), shared)
    query = _CARD.where(or_(and_(SET.c.holder == "", visible), SET.c.holder == holder))
    if model:
        query = query.where(SET.c.model == model)
    for word in search.split():
        pattern = "%" + word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        query = query.where(
            or_(*(c.ilike(pattern, escape="\\") for c in (SET.c.name, SET.c.title, SET.c.model)))
        )
    rows = connection.execute(query.order_by(SET.c.model, SET.c.name), _clock(today))
    return [_card(row) for row in rows]


def _in_force() -> Any:
    """The id of the company's version of today."""
    inner = VERSION.alias("inner")
    return (
        select(inner.c.id)
        .where(
            inner.c.set_id == SET.c.id,
            inner.c.place == COMPANY_PLACE,
            inner.c.effective_from <= bindparam("today"),
            inner.c.approved_at.is_not(None),
        )
        .order_by(inner.c.effective_from.desc(), inner.c.approved_at.desc(), inner.c.number.desc())
        .limit(1)
        .correlate(SET)
        .scalar_subquery()
    )


_WAITING = (
    select(func.count())
    .where(
        VERSION.c.set_id == SET.c.id,
        VERSION.c.state == IN_REVIEW,
        or_(VERSION.c.expires_at.is_(None), VERSION.c.expires_at > bindparam("now", type_=UtcDateTime)),
    )
    .correlate(SET)
    .scalar_subquery()
)
_HOLDING = VERSION.alias("holding")
_CARD = select(
    SET, _HOLDING.c.number.label("in_force"), _HOLDING.c.effective_from, _WAITING.label("in_review")
).select_from(SET.outerjoin(_HOLDING, _HOLDING.c.id == _in_force()))


def _clock(today: date) -> dict[str, Any]:
    return {"today": today.isoformat(), "now": utc_now()}


def _card(row: Any) -> SetCard:
    return SetCard(
        id=row.id,
        model=row.model,
        name=row.name,
        title=row.title or row.name,
        kind="personal" if row.holder else "department",
        department=row.department,
        owner=row.owner,
        guarded=row.guarded,
        latest=row.latest,
        in_force=row.in_force,
        effective_from=None if row.effective_from is None else date.fromisoformat(row.effective_from),
        in_review=row.in_review,
        changed_at=row.changed_at,
    )


def card(connection: Connection, set_id: str, today: date) -> SetCard:
    """One set's card."""
    return _card(connection.execute(_CARD.where(SET.c.id == set_id), _clock(today)).one())


def places(connection: Connection, set_id: str) -> list[Place]:
    """The places of a set, by their path."""
    query = select(PLACE).where(PLACE.c.set_id == set_id).order_by(PLACE.c.place)
    return [Place(row.place, row.title, row.currency) for row in connection.execute(query)]


def approved(connection: Connection, set_id: str, wanted: Iterable[str]) -> list[Approved]:
    """What was ever approved for these places, without values."""
    query = select(VERSION.c.number, VERSION.c.place, VERSION.c.effective_from, VERSION.c.approved_at).where(
        VERSION.c.set_id == set_id, VERSION.c.place.in_(list(wanted)), VERSION.c.approved_at.is_not(None)
    )
    return [
        Approved(row.number, row.place, date.fromisoformat(row.effective_from), row.approved_at)
        for row in connection.execute(query)
    ]


def held(
    connection: Connection, set_id: str, wanted: Iterable[str], valid_on: date, known_at: datetime
) -> dict[str, Any]:
    """Place → number and values of the version in force there: ``in_force.as_of``, answered by the index.

    Places without one are left out. Reading every approved version to choose among them costs 25 times as much.
    """
    found = {}
    for place in wanted:
        asked = {"set_id": set_id, "place": place, "day": valid_on.isoformat(), "known": known_at}
        row = connection.execute(_HELD, asked).one_or_none()
        if row is not None:
            found[place] = row
    return found


_HELD = (
    select(VERSION.c.number, VERSION.c.values_json)
    .where(
        VERSION.c.set_id == bindparam("set_id"),
        VERSION.c.place == bindparam("place"),
        VERSION.c.effective_from <= bindparam("day"),
        VERSION.c.approved_at <= bindparam("known", type_=UtcDateTime),
    )
    .order_by(VERSION.c.effective_from.desc(), VERSION.c.approved_at.desc(), VERSION.c.number.desc())
    .limit(1)
)


def values_of(connection: Connection, set_id: str, numbers: Iterable[int]) -> dict[int, dict[str, Any]]:
    """The values that versions set at their place."""
    query = select(VERSION.c.number, VERSION.c.values_json).where(
        VERSION.c.set_id == set_id, VERSION.c.number.in_(list(numbers))
    )
    return {row.number: json.loads(row.values_json) for row in connection.execute(query)}


def version_row(connection: Connection, found: Any, number: int) -> Any:
    """The row of a version. Raises NotFound."""
    query = select(VERSION).where(VERSION.c.set_id == found.id, VERSION.c.number == number)
    row = connection.execute(query).one_or_none()
    if row is None:
        raise NotFound("version", f"{found.name}@{number}", "The set's page lists its versions.")
    return row


def newest(connection: Connection, set_id: str, place: str, now: datetime) -> Any | None:
    """What the next version of a place must be based on: its newest one that was not turned down."""
    expired = and_(
        VERSION.c.state == IN_REVIEW, VERSION.c.expires_at.is_not(None), VERSION.c.expires_at <= now
    )
    query = (
        select(VERSION)
        .where(VERSION.c.set_id == set_id, VERSION.c.place == place, VERSION.c.state != REJECTED, ~expired)
        .order_by(VERSION.c.number.desc())
    )
    return connection.execute(query.limit(1)).one_or_none()


def state(row: Any, now: datetime) -> str:
    """A version's state; one whose review took too long has expired."""
    if row.state == IN_REVIEW and row.expires_at is not None and row.expires_at <= now:
        return EXPIRED
    return str(row.state)


def steps_of(connection: Connection, version_ids: Sequence[str]) -> dict[str, list[ReviewStep]]:
    """The steps of reviews, in their order."""
    query = (
        select(REVIEW).where(REVIEW.c.version_id.in_(list(version_ids))).order_by(REVIEW.c.at, REVIEW.c.id)
    )
    found: dict[str, list[ReviewStep]] = {}
    for row in connection.execute(query):
        found.setdefault(row.version_id, []).append(ReviewStep(row.step, row.by, row.at, row.comment))
    return found


def records(
    connection: Connection, owner: Any, rows: Sequence[Any], now: datetime, today: date
) -> list[SetVersion]:
    """Rows of versions as callers see them: an approved one that another has taken the place of is superseded."""
    holding = held(connection, owner.id, {row.place for row in rows}, today, now)
    steps = steps_of(connection, [row.id for row in rows])
    return [
        _version(owner, row, shown_state(row, holding.get(row.place), now, today), steps.get(row.id, []))
        for row in rows
    ]


def shown_state(row: Any, holding: Any | None, now: datetime, today: date) -> str:
    """A version's state as callers see it; ``holding`` is what is in force at its place."""
    over = holding is not None and row.number != holding.number
    if row.state == APPROVED and over and row.effective_from <= today.isoformat():
        return SUPERSEDED
    return state(row, now)


def _version(owner: Any, row: Any, shown: str, steps: list[ReviewStep]) -> SetVersion:
    return SetVersion(
        id=row.id,
        model=owner.model,
        set=owner.name,
        number=row.number,
        place=row.place,
        state=shown,
        values=json.loads(row.values_json),
        changed=json.loads(row.changed_json),
        guarded=json.loads(row.guarded_json),
        sources=json.loads(row.sources_json),
        base=row.base,
        model_version=row.model_version,
        reason=row.reason,
        author=row.author,
        created_at=row.created_at,
        effective_from=date.fromisoformat(row.effective_from),
        expires_at=row.expires_at,
        approved_at=row.approved_at,
        approved_by=row.approved_by,
        steps=steps,
    )
