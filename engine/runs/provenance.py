"""Everything needed to run a run again, in one JSON object: shown on its page, exported with its ZIP."""

from __future__ import annotations

from typing import Any

from engine.runs.records import RunOutput, RunRecord


def provenance(run: RunRecord, outputs: list[RunOutput]) -> dict[str, Any]:
    """Who ran what, with which values, data, seed and environment, and what came of it, by content hash."""
    return {
        "run": run.id,
        "kind": run.kind,
        "state": run.state,
        "model": {
            "name": run.model,
            "version": run.version,
            "version_id": run.version_id,
            "source_hash": run.provenance.get("source_hash", ""),
            "entry": run.provenance.get("entry", ""),
            "language": run.provenance.get("language", ""),
        },
        "environment": {
            "id": run.environment_id,
            "ran": run.environment,
            "platform": run.provenance.get("platform", ""),
            "threads": run.provenance.get("threads", 1),
        },
        "values": run.values,
        "parameter_set": run.parameter_set,
        "shadow": run.provenance.get("shadow"),
        "inputs": [
            {
                "name": use.name,
                "dataset": use.dataset,
                "version": use.version,
                "content_hash": use.content_hash,
                "rows": use.rows,
            }
            for use in run.inputs
        ],
        "seed": run.seed,
        "today": run.today,
        "submitted": {"by": run.submitted_by, "at": run.submitted_at.isoformat()},
        "finished_at": run.finished_at.isoformat() if run.finished_at else None,
        "attempt": run.attempt,
        "reused_from": run.reused_from,
        "again_of": run.again_of,
        "outputs": [
            {"name": o.name, "kind": o.kind, "format": o.format, "hash": o.blob, "value": o.value}
            for o in outputs
        ],
    }
