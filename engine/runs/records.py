"""What callers see of runs: plain frozen records, ready for JSON."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from engine.canonical_json import canonical as spelled
from engine.runs.states import FINISHED


@dataclass(frozen=True)
class UploadRef:
    """A file given for an input instead of a stored dataset; it becomes a dataset version first."""

    path: Path
    name: str = ""
    title: str = ""


@dataclass(frozen=True)
class InputUse:
    """Which dataset version stands under an input's name."""

    name: str
    dataset: str
    version: int
    content_hash: str
    blob: str
    rows: int | None = None


@dataclass(frozen=True)
class RunError:
    """Why a run did not succeed: a stable word, a sentence for a person, and the model's own trace."""

    reason: str
    sentence: str
    type: str = ""
    trace: str = ""


@dataclass(frozen=True)
class RunOutput:
    """One output: ``value`` for metrics and text, ``blob`` for tables, figures and files (until expired)."""

    name: str
    kind: str
    title: str = ""
    value: Any = None
    format: str = ""
    filename: str = ""
    blob: str | None = None
    rows: int | None = None
    columns: list[dict[str, str]] | None = None
    bytes: int = 0

    def as_json(self) -> dict[str, Any]:
        """The output as the API shows it."""
        return asdict(self)


@dataclass(frozen=True)
class RunRecord:
    """One run as everybody sees it. Times are aware UTC; ``progress`` is 0–1 or None."""

    id: str
    model: str
    model_title: str
    department: str | None
    version: int
    version_id: str
    state: str
    values: dict[str, Any]
    inputs: list[InputUse]
    seed: int | None
    environment: dict[str, Any]
    environment_id: str
    attempt: int
    submitted_by: str
    submitted_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    progress: float | None
    progress_text: str
    error: RunError | None
    warnings: list[str]
    label: str
    kind: str
    today: str
    reused_from: str | None
    again_of: str | None
    retain_until: datetime | None
    expired_at: datetime | None
    timeout_seconds: int
    model_seconds: float | None
    peak_memory: int | None
    provenance: dict[str, Any] = field(default_factory=dict)

    @property
    def finished(self) -> bool:
        """Has it ended, one way or another?"""
        return self.state in FINISHED

    @property
    def seconds(self) -> float | None:
        """From its start to its end; None before the end."""
        if self.started_at is None or self.finished_at is None:
            return None
        return (self.finished_at - self.started_at).total_seconds()

    @property
    def parameter_set(self) -> dict[str, Any] | None:
        """The parameter set that values came from: name, version at each place, fields set otherwise; None: none."""
        found: dict[str, Any] | None = self.provenance.get("parameter_set")
        return found

    def as_json(self) -> dict[str, Any]:
        """The record as the API and the command line show it."""
        made = asdict(self)
        for name, value in made.items():
            if isinstance(value, datetime):
                made[name] = value.isoformat()
        made["finished"] = self.finished
        made["seconds"] = self.seconds
        made["parameter_set"] = self.parameter_set
        return made


def input_uses(text: str) -> list[InputUse]:
    """Inputs from their JSON in the run's row."""
    return [] if text == "[]" else [InputUse(**use) for use in json.loads(text)]


def record(row: Any) -> RunRecord:
    """From a row of the run table."""
    error = json.loads(row.error) if row.error else None
    return RunRecord(
        id=row.id,
        model=row.model,
        model_title=row.model_title,
        department=row.department,
        version=row.version,
        version_id=row.version_id,
        state=row.state,
        values=json.loads(row.values_json),
        inputs=input_uses(row.inputs_json),
        seed=row.seed,
        environment=json.loads(row.environment),
        environment_id=row.environment_id,
        attempt=row.attempt,
        submitted_by=row.submitted_by,
        submitted_at=row.submitted_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        progress=row.progress,
        progress_text=row.progress_text,
        error=RunError(**error) if error else None,
        warnings=json.loads(row.warnings),
        label=row.label,
        kind=row.kind,
        today=row.today,
        reused_from=row.reused_from,
        again_of=row.again_of,
        retain_until=row.retain_until,
        expired_at=row.expired_at,
        timeout_seconds=row.timeout_seconds,
        model_seconds=row.model_seconds,
        peak_memory=row.peak_memory,
        provenance=json.loads(row.provenance),
    )


def output(row: Any) -> RunOutput:
    """From a row of the run output table."""
    return RunOutput(
        name=row.name,
        kind=row.kind,
        title=row.title,
        value=None if row.value is None else json.loads(row.value),
        format=row.format,
        filename=row.filename,
        blob=row.blob,
        rows=row.rows,
        columns=json.loads(row.columns) if row.columns else None,
        bytes=row.bytes,
    )


def canonical(value: Any) -> str:
    """Canonical JSON: sorted keys, no spaces, every script as it is."""
    return spelled(value)
