"""Every column whose values are sealed under a master key: what rotation must find, and what a lost key costs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, inspect, select
from sqlmodel import SQLModel

import engine.store.tables_access
import engine.store.tables_notify  # noqa: F401 (the tables below are defined there)
from auth.keys import FORMAT, context
from engine.store.database import Database


@dataclass(frozen=True)
class Sealed:
    """A sealed column. ``lost`` is what is written when its key is gone; ``also`` columns that follow."""

    table: str
    column: str
    key: str
    title: str
    lost: str | None = None

    def context(self, primary_key: str) -> str:
        """What a value is bound to."""
        return context(self.table, self.column, primary_key)


SEALED = (
    Sealed("secret", "sealed", "name", "stored secrets", lost=""),
    Sealed("account", "totp", "id", "second factors"),
    Sealed("session", "oidc_hint", "id", "sign-outs at the identity provider"),
    Sealed("outbox", "body", "id", "mails on their way", lost=""),
)


@dataclass(frozen=True)
class Found:
    """One sealed value: where it is, and the id of its key."""

    place: Sealed
    primary_key: str
    value: str

    @property
    def key_id(self) -> str:
        """The key that it was sealed under."""
        return self.value.split(".")[1]


def values(connection: Connection) -> Iterator[Found]:
    """All sealed values of the database."""
    for place in SEALED:
        table = SQLModel.metadata.tables[place.table]
        column = table.c[place.column]
        query = select(table.c[place.key], column).where(column.like(f"{FORMAT}.%.%"))
        for primary_key, value in connection.execute(query).all():
            yield Found(place, primary_key, value)


def used(connection: Connection) -> dict[str, Counter[str]]:
    """Key id → how many values of which kind are sealed under it."""
    found: dict[str, Counter[str]] = {}
    for one in values(connection):
        found.setdefault(one.key_id, Counter())[one.place.title] += 1
    return found


def keys_in_use(database: Database) -> set[str]:
    """Ids of the keys that the database needs; none where it has no tables yet."""
    with database.look() as connection:
        if not inspect(connection).has_table("secret"):
            return set()
        return set(used(connection))
