"""From what a person asked for to a run that can be queued: one validation for runs and real-time calls."""

from __future__ import annotations

import dataclasses
import platform
import re
from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sqlalchemy import insert

from engine.access import DATASET_WRITE, Actor
from engine.data.homes import may_add
from engine.errors import Invalid, NotFound, Problem, QuarterdeckError
from engine.runs import plan, queue, secret_values, states, uploaded
from engine.runs.records import InputUse, RunRecord, UploadRef, canonical, record
from engine.store.base import new_id, utc_now
from engine.store.database import Change
from engine.store.references import refer
from engine.store.tables_runs import RUN, RUN_INPUT

if TYPE_CHECKING:
    from engine.catalog.service import LoadedVersion
    from engine.engine import Engine

MOST_CHOICES = 100_000
InputRef = str | UploadRef | Path


@dataclass(frozen=True)
class Checked:
    """A request that may run: everything in it is resolved and valid."""

    version: LoadedVersion
    values: dict[str, Any]
    inputs: list[InputUse]
    seed: int | None
    today: str
    # argument → name and time of change of its secret, never a value
    secrets: dict[str, list[str]] = dataclasses.field(default_factory=dict)
    # the parameter set that values were taken from, as ``from_sets.record`` tells; empty: none
    parameters: dict[str, Any] = dataclasses.field(default_factory=dict)
    # of a shadow run: the set's name, the version that it tries out, whether this run is the one without it
    shadow: dict[str, Any] = dataclasses.field(default_factory=dict)


def check(
    engine: Engine,
    actor: Actor,
    model: str,
    values: dict[str, Any],
    inputs: dict[str, InputRef],
    version: int | str | None,
    seed: int | None,
    settled: Collection[str] = (),
) -> Checked:
    """Resolve version and datasets and check every value. Raises Invalid with all problems at once.

    ``settled`` are fields whose value somebody else chose for this person: a parameter set. Such a value may come from
    a column that this person sees masked.
    """
    from engine.parameters.fields import check_values

    loaded = engine.catalog.version(actor, model, version)
    problems: list[Problem] = []
    checked: dict[str, Any] = {}
    now = datetime.now(UTC)
    day = now.astimezone(ZoneInfo(engine.settings.business_timezone)).date()
    uses = _inputs(engine, actor, loaded, inputs, problems)
    try:
        choices = _choices(engine, actor, loaded, uses, settled)
        checked = check_values(loaded.manifest, values, today=day, now=now, choices=choices)
    except Invalid as failure:
        problems += failure.problems
    problems += uploaded.problems(engine, actor, checked)
    problems += secret_values.problems(engine, actor, loaded.manifest, checked)
    if seed is not None and not -(2**31) <= seed < 2**31:
        rule = "a whole number from -2147483648 to 2147483647"
        problems.append(Problem("seed", f"The seed {seed} must be {rule}.", str(seed), rule))
    if problems:
        raise Invalid(f"the run of {model}", problems)
    stamps = secret_values.stamps(engine, loaded.manifest, checked)
    return Checked(loaded, checked, uses, seed, day.isoformat(), stamps)


def _choices(
    engine: Engine, actor: Actor, loaded: LoadedVersion, uses: list[InputUse], settled: Collection[str]
) -> dict[str, set[str]]:
    """The values to choose from where a field takes them from a column; left open when they cannot be read."""
    found: dict[str, set[str]] = {}
    chosen = {use.name: use for use in uses}
    for name, field in loaded.manifest.fields.items():
        # asking a field for what its class does not have costs as much as checking its value
        source = getattr(field, "choices_from", None) if "choices_from" in type(field).model_fields else None
        if source is None:
            continue
        use = chosen.get(source.input) if source.input else None
        dataset, number = (use.dataset, use.version) if use else (source.dataset, None)
        if dataset is None:
            continue  # the input itself is missing: that problem is told already
        try:
            values = engine.datasets.values(actor, dataset, source.column, number, MOST_CHOICES)
        except QuarterdeckError as failure:
            if name in settled:
                continue
            raise Invalid(
                name, [Problem(name, failure.sentence, "", "one of the values in the data")]
            ) from None
        found[name] = {str(value) for value in values}
    return found


