"""What a reviewer looks at: what a version changes, which versions wait, and who may approve them."""

from __future__ import annotations

import builtins
import json
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, or_, select

from engine.access import PARAMS_READ, PARAMS_REVIEW, Actor, Resource, service
from engine.parameters import set_notices, set_queries, set_values
from engine.parameters.changes import FieldChange, change, side
from engine.parameters.equality import same
from engine.parameters.in_force import lineage
from engine.parameters.merging import differing
from engine.parameters.set_editing import used_so_far
from engine.parameters.set_part import SetPart, of_set
from engine.parameters.set_records import IN_REVIEW, REMINDED, InForce, Place, SetVersion
from engine.store.base import utc_now
from engine.store.scoping import within
from engine.store.tables_catalog import ModelRow
from engine.store.tables_parameters import REVIEW, SET, VERSION

if TYPE_CHECKING:
    pass

INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True)
class Differences:
    """A version beside what held without it. ``held`` is the version of each place that it is compared with."""

    version: SetVersion
    held: dict[str, int]
    known_at: datetime
    fields: list[FieldChange]


@dataclass(frozen=True)
class Waiting:
    """A version that waits for somebody. ``own``: this person wrote it; ``asked``: its author owes an answer."""

    model: str
    model_title: str
    set: str
    title: str
    number: int
    place: str
    department: str | None
    author: str
    changed: list[str]
    guarded: list[str]
    reason: str
    created_at: datetime
    effective_from: date
    expires_at: datetime | None
    own: bool
    decides: bool
    asked: bool


@dataclass(frozen=True)
class Planned:
    """A version that is approved and begins on a later day."""

    number: int
    place: str
    effective_from: date


@dataclass(frozen=True)
class AtPlace:
    """A place with the number of the version in force there today, and the fields that it sets by itself."""

    place: Place
    number: int | None
    fields: builtins.list[str]


@dataclass(frozen=True)
class Approvers:
    """Other accounts that may approve a version by their role, and whether the one who asks is among its authors."""

    others: builtins.list[str]
    barred: bool


