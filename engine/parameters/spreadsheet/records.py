"""What comes of reading a workbook: plain frozen records, ready for JSON."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from engine.parameters.changes import FieldChange
from engine.parameters.table_merging import Collision


@dataclass(frozen=True)
class SheetProblem:
    """One thing wrong with one cell: the sentence names sheet and cell, and ends with what to do."""

    field: str
    sheet: str
    cell: str
    sentence: str
    value: str = ""
    rule: str = ""


@dataclass(frozen=True)
class RowChange:
    """A row of a table that is not what it was. ``number`` as downloaded (None: new), ``row`` in the sheet now."""

    field: str
    kind: Literal["changed", "added", "removed"]
    number: int | None
    row: int | None
    before: list[Any] | None
    after: list[Any] | None


@dataclass(frozen=True)
class TableChange:
    """What became of a table's rows; ``rows`` are the first of them. ``moved``: they stand in another order."""

    field: str
    columns: list[str]
    changed: int
    added: int
    removed: int
    moved: bool
    rows: list[RowChange]


@dataclass(frozen=True)
class Conflict:
    """A field that the file and a version stored meanwhile both changed, to different values.

    ``chosen`` is the value for each answer. ``cells`` are those of a table that collide: the others are kept whatever
    is chosen; None where that is no table, or its rows cannot be matched.
    """

    field: str
    title: str
    theirs: Any
    yours: Any
    chosen: dict[str, Any]
    cells: tuple[Collision, ...] | None = None


@dataclass(frozen=True)
class Meanwhile:
    """What was stored since the file was downloaded."""

    number: int
    author: str
    state: str
    changed: list[str]


@dataclass(frozen=True)
class SheetPreview:
    """What an uploaded workbook would change. Nothing is stored yet.

    ``from_version`` is the one it was downloaded from, ``base`` the newest one, which a new version must be based on.
    ``changes`` are those of the file; ``values`` what would be stored: all fields set at the place, with the changes
    of others since then. A field of ``conflicts`` keeps what is stored until a person chooses. ``wrong`` holds the
    texts that could not be read, for the edit page.
    """

    model: str
    set: str
    place: str
    file: str
    from_version: int | None
    base: int | None
    changes: list[FieldChange]
    tables: list[TableChange]
    values: dict[str, Any]
    problems: list[SheetProblem]
    notices: list[str]
    conflicts: list[Conflict] = field(default_factory=list)
    meanwhile: list[Meanwhile] = field(default_factory=list)
    wrong: dict[str, str] = field(default_factory=dict)
    yours: dict[str, Any] = field(default_factory=dict)
    dropped: list[str] = field(default_factory=list)
    valid_on: date | None = None

    @property
    def ready(self) -> bool:
        """Could it be stored as it is?"""
        return bool(self.changes) and not self.problems and not self.conflicts
