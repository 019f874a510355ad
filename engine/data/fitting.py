"""Does a dataset version fit a model's input? One plain sentence per column that does not."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import Any

from engine.data.coltypes import PLURAL, ColumnInfo
from engine.data.conversions import convertible
from engine.data.records import DatasetVersion
from engine.errors import Problem


def fits(version: DatasetVersion, spec: Any) -> list[Problem]:
    """What keeps this version from an input (``spec.columns``: name → type); empty when it fits.

    Columns that the input does not name are allowed. Whole numbers fit number, whole-valued numbers fit
    integer, numbers without decimals and text fit category, dates fit date-time: all without loss.
    """
    held = {c.name: c for c in version.schema}
    problems = []
    for name, wanted in dict(spec.columns or {}).items():
        if name not in held:
            problems.append(_missing(version, name, str(wanted), list(held)))
        elif not convertible(held[name].type, str(wanted), held[name].profile, version.rows):
            problems.append(_misfit(version, held[name], str(wanted)))
    return problems


def _missing(version: DatasetVersion, name: str, wanted: str, held: Sequence[str]) -> Problem:
    near = nearest(name, held)
    hint = f" Did you mean “{near}”? Rename it to “{name}” in the file." if near else ""
    listed = ", ".join(held[:12]) + (" …" if len(held) > 12 else "")
    return Problem(
        name,
        f"Column “{name}” ({PLURAL.get(wanted, wanted)}) is missing in {version.reference}, which has "
        f"{listed}.{hint or ' Add it to the file or choose another dataset.'}",
        rule=f"{name} = {wanted}",
    )


def _misfit(version: DatasetVersion, column: ColumnInfo, wanted: str) -> Problem:
    example = None if column.masked else column.profile.get("minimum")
    shown = f" (for instance “{example}”)" if example is not None else ""
    return Problem(
        column.name,
        f"Column “{column.name}” in {version.reference} holds {PLURAL.get(column.type, column.type)}{shown}, but the "
        f"model needs {PLURAL.get(wanted, wanted)}. {_remedy(column, wanted)}",
        value="" if example is None else str(example),
        rule=f"{column.name} = {wanted}",
    )


def _remedy(column: ColumnInfo, wanted: str) -> str:
    if column.type == "number" and wanted == "integer":
        return "Some of its values have decimals: round them in the file, or choose another dataset."
    if column.type == "integer" and wanted == "number":
        return (
            "Its numbers are too large to be kept exactly: they look like identifiers. Choose another column."
        )
    if column.type == "text" and wanted in ("number", "integer", "date", "date-time"):
        return (
            "The dataset's page says which value kept it text; correct that in the file and upload it again."
        )
    return "Correct the column in the file and upload it again, or choose another dataset."


def nearest(name: str, names: Sequence[str]) -> str:
    """The most similar of the names, empty when none is close."""
    simple = {n.casefold().replace("_", "").replace(" ", "").replace("-", ""): n for n in names}
    wanted = name.casefold().replace("_", "").replace(" ", "").replace("-", "")
    found = difflib.get_close_matches(wanted, simple, n=1, cutoff=0.6)
    return simple[found[0]] if found else ""
