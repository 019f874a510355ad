"""Versions side by side: the fields that differ first, by the groups of the form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.parameters import table_rows
from engine.parameters.equality import same
from engine.parameters.in_force import DEFAULT
from engine.parameters.set_records import (
    Compared,
    ComparedField,
    ComparedGroup,
    Comparison,
    InForce,
)

if TYPE_CHECKING:
    from engine.catalog.manifest import Manifest


def compare(model: str, manifest: Manifest, sides: list[InForce], columns: list[Compared]) -> Comparison:
    """Fields in the order of the form; one that no side sets and no field that is left in the model is left out."""
    groups: dict[str, list[ComparedField]] = {}
    gone = sorted({name for side in sides for name in side.values if name not in manifest.fields})
    for name in [*manifest.fields, *gone]:
        field = manifest.fields.get(name)
        row = _row(name, field, sides)
        groups.setdefault(field.group if field is not None else "", []).append(row)
    listed = [
        ComparedGroup(title, sorted(rows, key=lambda row: not row.differs)) for title, rows in groups.items()
    ]
    listed.sort(key=lambda group: not group.fields[0].differs)
    return Comparison(model, columns, listed)


def _row(name: str, field: Any, sides: list[InForce]) -> ComparedField:
    default = getattr(field, "default", None)
    values = [side.values.get(name, default) for side in sides]
    origins = [side.origin.get(name, DEFAULT) for side in sides]
    differs = not all(same(value, values[0]) for value in values[1:])
    title = field.label(name) if field is not None else name
    rows = table_rows.compared(values) if differs and getattr(field, "type", "") == "table" else None
    return ComparedField(name, title, getattr(field, "unit", "") or "", differs, values, origins, rows)
