"""Comparing what a model returned with what a golden case expects."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from engine.catalog.manifest_model import Golden
from engine.runtimes.interface import Output

MOST_SHOWN = 3


def differences(case: Golden, outputs: Sequence[Output], folder: Path, scratch: Path) -> list[str]:
    """What differs, one sentence each; empty when the case passes. ``scratch`` is a folder for conversions."""
    found = {o.name: o for o in outputs}
    said = []
    for name, expected in case.expect.items():
        output = found.get(name)
        if output is None:
            said.append(f"{name} was not returned.")
        elif not same(output.value, expected, case):
            allowed = f" ± {_number(case.tolerance)}" if case.tolerance else ""
            said.append(f"{name} is {_shown(output.value)}, expected {_shown(expected)}{allowed}.")
    for name, path in case.expect_table.items():
        output = found.get(name)
        if output is None or output.path is None:
            said.append(f"{name} was not returned.")
        else:
            said += [f"{name}: {s}" for s in _table_differences(output.path, folder / path, case, scratch)]
    return said


def allowance(expected: float, case: Golden) -> float:
    """How far a number may be off: the absolute tolerance plus a share of the expected number."""
    return case.tolerance + (case.relative_tolerance * abs(expected) if math.isfinite(expected) else 0.0)


def same(value: Any, expected: Any, case: Golden) -> bool:
    """Are they equal within the case's tolerance? Missing equals missing and NaN."""
    if _missing(value) or _missing(expected):
        return _missing(value) and _missing(expected)
    if isinstance(value, bool) or isinstance(expected, bool):
        return bool(value == expected)
    if isinstance(value, int | float) and isinstance(expected, int | float):
        if not (math.isfinite(value) and math.isfinite(expected)):
            return value == expected
        return abs(value - expected) <= allowance(expected, case)
    return _shown(value) == _shown(expected)


def _missing(value: Any) -> bool:
    return value is None or value == "NaN" or (isinstance(value, float) and math.isnan(value))


def _number(value: float) -> str:
    return f"{value:.6g}"


def _shown(value: Any) -> str:
    return (
        repr(value)
        if isinstance(value, float)
        else value.isoformat()
        if hasattr(value, "isoformat")
        else str(value)
    )


def _table_differences(came: Path, expected: Path, case: Golden, scratch: Path) -> list[str]:
    from engine.data.tables import columns_to_table

    actual = columns_to_table(came)
    wanted = csv_rows(expected, scratch, {})
    said = [f"the column {c} is missing." for c in wanted if c not in actual.column_names]
    rows = len(next(iter(wanted.values()), ()))
    if actual.num_rows != rows:
        said.append(f"it has {actual.num_rows} rows, expected {rows}.")
    if said:
        return said
    wrong = []
    for column, values in wanted.items():
        held = actual.column(column).to_pylist()
        wrong += [
            f"row {n}, column {column} is {_shown(a)}, expected {_shown(e)}."
            for n, (a, e) in enumerate(zip(held, values, strict=True), 1)
            if not same(a, e, case)
        ]
    more = [f"{len(wrong) - MOST_SHOWN} more cells differ."] if len(wrong) > MOST_SHOWN else []
    return wrong[:MOST_SHOWN] + more


def csv_rows(path: Path, scratch: Path, types: Mapping[str, str]) -> dict[str, list[Any]]:
    """A CSV file as columns of Python values. Raises Invalid for a damaged file."""
    from engine.data.tables import read_parquet

    table = read_parquet(csv_to_parquet(path, scratch, types))
    return {name: table.column(name).to_pylist() for name in table.column_names}


def csv_to_parquet(path: Path, scratch: Path, types: Mapping[str, str]) -> Path:
    """A golden file as Parquet, read by the same rules as an upload. Raises Invalid for a damaged file."""
    import secrets

    from engine.data.ingestion import ingest_file
    from engine.data.options import IngestOptions

    work = scratch / secrets.token_hex(4)
    work.mkdir(parents=True)
    target = work / "table.parquet"
    ingest_file(path, path.name, target, IngestOptions(types=types), work)
    return target
