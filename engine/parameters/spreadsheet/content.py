"""What a workbook is made of: the values of one set at one place, what would hold without them, and others beside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from engine.parameters import field_types as f
from engine.parameters.spreadsheet.layout import VALUES, Meta, titles
from engine.parameters.spreadsheet.spelling import Written, written

LONG_LIST = 20  # values; a longer list, or one of longer text, gets a sheet of its own
LONG_TEXT = 200
DEFAULT_WORDS, COMPANY_WORDS = "model default", "company"


@dataclass(frozen=True)
class Beside:
    """Another version beside the values: shown, never changed."""

    heading: str
    values: dict[str, Any]


@dataclass(frozen=True)
class Content:
    """``values`` are those that hold at the place, ``own`` the fields set there; ``inherited`` would hold otherwise.

    ``origins`` says where an inherited value comes from. ``masked`` fields are not shown to this person.
    """

    meta: Meta
    fields: Mapping[str, f.FieldBase]
    model_title: str
    set_title: str
    state: str
    values: dict[str, Any]
    own: frozenset[str]
    inherited: dict[str, Any]
    origins: dict[str, str]
    masked: frozenset[str] = frozenset()
    offered: dict[str, list[str]] = field(default_factory=dict)
    beside: list[Beside] = field(default_factory=list)

    @property
    def shown(self) -> dict[str, f.FieldBase]:
        """The fields of the sheet: all that a set can hold."""
        return {name: one for name, one in self.fields.items() if one.type != "file"}

    @property
    def on_sheets(self) -> dict[str, str]:
        """The fields with a sheet of their own, and its title."""
        wanted = [(n, one.label(n)) for n, one in self.shown.items() if has_sheet(one, self.values.get(n))]
        return titles([(n, label) for n, label in wanted if n not in self.masked], {VALUES})

    def written(self, name: str) -> Written:
        """The value of a field as its cell holds it."""
        return written(self.fields[name], self.values.get(name))

    def origin_words(self, name: str) -> str:
        """Where the inherited value comes from."""
        origin = self.origins.get(name)
        return DEFAULT_WORDS if origin is None else origin or COMPANY_WORDS


def has_sheet(one: f.FieldBase, value: Any) -> bool:
    """Does a value stand on a sheet of its own?"""
    if one.type == "table":
        return True
    if one.type != "list" or not isinstance(value, list) or not value:
        return False
    return len(value) > LONG_LIST or len(written(one, value).text) > LONG_TEXT


def as_table(one: f.FieldBase, value: Any) -> list[list[Any]]:
    """The rows of a table, or of a list with one column."""
    if not isinstance(one, f.TableField):
        return [[item] for item in value] if isinstance(value, list) else []
    if not isinstance(value, dict) or not value.get("rows"):
        return []
    rows: list[list[Any]] = value["rows"]
    names = [column["name"] for column in value["columns"]]
    if names == list(one.columns):
        return rows
    at = [
        names.index(name) if name in names else None for name in one.columns
    ]  # of an older form of the table
    return [[None if n is None else row[n] for n in at] for row in rows]


def size_words(one: f.FieldBase, value: Any) -> str:
    """How much there is: “2,000 rows”."""
    count = len(as_table(one, value))
    what = "row" if one.type == "table" else "value"
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def columns_of(one: f.FieldBase) -> dict[str, f.ColumnType | f.FieldBase]:
    """The columns of a field's sheet: of a table by their type, of a list one by its item's field."""
    if one.type == "table":
        return dict(cast(f.TableField, one).columns)
    return {"value": cast(f.ListField, one).item}
