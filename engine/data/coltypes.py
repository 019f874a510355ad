"""The seven column types of a dataset, and what each is in Arrow, in DuckDB and in words.

A manifest says ``columns = { week = "date", units = "number" }``; a stored Parquet file says the same in
Arrow types. This page is the only place that knows both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, cast

ColumnType = Literal["number", "integer", "text", "date", "date-time", "boolean", "category"]

COLUMN_TYPES: tuple[ColumnType, ...] = (
    "number",
    "integer",
    "text",
    "date",
    "date-time",
    "boolean",
    "category",
)

MASKED_MARK = (
    b"quarterdeck.masked"  # on a field of a file whose values were replaced by a mark: the column's class
)

PLURAL: Mapping[str, str] = {
    "number": "numbers",
    "integer": "whole numbers",
    "text": "text",
    "date": "dates",
    "date-time": "dates with a time",
    "boolean": "true/false values",
    "category": "categories",
}


@dataclass(frozen=True)
class ColumnInfo:
    """A column of a dataset version: its name and type, and its profile.

    ``zone`` is the IANA time zone of a date-time column (empty: clock time without a zone). ``profile``
    holds ``nulls`` (count), ``minimum``, ``maximum`` (canonical JSON), ``distinct`` (approximate count),
    ``whole`` (number columns: every value is a whole number). ``personal`` is the column's class, if it has one
    (``engine.data.classes``); ``masked`` says that this person sees only a mark, and no profile.
    """

    name: str
    type: str
    nullable: bool = True
    zone: str = ""
    profile: Mapping[str, Any] = field(default_factory=dict)
    personal: str = ""
    masked: bool = False

    def as_json(self) -> dict[str, Any]:
        """The column as it is stored and as the API shows it; the class only where there is one."""
        told: dict[str, Any] = {
            "name": self.name,
            "type": self.type,
            "nullable": self.nullable,
            "zone": self.zone,
            "profile": dict(self.profile),
        }
        return told | ({"personal": self.personal, "masked": self.masked} if self.personal else {})

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> ColumnInfo:
        """The column from its stored form."""
        return cls(
            data["name"], data["type"], data["nullable"], data.get("zone", ""), data.get("profile", {})
        )


def type_of_arrow(kind: Any) -> ColumnType | None:
    """The column type of an Arrow type, None where a dataset holds no such thing (lists, blobs, decimals …)."""
    import pyarrow.types as is_

    if is_.is_dictionary(kind):
        return "category" if is_.is_string(kind.value_type) or is_.is_large_string(kind.value_type) else None
    checks = (
        ("boolean", is_.is_boolean(kind)),
        ("integer", is_.is_integer(kind)),
        ("number", is_.is_floating(kind)),
        ("text", is_.is_string(kind) or is_.is_large_string(kind) or is_.is_string_view(kind)),
        ("date", is_.is_date(kind)),
        ("date-time", is_.is_timestamp(kind)),
    )
    return next((cast(ColumnType, name) for name, yes in checks if yes), None)


def schema_of(schema: Any) -> list[ColumnInfo]:
    """The columns of an Arrow schema, without profile. Types a dataset does not hold are called text."""
    return [_column(f) for f in schema]


def _column(field: Any) -> ColumnInfo:
    kind = (field.metadata or {}).get(MASKED_MARK, b"").decode()
    return ColumnInfo(
        field.name,
        type_of_arrow(field.type) or "text",
        field.nullable,
        getattr(field.type, "tz", None) or "",
        personal=kind,
        masked=bool(kind),
    )


def arrow_of_type(column_type: str, zone: str = "") -> Any:
    """The Arrow type that a column type is stored as."""
    import pyarrow as pa

    types = {
        "number": pa.float64(),
        "integer": pa.int64(),
        "text": pa.string(),
        "date": pa.date32(),
        "boolean": pa.bool_(),
        "category": pa.dictionary(pa.int32(), pa.string()),
    }
    return pa.timestamp("us", tz=zone or None) if column_type == "date-time" else types[column_type]
