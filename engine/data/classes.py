"""Which columns of a dataset hold personal data, and for whom they are masked.

A class belongs to a column's *name* in all versions of the dataset, whatever its case, blanks and punctuation
(``E-mail`` = ``e_mail`` = ``E.mail``: R rewrites names in this way). Two classes, masked alike: ``personal`` (GDPR
Art. 4: says who somebody is, or is about somebody known) and ``sensitive`` (Art. 9: health, faith …).
``none`` is kept as an answer too: a person looked, and it is neither.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, select

from engine.access import DATASET_PERSONAL, Actor, Resource
from engine.data.coltypes import ColumnInfo
from engine.errors import Invalid, Problem
from engine.store.base import utc_now
from engine.store.tables_data import COLUMN_CLASS, DATASET

if TYPE_CHECKING:
    from engine.engine import Engine
    from engine.store.database import Change

PERSONAL, SENSITIVE, NONE = "personal", "sensitive", "none"
KINDS = (PERSONAL, SENSITIVE, NONE)
MASK = "•••"
_MERGED = re.compile(r"[._]([xy]|\d)$")  # what merging tables adds in pandas (_x, _y) and R (.x, .y, .1)


@dataclass(frozen=True)
class ColumnClass:
    """One column of the newest version: its class (empty: nobody said), and why it looks personal, if it does."""

    column: str
    kind: str = ""
    suggested: str = ""
    why: str = ""
    changed_by: str = ""
    changed_at: datetime | None = None


def key(column: str) -> str:
    """What is the same for all spellings of a column's name."""
    return re.sub(r"[\W_]+", "", column.casefold()) or column


def find(column: str, classes: Mapping[str, str]) -> str:
    """The class of a column of that name (``classes`` by ``key``), also after a merge added ``_x``; else empty."""
    return classes.get(key(column)) or classes.get(key(_MERGED.sub("", column)), "")


class Classes:
    """Looks classes up. Kept in memory until the database changes: most requests ask."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._guard = threading.Lock()
        self._stamp: int | None = None
        self._known: dict[str, dict[str, str]] = {}

    def all(self) -> Mapping[str, Mapping[str, str]]:
        """Dataset → key of the column → class, only where there is one."""
        with self._guard:
            stamp = self.engine.database.stamp()
            if stamp is None or stamp != self._stamp:
                found: dict[str, dict[str, str]] = {}
                with self.engine.database.look() as connection:
                    for row in connection.execute(select(COLUMN_CLASS).where(COLUMN_CLASS.c.kind != NONE)):
                        found.setdefault(row.dataset, {})[key(row.column_name)] = row.kind
                self._stamp, self._known = stamp, found
            return self._known

    def hidden(self, actor: Actor, dataset: str) -> Mapping[str, str]:
        """The classes of those columns that this actor sees masked; empty for one who may see them."""
        classes = self.all().get(dataset)
        if not classes:
            return {}
        query = select(DATASET.c.department, DATASET.c.owner).where(DATASET.c.name == dataset)
        with self.engine.database.look() as connection:
            row = connection.execute(query).one()
        resource = Resource("dataset", dataset, row.department, row.owner or None)
        allowed = self.engine.authorizer.decide(actor, DATASET_PERSONAL, resource).allowed
        return {} if allowed else classes

    def listed(self, dataset: str) -> dict[str, Any]:
        """Rows of a dataset by column key, ``none`` included."""
        with self.engine.database.look() as connection:
            rows = connection.execute(select(COLUMN_CLASS).where(COLUMN_CLASS.c.dataset == dataset))
            return {key(row.column_name): row for row in rows}


def described(schema: Sequence[ColumnInfo], classes: Mapping[str, str], *, masked: bool) -> list[ColumnInfo]:
    """The columns with their class; masked ones without what their profile tells of single values."""
    found = []
    for column in schema:
        kind = find(column.name, classes)
        if kind and masked:
            found.append(replace(column, personal=kind, masked=True, profile={}))
        else:
            found.append(replace(column, personal=kind) if kind else column)
    return found


def without_values(notices: Sequence[str], hidden: Sequence[str]) -> list[str]:
    """Notices of reading a file may quote a value: those on masked columns say only that there is one."""
    kept = []
    for notice in notices:
        about = next((name for name in hidden if f"“{name}”" in notice), None)
        kept.append(
            notice
            if about is None
            else f"There is a note on column “{about}”, which holds personal data; it is shown to those who may see it."
        )
    return kept


def refuse_masked(column: ColumnInfo, what: str) -> None:
    """Raise Invalid when somebody wants to filter, sort … by a column that is masked for them."""
    if column.masked:
        sentence = (
            f"Column “{column.name}” holds {column.personal} data and is masked for you: it cannot be used to {what}. "
            "Choose another column, or ask an administrator for the role steward in this department."
        )
        raise Invalid("the column", [Problem(column.name, sentence, column.name, "not masked")])


def checked(kinds: Mapping[str, str], columns: Sequence[str]) -> dict[str, str]:
    """The wanted classes by the names that the columns have. Raises Invalid with each one that makes no sense."""
    known = {key(name): name for name in columns}
    problems = []
    for name, kind in kinds.items():
        if key(name) not in known:
            listed = ", ".join(columns[:20])
            problems.append(
                Problem(name, f"There is no column “{name}”. Columns: {listed}.", name, "a column")
            )
        if kind not in KINDS:
            sentence = f"“{kind}” is no class of column “{name}”. Use one of: {', '.join(KINDS)}."
            problems.append(Problem(name, sentence, kind, "a class"))
    if problems:
        raise Invalid("the classes", problems)
    return {known[key(name)]: kind for name, kind in kinds.items()}


def write(change: Change, dataset: str, kinds: Mapping[str, str]) -> None:
    """Keep the classes in the transaction of a change."""
    for column, kind in kinds.items():
        same = [
            row.column_name
            for row in change.connection.execute(
                select(COLUMN_CLASS).where(COLUMN_CLASS.c.dataset == dataset)
            )
            if key(row.column_name) == key(column)
        ]
        change.connection.execute(
            delete(COLUMN_CLASS).where(
                COLUMN_CLASS.c.dataset == dataset, COLUMN_CLASS.c.column_name.in_(same)
            )
        )
        row = {"dataset": dataset, "column_name": column, "kind": kind}
        more = {"changed_by": change.actor.id, "changed_at": utc_now()}
        change.connection.execute(COLUMN_CLASS.insert().values(**row, **more))
