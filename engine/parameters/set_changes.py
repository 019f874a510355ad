"""New versions of parameter sets: checked, based on the newest one, guarded where a second person is needed."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select, update

from engine.access import LOCAL_ADMIN, PARAMS_WRITE, SYSTEM, Actor, service
from engine.errors import Invalid, NotFound, Problem
from engine.events import ParametersSubmitted, PresetChanged
from engine.parameters import set_notices, set_queries, set_values
from engine.parameters.in_force import COMPANY_PLACE, as_of, chosen, inherited, lineage
from engine.parameters.merging import ChangedMeanwhile, Merge, differing, three_way
from engine.parameters.set_drafts import drafted
from engine.parameters.set_part import SetPart, of_set
from engine.parameters.set_records import APPROVED, IN_REVIEW, SetVersion
from engine.runs.records import canonical
from engine.store.base import new_id, utc_now
from engine.store.tables_parameters import REVIEW, SET, VERSION

if TYPE_CHECKING:
    from engine.catalog.manifest import Manifest
    from engine.store.database import Change

REVIEW_DAYS = 14  # how long a request waits for an approver, where nobody says otherwise
MOST_DAYS = 366
LAST_DAY = date(9999, 1, 1)


@dataclass(frozen=True)
class _Wanted:
    """A version to store, checked as far as that goes without the newest one."""

    place: str
    values: dict[str, Any]
    sources: dict[str, str]
    reason: str
    effective_from: date
    base: int | None
    review: bool
    days: int


class Changing(SetPart):
    """Submissions. Part of ``engine.sets``."""

    @service(PARAMS_WRITE, on=of_set)
    def submit(
        self,
        actor: Actor,
        model: str,
        name: str,
        values: Mapping[str, Any],
        *,
        reason: str = "",
        base: int | None = None,
        effective_from: date | None = None,
        place: str = "",
        sources: Mapping[str, str] | None = None,
        review: bool = False,
        days: int = REVIEW_DAYS,
        keep_draft: bool = False,
        also: Callable[[Change, Any, int], None] | None = None,
    ) -> SetVersion:
        """Store a new version of a place: ``values`` are all fields that are to be set there, the others inherit.

        ``base`` is the number of the version that was changed (None: there was none), ``effective_from`` the day
        from which it holds (today). It is approved at once unless it changes a guarded field, the set is guarded,
        or ``review`` asks for a second person; then approvers are told and it waits for ``days``. Personal presets
        are never reviewed. ``keep_draft``: this person's draft is something else. ``also`` writes what belongs to the
        version within the same transaction, given the set's row and the version's number.

        Raises ChangedMeanwhile (with both sides and their merge) when ``base`` is not the newest any more, Invalid
        with all problems, NotFound.
        """
        loaded = self.engine.catalog.version(actor, model)
        checked = self._checked(
            actor, model, name, loaded.manifest, values, _Wanted(
                place, {}, dict(sources or {}), set_values.clean(reason), effective_from or self.today(), base,
                review, days,
            ),
        )  # fmt: skip
        hidden = set_values.masked_fields(self.engine, None, loaded.manifest)
        with self.engine.database.change(actor) as change:
            row = self._locked(change, actor, model, name)
            number = self._store(change, actor, row, loaded.manifest, loaded.number, checked, hidden)
            if also is not None:
                also(change, row, number)
        if not keep_draft:
            self.engine.drafts.forget(actor, model, drafted(name, place))
        return self._visible(actor, self.found(actor, model, name, number))

    def _checked(
        self,
        actor: Actor,
        model: str,
        name: str,
        manifest: Manifest,
        values: Mapping[str, Any],
        wanted: _Wanted,
    ) -> _Wanted:
        from dataclasses import replace

        _check_words(wanted, preset=bool(self.holder(actor, name)))
        masked = set_values.masked_fields(self.engine, actor, manifest)
        given: Mapping[str, Any] = values
        with self.engine.database.look() as connection:
            row = set_queries.set_row(connection, model, name, self.holder(actor, name))
            there = {one.place for one in set_queries.places(connection, row.id)}
            if wanted.place and wanted.place not in there:
                remedy = f"Add it to the set first; its places are: {', '.join(sorted(there)) or 'none'}."
                raise NotFound("place", wanted.place, remedy)
            if masked and wanted.base:
                before = set_queries.values_of(connection, row.id, [wanted.base]).get(wanted.base, {})
                given = set_values.unmasked(values, before, masked)
            above = set_queries.approved(connection, row.id, lineage(wanted.place)[:-1])
            held = chosen(above, wanted.place, wanted.effective_from, utc_now())
            read = set_queries.values_of(connection, row.id, [v.number for v in held.values()])
        made = set_values.canonical_values(manifest, given)
        levels = [(one, read[held[one].number]) for one in lineage(wanted.place) if one in held]
        merged, _ = inherited([*levels, (wanted.place, made)])
        set_values.check_together(manifest, merged)
        sources = {name: set_values.clean(text, 200) for name, text in wanted.sources.items() if name in made}
        return replace(wanted, values=made, sources=sources)

    def _store(
        self, change: Change, actor: Actor, row: Any, manifest: Manifest, model_version: int, wanted: _Wanted,
        hidden: set[str],
    ) -> int:  # fmt: skip
        """Write the version within the transaction that holds the set. Returns its number."""
        now, connection = utc_now(), change.connection
        newest = set_queries.newest(connection, row.id, wanted.place, now)
        self._refuse_stale(change, actor, row, newest, wanted)
        before = in_force_at(change, row.id, wanted.place, wanted.effective_from, now)
        changed = differing(before, wanted.values)
        _refuse_unchanged(newest, changed, wanted)
        guarded = guarded_fields(row, manifest, before, wanted.values, wanted.place)
        waits = not row.holder and bool(guarded or wanted.review)
        number = row.latest + 1
        version = {
            "id": new_id(),
            "set_id": row.id,
            "number": number,
            "place": wanted.place,
            "state": IN_REVIEW if waits else APPROVED,
            "values_json": canonical(wanted.values),
            "changed_json": canonical(changed),
            "guarded_json": canonical(guarded),
            "sources_json": canonical(wanted.sources),
            "base": newest.number if newest is not None else None,
            "model_version": model_version,
            "reason": wanted.reason,
            "author": actor.id,
            "created_at": now,
            "effective_from": wanted.effective_from.isoformat(),
            "expires_at": now + timedelta(days=wanted.days) if waits else None,
            "approved_at": None if waits else now,
            "approved_by": "" if waits else actor.id,
        }
        connection.execute(insert(VERSION).values(**version))
        connection.execute(update(SET).where(SET.c.id == row.id).values(latest=number, changed_at=now))
        add_step(change, version["id"], "asked" if waits else "approved", wanted.reason)
        if not waits:
            supersede_older(change, row.id, wanted.place, number)
        old, new = (set_values.told(side, changed, hidden) for side in (before, wanted.values))
        _tell(change, row, version, old, new)
        if waits:
            set_notices.asked(self.engine, change, row, version, changed)
        return number

    def _refuse_stale(self, change: Change, actor: Actor, row: Any, newest: Any, wanted: _Wanted) -> None:
        if newest is None or newest.number == wanted.base:
            return
        began = {} if wanted.base is None else set_queries.values_of(change.connection, row.id, [wanted.base])
        base = began.get(wanted.base or 0, {})
        masked = set_values.masked_fields(self.engine, actor, set_values.manifest_of(self.engine, row.model))
        sides = (base, json.loads(newest.values_json), wanted.values)
        merge = three_way(*sides)
        if masked:
            base, theirs, yours, merged = (set_values.shown(side, masked) for side in (*sides, merge.merged))
            merge = Merge(base, theirs, yours, merged, merge.conflicts)
        raise ChangedMeanwhile(person(change, newest.author, actor), newest.number, merge)


def _check_words(wanted: _Wanted, *, preset: bool) -> None:
    problems = []
    if not wanted.reason and not preset:
        problems.append(
            Problem(
                "reason",
                "A change needs a reason: one sentence that others understand later.",
                rule="required",
            )
        )
    if not 1 <= wanted.days <= MOST_DAYS:
        rule = f"1 to {MOST_DAYS} days"
        problems.append(
            Problem("days", f"A request waits {rule}, not {wanted.days}.", str(wanted.days), rule)
        )
    if wanted.effective_from > LAST_DAY:
        problems.append(Problem("effective_from", "That day is after every calendar: give an earlier one."))
    if problems:
        raise Invalid("the parameter set", problems)


def _refuse_unchanged(newest: Any, changed: list[str], wanted: _Wanted) -> None:
    if newest is None:
        return
    same_day = newest.effective_from == wanted.effective_from.isoformat()
    if not changed or (same_day and not differing(json.loads(newest.values_json), wanted.values)):
        sentence = f"Nothing differs from what holds on {wanted.effective_from.isoformat()} already: nothing was saved."
        raise Invalid("the parameter set", [Problem("values", sentence, rule="a change")])


def in_force_at(change: Change, set_id: str, place: str, day: date, now: datetime) -> dict[str, Any]:
    """The values that a place itself sets on a day, as known now; empty when nothing is in force there."""
    held = as_of(set_queries.approved(change.connection, set_id, [place]), day, now)
    if held is None:
        return {}
    return set_queries.values_of(change.connection, set_id, [held.number])[held.number]


def guarded_fields(
    row: Any, manifest: Manifest, before: Mapping[str, Any], after: Mapping[str, Any], place: str
) -> list[str]:
    """The changed fields that need a second person. The company's first values only where they leave the default.

    Compared with what would be in force on that very day: a version that brings an approved change forward or
    takes it back is as much a change as one that types it.
    """
    if place == COMPANY_PLACE:
        defaults = set_values.defaults(manifest)
        before = defaults | dict(before)
        after = defaults | dict(after)
    names = differing(before, after)
    return [n for n in names if row.guarded or (n in manifest.fields and manifest.fields[n].guarded)]


def add_step(change: Change, version_id: str, step: str, comment: str) -> None:
    """Write one step of a version's review."""
    values = {"id": new_id(), "version_id": version_id, "step": step, "by": change.actor.id, "at": utc_now()}
    change.connection.execute(insert(REVIEW).values(**values, comment=comment))