def _inputs(
    engine: Engine,
    actor: Actor,
    loaded: LoadedVersion,
    given: dict[str, InputRef],
    problems: list[Problem],
) -> list[InputUse]:
    specs = loaded.manifest.inputs
    for name in given.keys() - specs.keys():
        known = ", ".join(f"“{n}”" for n in specs) or "none"
        sentence = (
            f"{loaded.model} has no input “{name}”; its inputs are: {known}. Take it out or correct it."
        )
        problems.append(Problem(name, sentence, str(given[name]), f"one of {known}"))
    uses = []
    for name, spec in specs.items():
        reference = given.get(name) or spec.dataset
        if reference is None:
            if spec.required:
                title = spec.title or name
                sentence = f"“{title}” ({name}) needs a table: choose a stored dataset or upload a file."
                problems.append(Problem(name, sentence, "", "required"))
            continue
        try:
            found = _dataset(engine, actor, loaded, name, reference)
        except Invalid as failure:
            problems += failure.problems
            continue
        except QuarterdeckError as failure:
            problems.append(Problem(name, failure.sentence, str(reference), "a stored dataset"))
            continue
        fitting = engine.datasets.fits(found, spec)
        problems += fitting
        if not fitting:
            uses.append(
                InputUse(name, found.dataset, found.number, found.content_hash, found.blob, found.rows)
            )
    return uses


def _dataset(engine: Engine, actor: Actor, loaded: LoadedVersion, name: str, reference: InputRef) -> Any:
    """The dataset version that a reference names: ``sales``, ``sales@3``, or an uploaded file."""
    if isinstance(reference, Path):
        reference = UploadRef(reference)
    if isinstance(reference, UploadRef):
        dataset = reference.name or _upload_name(engine, actor, f"{loaded.model}-{name}")
        title = reference.title or f"{loaded.manifest.inputs[name].title or name} (uploaded)"
        department = engine.catalog.resource(loaded.model).department
        if not may_add(engine, actor, department):
            department = None  # a model shared by another department: the data stays with the person's own
        return engine.datasets.ingest(actor, dataset, reference.path, title=title, department=department)
    dataset, _, number = reference.partition("@")
    if number and not number.isdigit():
        sentence = f"“{reference}”: the part after @ must be a version number, for instance {dataset}@3."
        raise Invalid(name, [Problem(name, sentence, reference, "NAME or NAME@NUMBER")])
    return engine.datasets.version(actor, dataset, int(number) if number else None)


def _upload_name(engine: Engine, actor: Actor, wanted: str) -> str:
    """The input's own dataset; where that is somebody else's, one of this person's."""
    name = re.sub(r"[^a-z0-9]+", "-", wanted.lower()).strip("-")
    try:
        there = engine.datasets.resource(name)
    except NotFound:
        return name
    if engine.authorizer.decide(actor, DATASET_WRITE, there).allowed:
        return name
    return f"{name[:70]}-{actor.id[-8:].lower()}"


def run_row(engine: Engine, actor: Actor, checked: Checked, *, memory_mb: int, **more: Any) -> dict[str, Any]:
    """All columns of a new run."""
    version = checked.version
    model = version.manifest.model
    return {
        "id": more.get("id") or new_id(),
        "kind": "queued",
        "model": version.model,
        "model_title": model.title or version.model,
        "department": engine.catalog.resource(version.model).department,
        "version_id": version.id,
        "version": version.number,
        "state": states.QUEUED,
        "retry": _retry(version),
        "values_json": canonical(checked.values),
        "inputs_json": canonical([asdict(use) for use in checked.inputs]),
        "seed": checked.seed,
        "label": "",
        "today": checked.today,
        "submitted_by": actor.id,
        "on_behalf_of": actor.on_behalf_of,
        "via": actor.via,
        "submitted_at": utc_now(),
        "started_at": None,
        "finished_at": None,
        "attempt": 0,
        "fence": 0,
        "memory_mb": memory_mb,
        "timeout_seconds": plan.timeout_seconds(version, engine.settings),
        "progress": None,
        "progress_text": "",
        "log_bytes": 0,
        "error": None,
        "warnings": "[]",
        "environment_id": version.environment_id,
        "environment": "{}",
        "provenance": canonical(provenance(version, checked.parameters, checked.shadow)),
        "model_seconds": None,
        "peak_memory": None,
        "reuse_key": None,
        "reused_from": None,
        "again_of": None,
        "result_blob": None,
        "retain_until": None,
    } | more


