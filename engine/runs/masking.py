"""What a person sees of a run that read personal data.

The rule: a column of an output table that is named like a classed column of one of the run's input datasets is
masked for whoever may not see that dataset's personal data; so is the value of a field whose choices come from
such a column. What a model prints, draws or writes into files is its own: nobody can know what it shows.
Models themselves get their inputs whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.data.classes import MASK, find
from engine.errors import QuarterdeckError

if TYPE_CHECKING:
    from engine.access import Actor
    from engine.engine import Engine
    from engine.runs.records import InputUse, RunOutput, RunRecord


def hidden(engine: Engine, actor: Actor, inputs: Iterable[InputUse]) -> Mapping[str, str]:
    """Classes (by column key) of the inputs' columns that this actor sees masked."""
    classes = engine.datasets.column_classes
    known = classes.all() if inputs else {}
    found: dict[str, str] = {}
    for use in inputs if known else ():
        found |= classes.hidden(actor, use.dataset)
    return found


def output_path(engine: Engine, actor: Actor, inputs: Sequence[InputUse], output: RunOutput) -> Path:
    """A local file with an output's contents as this actor may see them."""
    assert output.blob is not None
    path = engine.blobs.local_path(output.blob)
    masked = hidden(engine, actor, inputs) if output.kind == "table" else {}
    if not masked:
        return path
    from engine.data.masking import columns_of, masked_file

    return masked_file(
        engine.datasets.jobs, engine.settings.data, path, output.blob, columns_of(path, masked)
    )


def answer(masked: Mapping[str, str], outputs: dict[str, Any]) -> dict[str, Any]:
    """The outputs of a real-time call with the cells of masked columns replaced."""
    if not masked:
        return outputs
    return {name: _table(masked, told) for name, told in outputs.items()}


def _table(masked: Mapping[str, str], told: Any) -> Any:
    if not isinstance(told, dict) or "rows" not in told:
        return told
    places = [n for n, column in enumerate(told["columns"]) if find(column["name"], masked)]
    rows = [[MASK if n in places else cell for n, cell in enumerate(row)] for row in told["rows"]]
    return {**told, "rows": rows} if places else told


def record(engine: Engine, actor: Actor, run: RunRecord) -> RunRecord:
    """The record with the values of fields masked whose choices come from a masked column."""
    if not run.values or not engine.datasets.column_classes.all():
        return run
    masked = [
        name for name, dataset, column in _sources(engine, run) if _is_hidden(engine, actor, dataset, column)
    ]
    if not masked:
        return run
    return replace(run, values={name: _mark(value, name in masked) for name, value in run.values.items()})


def _mark(value: Any, masked: bool) -> Any:
    if not masked or value is None:
        return value
    return [MASK] * len(value) if isinstance(value, list) else MASK


def _is_hidden(engine: Engine, actor: Actor, dataset: str, column: str) -> bool:
    return bool(find(column, engine.datasets.column_classes.hidden(actor, dataset)))


def _sources(engine: Engine, run: RunRecord) -> Iterable[tuple[str, str, str]]:
    """Field, dataset and column of each field that takes its choices from a column."""
    try:
        manifest = engine.runs.loaded(run.model, run.version, run.version_id).manifest
    except QuarterdeckError:
        return []
    datasets = {use.name: use.dataset for use in run.inputs}
    found = []
    for name, field in manifest.fields.items():
        source = getattr(field, "choices_from", None)
        if source is None:
            continue
        dataset = datasets.get(source.input) if source.input else source.dataset
        if dataset:
            found.append((name, dataset.partition("@")[0], source.column))
    return found
