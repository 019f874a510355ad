"""Rows of outputs: what makes them visible, in the transaction that ends the run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import insert

from engine.runs.publish import Published
from engine.runs.records import RunOutput, canonical
from engine.store.database import Change
from engine.store.references import refer
from engine.store.tables_runs import RUN_OUTPUT

_INSERT = insert(RUN_OUTPUT)


def output_rows(run_id: str, outputs: list[RunOutput]) -> list[dict[str, Any]]:
    """Rows of the output table."""
    return [
        {
            "run_id": run_id,
            "name": o.name,
            "position": n,
            "kind": o.kind,
            "title": o.title,
            "value": None if o.value is None else canonical(o.value),
            "format": o.format,
            "filename": o.filename,
            "blob": o.blob,
            "rows": o.rows,
            "columns": canonical(o.columns) if o.columns is not None else None,
            "bytes": o.bytes,
        }
        for n, o in enumerate(outputs)
    ]


def write_outputs(change: Change, found: Mapping[str, Published]) -> None:
    """Make outputs of runs (id → what was published) visible: their rows, and why their contents are kept."""
    rows = [row for run_id, published in found.items() for row in output_rows(run_id, published.outputs)]
    if rows:
        change.connection.execute(_INSERT, rows)
    for run_id, published in found.items():
        refer(change.connection, "run-output", run_id, published.blobs)
