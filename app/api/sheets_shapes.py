"""The shapes of parameter sets in spreadsheets in the API."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from app.api.sets_review_shapes import FieldChangeOut
from app.api.shapes import Shape


class RowChangeOut(Shape):
    """A row of a table that is not what it was."""

    kind: str = Field(description="changed, added or removed.")
    number: int | None = Field(None, description="Its number in the downloaded file; null for a new row.")
    row: int | None = Field(None, description="Its row in the sheet now; null for a removed one.")
    before: list[Any] | None = None
    after: list[Any] | None = None


class TableChangeOut(Shape):
    """What became of a table's rows."""

    field: str
    columns: list[str]
    changed: int
    added: int
    removed: int
    moved: bool = Field(description="The rows stand in another order.")
    rows: list[RowChangeOut] = Field(description="The first 200 of them.")


class SheetProblemOut(Shape):
    """One thing wrong with one cell."""

    field: str
    sheet: str = Field(description="Empty for a rule across fields.")
    cell: str
    sentence: str
    value: str = ""
    rule: str = ""


class CollisionOut(Shape):
    """What the file and a version stored meanwhile both changed in a table: a cell, or a whole row."""

    row: list[Any] = Field(description="The values that tell the row from others.")
    column: str | None = Field(None, description="None: the whole row; a side that does not have it is null.")
    before: Any = None
    theirs: Any = None
    yours: Any = None


class SheetConflictOut(Shape):
    """A field that the file and a version stored meanwhile both changed."""

    field: str
    title: str
    theirs: Any = None
    yours: Any = None
    cells: list[CollisionOut] | None = Field(
        None,
        description="What collides in a table; all other changes of both sides are kept, whatever is chosen. "
        "Null: no table, or its rows cannot be matched, and the choice is for the whole value.",
    )


class MeanwhileOut(Shape):
    """A version stored since the download."""

    number: int
    author: str
    state: str
    changed: list[str]


class SheetPreviewOut(Shape):
    """What an edited workbook would change; nothing is stored."""

    set: str
    place: str
    file: str
    from_version: int | None = Field(None, description="The version that the file was downloaded from.")
    base: int | None = Field(None, description="The newest version, on which a new one is based.")
    ready: bool = Field(description="It could be stored as it is.")
    changes: list[FieldChangeOut]
    tables: list[TableChangeOut]
    problems: list[SheetProblemOut]
    conflicts: list[SheetConflictOut]
    meanwhile: list[MeanwhileOut]
    notices: list[str]
    values: dict[str, Any] = Field(description="All fields that would be set at the place.")
