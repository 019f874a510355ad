"""Changing the master key, and what to do when it is lost.

A rotation writes the new key beside the old ones first, then seals every value anew in one transaction. If it is
interrupted, both keys are there and nothing is lost: the same command goes on where it was. The old key is taken
out of the file in a step of its own, once nothing uses it and no change that was under way can still bring it back.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import update
from sqlmodel import SQLModel

from auth import sealed
from auth.events_secrets import KeyGivenUp, KeyRotated
from auth.key_sources import Kept, KeyFile, locked, new_key
from auth.keys import Damaged, KeyMissing, KeyRing
from engine.access import SYSTEM_OPERATE, SYSTEM_READ, Actor, of_company, service
from engine.errors import Conflict
from engine.store.database import Change

if TYPE_CHECKING:
    from auth.service import Auth

GRACE_SECONDS = (
    60.0  # a change waits at most 30 s for the database: none that began before can commit after that
)


@dataclass(frozen=True)
class KeyUse:
    """A key and what is sealed under it. ``here`` False: lost; ``seals``: new values are sealed under it."""

    id: str
    here: bool
    seals: bool
    values: dict[str, int]


@dataclass(frozen=True)
class Rotated:
    """What a rotation did: ids of the keys, how many values were sealed anew, and those that could not be opened."""

    new: str
    old: list[str]
    values: int
    unreadable: list[str]


class Keeper:
    """Looks after the master keys."""

    def __init__(self, auth: Auth) -> None:
        self.auth = auth
        self.engine = auth.engine

    @service(SYSTEM_READ, on=of_company)
    def report(self, actor: Actor) -> list[KeyUse]:
        """Each key that is here or needed, and what is sealed under it."""
        with self.engine.database.look() as connection:
            used = sealed.used(connection)
        try:
            ring = self.auth.keys
            here, newest = ring.ids, ring.newest
        except KeyMissing:
            here, newest = [], ""
        everything = [*here, *(name for name in sorted(used) if name not in here)]
        return [KeyUse(n, n in here, n == newest, dict(used.get(n, Counter()))) for n in everything]

    @service(SYSTEM_OPERATE, on=of_company)
    def rotate(self, actor: Actor) -> Rotated:
        """Seal everything under a new key (or finish a rotation that was interrupted).

        Raises Conflict where the keys were given from outside and no new one is among them.
        """
        ring = self.auth.keys
        with self.engine.database.look() as connection:
            pending = set(sealed.used(connection)) & set(ring.ids[:-1])
        if not pending:
            self._add_key(ring)
        return self._seal_anew(actor, ring)

    @service(SYSTEM_OPERATE, on=of_company)
    def finish(self, actor: Actor) -> list[str]:
        """Take keys that nothing uses out of the key file; returns their ids. What they signed still verifies.

        Raises Conflict while a change that was under way could still need them, and for keys given from outside.
        """
        ring = self.auth.keys
        source = ring.source
        if not isinstance(source, KeyFile):
            raise Conflict(f"The keys come from {source.title}: take the old one out there.")
        with locked(source.path), self.engine.database.change(actor) as change:
            kept = source.read()
            newest = list(kept.keys)[-1]
            needed = {newest, *sealed.used(change.connection)}
            gone = [name for name in kept.keys if name not in needed]
            if not gone:
                return []
            wait = GRACE_SECONDS - (time.time() - source.path.stat().st_mtime)
            if wait > 0:
                raise Conflict(
                    f"The new key is only just in place: a change under way may still use the old one. "
                    f"Try again in {int(wait) + 1} seconds."
                )
            public = dict(kept.public)
            for name in gone:
                half = ring.public_half(name)
                assert half is not None
                public[name] = half
            source.replace(Kept({n: k for n, k in kept.keys.items() if n in needed}, public))
            change.emit(KeyRotated(old=gone, new=newest, values=0))
        return gone

    @service(SYSTEM_READ, on=of_company)
    def lost(self, actor: Actor) -> dict[str, list[str]]:
        """What cannot be opened any more: kind → what it belongs to."""
        here = self._here()
        found: dict[str, list[str]] = {}
        with self.engine.database.look() as connection:
            for one in sealed.values(connection):
                if one.key_id not in here:
                    found.setdefault(one.place.title, []).append(one.primary_key)
        return found

    @service(SYSTEM_OPERATE, on=of_company)
    def give_up(self, actor: Actor, reason: str = "") -> dict[str, int]:
        """Clear what was sealed under lost keys, so that it can be set again; a new key is made if none is left.

        Secrets must be set again, people whose second factor is lost sign in by password alone until they set
        it up again, mails on their way are not sent.
        """
        here = self._here()
        with self.engine.database.change(actor) as change:
            lost = [one for one in sealed.values(change.connection) if one.key_id not in here]
            for one in lost:
                _clear(change, one)
            counts = dict(Counter(one.place.title for one in lost))
            if lost:
                keys = sorted({one.key_id for one in lost})
                change.emit(KeyGivenUp(keys=keys, lost=counts, reason=reason))
        self.auth.forget_lost_keys()
        return counts

    def _here(self) -> set[str]:
        try:
            return set(self.auth.keys.ids)
        except KeyMissing:
            return set()

    def _add_key(self, ring: KeyRing) -> None:
        source = ring.source
        if not isinstance(source, KeyFile):
            raise Conflict(
                f"The keys come from {source.title}, and everything is sealed under the newest of them. Make one "
                "more (openssl rand -base64 32), give both with the new one last, restart, and rotate again."
            )
        with locked(source.path):
            kept = source.read()
            name, key = new_key()
            source.replace(Kept({**kept.keys, name: key}, kept.public))

    def _seal_anew(self, actor: Actor, ring: KeyRing) -> Rotated:
        newest, done, unreadable = ring.newest, 0, []
        old: set[str] = set()
        with self.engine.database.change(actor) as change:
            for one in sealed.values(change.connection):
                if one.key_id == newest:
                    continue
                place = one.place.context(one.primary_key)
                try:
                    value = ring.seal(ring.open(one.value, place), place)
                except (KeyMissing, Damaged):
                    unreadable.append(place)
                    continue
                _write(change, one, value)
                old.add(one.key_id)
                done += 1
            change.emit(KeyRotated(old=sorted(old), new=newest, values=done))
        return Rotated(newest, sorted(old), done, unreadable)


def _write(change: Change, one: sealed.Found, value: str | None) -> None:
    table = SQLModel.metadata.tables[one.place.table]
    values: dict[str, Any] = {one.place.column: value}
    if one.place.table == "secret":
        values["key_id"] = value.split(".")[1] if value else ""
    change.connection.execute(update(table).where(table.c[one.place.key] == one.primary_key).values(**values))


def _clear(change: Change, one: sealed.Found) -> None:
    _write(change, one, one.place.lost)
    table = SQLModel.metadata.tables[one.place.table]
    row = update(table).where(table.c[one.place.key] == one.primary_key)
    if one.place.table == "outbox":
        change.connection.execute(row.values(state="failed", error="Its text was lost with a master key."))
    if one.place.table == "account":
        change.connection.execute(row.values(recovery="[]"))