class Examining(SetPart):
    """What a review needs to see. Part of ``engine.sets``."""

    @service(PARAMS_READ, on=of_set)
    def differences(self, actor: Actor, model: str, name: str, number: int) -> Differences:
        """What a version changes at its place on its first day.

        One that waits is compared with what holds now; an approved one with what was known just before its
        approval; one that was turned down with what was known when it was submitted. Raises NotFound.
        """
        version = self.found(actor, model, name, number)
        moment = moment_of(version)
        manifest = set_values.manifest_of(self.engine, model)
        masked = set_values.masked_fields(self.engine, actor, manifest)
        asked = (version.effective_from, moment, version.place)
        before = self.resolved(actor, model, name, *asked)
        after = self.resolved(actor, model, f"{name}@{number}", *asked)
        defaults = set_values.defaults(manifest)
        own = set(differing(_own(before), _own(after)))
        effective = {
            f
            for f in before.values.keys() | after.values.keys()
            if not same(before.values.get(f, defaults.get(f)), after.values.get(f, defaults.get(f)))
        }
        wanted = own | effective
        with self.engine.database.look() as connection:
            used = used_so_far(connection, before.set_id, version.place, manifest, moment, wanted)
        ordered = [f for f in manifest.fields if f in wanted]
        ordered += sorted(wanted - manifest.fields.keys())
        shown = [
            change(
                f,
                manifest.fields.get(f),
                side(f, set_values.shown(before.values, masked), before.origin, defaults),
                side(f, set_values.shown(after.values, masked), after.origin, defaults),
                guarded=f in version.guarded,
                source=version.sources.get(f, ""),
                known=None if f in masked else used.get(f),
            )
            for f in ordered
        ]
        return Differences(self._visible(actor, version), before.versions, moment, shown)

    @service(PARAMS_READ)
    def waiting(self, actor: Actor, model: str = "") -> builtins.list[Waiting]:
        """The versions that wait for a review and that concern this person, the first to expire first.

        Those that they may decide, and those that they wrote.
        """
        scope = self.engine.authorizer.scope(actor, PARAMS_REVIEW)
        shared = SET.c.model.in_(scope.ids("model"))
        decides = or_(within(scope, SET.c.department, set_queries.KIND, SET.c.id), shared)
        now = utc_now()
        query = (
            select(VERSION, SET.c.model, SET.c.name, SET.c.title, SET.c.department)
            .add_columns(decides.label("decides"), ModelRow.__table__.c.title.label("model_title"))  # type: ignore[attr-defined]
            .join(SET, SET.c.id == VERSION.c.set_id)
            .join(ModelRow.__table__, ModelRow.__table__.c.name == SET.c.model)  # type: ignore[attr-defined]
            .where(
                VERSION.c.state == IN_REVIEW,
                or_(VERSION.c.expires_at.is_(None), VERSION.c.expires_at > now),
                or_(decides, and_(VERSION.c.author == actor.id)),
            )
            .order_by(VERSION.c.expires_at, VERSION.c.number)
        )
        if model:
            query = query.where(SET.c.model == model)
        readable = self.engine.authorizer.decide
        with self.engine.database.look() as connection:
            rows = connection.execute(query).all()
            last = _last_steps(connection, [row.id for row in rows])
        found = []
        for row in rows:
            there = Resource(
                set_queries.KIND, f"{row.model}/{row.name}", row.department, None, ("model", row.model)
            )
            if readable(actor, PARAMS_READ, there).allowed:
                found.append(_waiting(row, actor, last.get(row.id, "")))
        return found

    @service(PARAMS_READ, on=of_set)
    def planned(self, actor: Actor, model: str, name: str, place: str = "") -> builtins.list[Planned]:
        """Versions that are approved and have not begun, at a place and above it, the first to begin first."""
        today = self.today()
        with self.engine.database.look() as connection:
            row = set_queries.set_row(connection, model, name, self.holder(actor, name))
            query = select(VERSION.c.number, VERSION.c.place, VERSION.c.effective_from).where(
                VERSION.c.set_id == row.id,
                VERSION.c.place.in_(lineage(place)),
                VERSION.c.effective_from > today.isoformat(),
                VERSION.c.approved_at.is_not(None),
            )
            rows = connection.execute(query.order_by(VERSION.c.effective_from, VERSION.c.approved_at)).all()
        return [Planned(one.number, one.place, date.fromisoformat(one.effective_from)) for one in rows]

    @service(PARAMS_READ, on=of_set)
    def at_places(self, actor: Actor, model: str, name: str) -> builtins.list[AtPlace]:
        """What each place sets by itself today; the company's own (empty) place comes first."""
        now, today = utc_now(), self.today()
        with self.engine.database.look() as connection:
            row = set_queries.set_row(connection, model, name, self.holder(actor, name))
            there = [Place(""), *set_queries.places(connection, row.id)]
            held = set_queries.held(connection, row.id, [one.place for one in there], today, now)
        found = []
        for one in there:
            version = held.get(one.place)
            own = sorted(json.loads(version.values_json)) if version is not None else []
            found.append(AtPlace(one, version.number if version is not None else None, own))
        return found

    @service(PARAMS_READ, on=of_set)
    def approvers(self, actor: Actor, model: str, name: str, number: int) -> Approvers:
        """Who may approve a version, and whether it is this person's own in a way that bars them. Raises NotFound."""
        from engine.parameters.set_reviews import authors

        with self.engine.database.look() as connection:
            row = set_queries.set_row(connection, model, name, self.holder(actor, name))
            version = set_queries.version_row(connection, row, number)
            able = set_notices.approvers(connection, row.department)
            wrote = authors(connection, row.id, version) if json.loads(version.guarded_json) else set()
        others = [one for one in able if one not in wrote and one != actor.id]
        return Approvers(others, bool(wrote & {actor.id, actor.on_behalf_of}))


def _own(held: InForce) -> dict[str, Any]:
    """What the place itself sets."""
    return {f: value for f, value in held.values.items() if held.origin[f] == held.place}


def moment_of(version: SetVersion) -> datetime:
    """As known when a version is (or was) decided on: it is compared with that."""
    if version.approved_at is not None:
        return version.approved_at - INSTANT
    if version.state == IN_REVIEW:
        return utc_now()
    return version.created_at


def _last_steps(connection: Any, ids: builtins.list[str]) -> dict[str, str]:
    query = (
        select(REVIEW.c.version_id, REVIEW.c.step)
        .where(REVIEW.c.version_id.in_(ids), REVIEW.c.step != REMINDED)
        .order_by(REVIEW.c.at, REVIEW.c.id)
    )
    return {row.version_id: row.step for row in connection.execute(query)}


def _waiting(row: Any, actor: Actor, last: str) -> Waiting:
    guarded = json.loads(row.guarded_json)
    own = row.author == actor.id
    return Waiting(
        model=row.model,
        model_title=row.model_title or row.model,
        set=row.name,
        title=row.title or row.name,
        number=row.number,
        place=row.place,
        department=row.department,
        author=row.author,
        changed=json.loads(row.changed_json),
        guarded=guarded,
        reason=row.reason,
        created_at=row.created_at,
        effective_from=date.fromisoformat(row.effective_from),
        expires_at=row.expires_at,
        own=own,
        decides=bool(row.decides) and not (own and guarded),
        asked=last == "question",
    )


__all__ = ["Approvers", "AtPlace", "Differences", "Examining", "Planned", "Waiting"]
