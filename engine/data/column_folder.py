"""The header of a column folder: names, types and rows (see ``engine/runtimes/COLUMNS.md``)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

TYPES = frozenset({"float64", "int64", "int32", "bool", "date", "datetime", "text", "category"})


@dataclass(frozen=True)
class Column:
    """One line of the header. ``extra`` is the zone of a datetime or ``ordered`` for a category."""

    name: str
    type: str
    nulls: bool = False
    extra: str = ""


class DamagedColumns(ValueError):
    """A column folder that does not follow the specification (a worker wrote it, or the disk is full)."""


def write_header(folder: Path, rows: int, columns: Sequence[Column]) -> None:
    """Write the header, last of all files: a folder without one is unfinished."""
    lines = ["quarterdeck-columns\t1", f"rows\t{rows}"]
    for n, c in enumerate(columns):
        parts = ["column", str(n), c.type, "1" if c.nulls else "0", json.dumps(c.name, ensure_ascii=False)]
        lines.append("\t".join([*parts, c.extra] if c.extra else parts))
    (folder / "header").write_bytes(("\n".join(lines) + "\n").encode("utf-8", "surrogatepass"))


def read_header(folder: Path) -> tuple[int, list[Column]]:
    """Rows and columns. Raises DamagedColumns when the header is missing or not understood."""
    try:
        lines = (folder / "header").read_text("utf-8").split("\n")
        if lines[0].split("\t") != ["quarterdeck-columns", "1"]:
            raise DamagedColumns(f"{folder}: the header does not begin with quarterdeck-columns 1")
        rows = int(lines[1].split("\t")[1])
        columns = [_column(line.split("\t")) for line in lines[2:] if line]
    except (OSError, IndexError, ValueError) as error:
        if isinstance(error, DamagedColumns):
            raise
        raise DamagedColumns(f"{folder}: the header cannot be read: {error}") from error
    if rows < 0:
        raise DamagedColumns(f"{folder}: the header says {rows} rows")
    return rows, columns


def _column(parts: list[str]) -> Column:
    _, _, kind, nulls, name = parts[:5]
    if kind not in TYPES:
        raise DamagedColumns(f"column type {kind} is not one of {', '.join(sorted(TYPES))}")
    return Column(json.loads(name), kind, nulls == "1", parts[5] if len(parts) > 5 else "")
