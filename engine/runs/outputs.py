"""Rows of outputs: what makes them visible, in the transaction that ends the run."""

from __future__ import annotations

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


def write_outputs(change: Change, run_id: str, published: Published) -> None:
    """Make outputs visible: their rows, and why their contents are kept."""
    if published.outputs:
        rows = output_rows(run_id, published.outputs)
        change.connection.execute(_INSERT, rows)
    refer(change.connection, "run-output", run_id, published.blobs)