def _retry(version: LoadedVersion) -> str:
    """A script is never run again by itself unless its manifest says that this is safe."""
    stated = version.manifest.model.retry
    if stated is None:
        return "never" if version.manifest.model.command else "safe"
    return "safe" if stated == "safe" else "never"


def provenance(
    version: LoadedVersion, parameters: dict[str, Any] | None = None, shadow: dict[str, Any] | None = None
) -> dict[str, Any]:
    """What a run must remember besides its columns (see ``provenance.py`` for the whole)."""
    more = {"parameter_set": parameters} if parameters else {}
    more |= {"shadow": shadow} if shadow else {}
    return more | {
        "source_hash": getattr(version, "source_hash", ""),
        "entry": version.entry or "",
        "language": version.language,
        "threads": 1,
        "platform": f"{platform.system().lower()}-{platform.machine()}",
        "server_python": platform.python_version(),
    }


_INSERT = insert(RUN)


def insert_calls(change: Change, calls: list[tuple[dict[str, Any], list[InputUse]]]) -> None:
    """Write the records of many real-time calls: together where they have no inputs, which most have not."""
    alike: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for row, inputs in calls:
        if inputs or file_blobs(row["values_json"]):
            insert_run(change, row, inputs)
        else:
            alike.setdefault(tuple(row), []).append(row)
    for rows in alike.values():
        change.connection.execute(_INSERT, rows)


def insert_run(change: Change, row: dict[str, Any], inputs: list[InputUse]) -> None:
    """Write a new run, its inputs, the references that keep them, and the event."""
    connection = change.connection
    connection.execute(_INSERT, [row])
    if inputs:
        connection.execute(insert(RUN_INPUT), [_input_row(row["id"], use) for use in inputs])
    if inputs:
        refer(change.connection, "run-input", row["id"], [use.blob for use in inputs])
    if files := file_blobs(row["values_json"]):
        refer(change.connection, "run-file", row["id"], files)
    if row["kind"] != "realtime":
        tell_new(change, row)


def tell_new(change: Change, row: dict[str, Any]) -> None:
    """The event of a run that has just come to be."""
    from engine.events import RunStateChanged

    told = RunStateChanged(
        run=row["id"], model=row["model"], old="", new=row["state"], attempt=row["attempt"]
    )
    change.emit(told, department=row["department"])


def _input_row(run_id: str, use: InputUse) -> dict[str, Any]:
    return {
        "run_id": run_id,
        "name": use.name,
        "dataset": use.dataset,
        "version": use.version,
        "content_hash": use.content_hash,
        "blob": use.blob,
        "rows": use.rows,
    }


def file_blobs(values: str) -> list[str]:
    """Contents that file fields refer to, out of the canonical JSON of the values."""
    if '"blob"' not in values:
        return []
    import json

    return [v["blob"] for v in json.loads(values).values() if isinstance(v, dict) and "blob" in v]


CANCELLED = canonical(
    {"reason": "cancelled", "sentence": "The run was cancelled before it started.", "type": "", "trace": ""}
)


def tell_moved(change: Change, row: Any, new: str) -> None:
    """The event of a run that went from one state to the next."""
    queue.tell(change, row, row.state, new)


def as_record(row: dict[str, Any]) -> RunRecord:
    """The record of a run that was just written, without asking the database."""
    return record(SimpleNamespace(**row, expired_at=None))