def supersede_older(change: Change, set_id: str, place: str, number: int) -> None:
    """Requests of a place that are older than an approved version are over: it holds what they asked for."""
    older = (VERSION.c.set_id == set_id) & (VERSION.c.place == place) & (VERSION.c.number < number)
    waiting = older & (VERSION.c.state == IN_REVIEW)
    change.connection.execute(update(VERSION).where(waiting).values(state="superseded"))


def person(change: Change, account: str, asking: Actor | None = None) -> str:
    """Somebody's name as shown; “you” for the one who asks."""
    from engine.store.tables_access import AccountRow

    if asking is not None and account == asking.id:
        return "You yourself"
    if account in (LOCAL_ADMIN.id, SYSTEM.id):
        return LOCAL_ADMIN.name if account == LOCAL_ADMIN.id else SYSTEM.name
    found = change.connection.execute(
        select(AccountRow.title, AccountRow.name).where(AccountRow.id == account)  # type: ignore[call-overload]
    ).one_or_none()
    return (found.title or found.name) if found is not None else account


def _tell(
    change: Change, row: Any, version: Mapping[str, Any], old: dict[str, Any], new: dict[str, Any]
) -> None:
    ref, number, reason = f"{row.model}/{row.name}", version["number"], version["reason"]
    if row.holder:
        told = PresetChanged(account=row.holder, set=ref, version=number, old=old, new=new, reason=reason)
        change.emit(told)
        return
    change.emit(
        ParametersSubmitted(
            set=ref,
            version=number,
            place=version["place"],
            state=version["state"],
            effective_from=version["effective_from"],
            old=old,
            new=new,
            reason=reason,
        ),
        department=row.department,
    )
