"""What a person may say about a file, and what reading it gave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from engine.data.coltypes import ColumnInfo
from engine.errors import Invalid, Problem

MISSING = ("NA", "N/A", "n/a", "#N/A", "#NV", "NULL", "null", "None")


@dataclass(frozen=True)
class IngestOptions:
    """How to read a file; everything empty means: find out and say what was found.

    ``types`` fixes a column's type by its name. ``missing`` are the spellings that mean "no value" in
    columns that are not text (in text columns only an empty field is missing).
    """

    encoding: str = ""
    delimiter: str = ""
    decimal: str = ""
    sheet: str = ""
    missing: tuple[str, ...] = MISSING
    types: Mapping[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The options for the job process and for the lineage."""
        return asdict(self) | {"types": dict(self.types), "missing": list(self.missing)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> IngestOptions:
        """The options from their stored form."""
        return cls(**{**data, "missing": tuple(data.get("missing", MISSING))})


@dataclass(frozen=True)
class Ingested:
    """A file read: its columns with profile, and ``notices``, sentences on what was decided on the way."""

    rows: int
    columns: Sequence[ColumnInfo]
    notices: Sequence[str]
    facts: Mapping[str, Any]

    def as_json(self) -> dict[str, Any]:
        """The result as it travels back from the job process."""
        return {
            "rows": self.rows,
            "columns": [c.as_json() for c in self.columns],
            "notices": list(self.notices),
            "facts": dict(self.facts),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Ingested:
        """The result from its travelling form."""
        columns = [ColumnInfo.from_json(c) for c in data["columns"]]
        return cls(data["rows"], columns, data["notices"], data["facts"])


def bad_file(name: str, sentence: str, *, where: str = "", rule: str = "", value: str = "") -> Invalid:
    """The error for one thing wrong with a file."""
    return Invalid(f"the file “{name}”", [Problem(where or name, sentence, value, rule)])


def shorten(value: object, length: int = 60) -> str:
    """A value as it is shown in a sentence: one line, not too long."""
    text = " ".join(str(value).split())
    return text if len(text) <= length else text[: length - 1] + "…"
