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
    ``whole`` (number columns: every value is a whole number).
    """

    name: str
    type: str
    nullable: bool = True
    zone: str = ""
    profile: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The column as it is stored and as the API shows it."""
        return {
            "name": self.name,
            "type": self.type,
            "nullable": self.nullable,
            "zone": self.zone,
            "profile": dict(self.profile),
        }

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
    return [
        ColumnInfo(f.name, type_of_arrow(f.type) or "text", f.nullable, getattr(f.type, "tz", None) or "")
        for f in schema
    ]


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
