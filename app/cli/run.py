"""``run``, ``again`` and ``predict``: run a model from the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote

import typer

from app.cli.opening import actor, ask_server, opened
from app.cli.output import FAILED, OK, Json, note, say, table, write_json
from app.cli.params_sets import _day
from engine.errors import Invalid, Problem

if TYPE_CHECKING:
    from engine.engine import Engine
    from engine.runs.records import RunRecord

commands = typer.Typer()
Model = Annotated[str, typer.Argument(help="The model's name.")]
Set = Annotated[list[str] | None, typer.Option("--set", help="field=value as in the form; may be repeated.")]
Input = Annotated[list[str] | None, typer.Option("--input", help="name=dataset, dataset@3 or a file.")]
Values = Annotated[Path | None, typer.Option(help="JSON file with the values of many fields.")]
Version = Annotated[str, typer.Option(help="Version number or alias.")]
Parameters = Annotated[
    str, typer.Option(help="Take values from a parameter set: NAME (in force today) or NAME@3.")
]
Place = Annotated[str, typer.Option(help="With --parameters: the place, for instance DE/S001.")]
LOOK_SECONDS = 0.25


@commands.command("run")
def run(
    model: Model,
    set_: Set = None,
    inputs: Input = None,
    values: Values = None,
    version: Version = "live",
    seed: Annotated[int | None, typer.Option(help="Seed of random numbers.")] = None,
    label: Annotated[str, typer.Option(help="A word to find the run by.")] = "",
    parameters: Parameters = "",
    place: Place = "",
    on: Annotated[
        str,
        typer.Option(help="With --parameters: what is in force on that business day, such as 2026-11-22."),
    ] = "",
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Run although an equal earlier result exists.")
    ] = False,
    detach: Annotated[bool, typer.Option("--detach", help="Queue it and return (needs a server).")] = False,
    as_json: Json = False,
) -> None:
    """Run a model and wait for the result. Ctrl-C cancels it. Exit code 1 unless it succeeds."""
    with opened(executing=not detach) as engine:
        given = _values(engine, model, version, set_ or [], values)
        record = engine.runs.submit(
            actor(),
            model,
            values=given,
            inputs=_inputs(inputs or []),
            version=_reference(version),
            seed=seed,
            label=label,
            reuse=False if fresh else None,
            parameter_set=parameters or None,
            place=place,
            valid_on=_day(on),
        )
        if not detach:
            record = follow(engine, record, quiet=as_json)
        raise typer.Exit(_finish(engine, record, as_json))


@commands.command("again")
def again(run: Annotated[str, typer.Argument(help="The run's id.")], as_json: Json = False) -> None:
    """Run again with exactly the same version, values, data and seed."""
    with opened(executing=True) as engine:
        record = follow(engine, engine.runs.again(actor(), run), quiet=as_json)
        raise typer.Exit(_finish(engine, record, as_json))


@commands.command("predict")
def predict(
    model: Model,
    set_: Set = None,
    inputs: Input = None,
    values: Values = None,
    version: Version = "live",
    parameters: Parameters = "",
    place: Place = "",
    as_json: Json = False,
) -> None:
    """Call a model directly, without the queue, and write its outputs."""
    with opened(executing=True) as engine:
        given = _values(engine, model, version, set_ or [], values)
        chosen = _inputs(inputs or [])
        if engine.is_server:
            found = engine.runs.predict(
                actor(),
                model,
                values=given,
                inputs=chosen,
                version=_reference(version),
                parameter_set=parameters or None,
                place=place,
            )
        else:
            body = {"values": given, "inputs": chosen, "version": _reference(version)}
            body |= {"parameter_set": parameters, "place": place}
            found = ask_server(engine.settings, f"/api/v1/models/{quote(model, safe='')}/predict", body)
    if as_json:
        write_json(found)
        return
    table(("output", "value"), list(found.get("outputs", found).items()))


def follow(engine: Engine, record: RunRecord, *, quiet: bool) -> RunRecord:
    """Wait for the end of a run with a progress bar (on a terminal); Ctrl-C cancels the run."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[text]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=quiet) as bar:
        task = bar.add_task(record.state, total=1.0, text="")
        while not record.finished:
            try:
                record = engine.runs.wait(record.id, LOOK_SECONDS)
            except KeyboardInterrupt:
                note("Cancelling …")
                engine.runs.cancel(actor(), record.id)
                record = engine.runs.wait(record.id, 5)
                break
            bar.update(
                task, description=record.state, completed=record.progress or 0, text=record.progress_text
            )
    return record


def _finish(engine: Engine, record: RunRecord, as_json: bool) -> int:
    if as_json:
        outputs = [output.as_json() for output in engine.runs.outputs(actor(), record.id)]
        write_json({**record.as_json(), "outputs": outputs})
    else:
        describe(engine, record)
    return OK if record.state == "succeeded" or not record.finished else FAILED


def describe(engine: Engine, record: RunRecord) -> None:
    """A run for people: state, why it failed, what it produced."""
    took = f" in {record.seconds:.1f} s" if record.seconds is not None else ""
    say(f"Run {record.id}: {record.model} version {record.version} {record.state}{took}.")
    if record.reused_from:
        say(f"The result is that of run {record.reused_from}: everything was equal.")
    if record.error is not None:
        say(record.error.sentence)
        if record.error.trace:
            note(record.error.trace)
    for warning in record.warnings:
        say(f"Warning: {warning}")
    rows = [(o.name, o.kind, _shown(o)) for o in engine.runs.outputs(actor(), record.id)]
    if rows:
        table(("output", "kind", "value"), rows)


def _shown(output: Any) -> str:
    if output.value is not None:
        return str(output.value)
    rows = f"{output.rows:,} rows, " if output.rows is not None else ""
    return f"{rows}{output.bytes:,} bytes"


def _reference(version: str) -> int | str:
    return int(version) if version.isascii() and version.isdigit() else version


def _pairs(given: list[str], option: str) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for item in given:
        name, sign, value = item.partition("=")
        if not sign or not name:
            sentence = f"“{item}” has no “=”. Write {option} name=value."
            raise Invalid("the command", [Problem(option, sentence, item, "name=value")])
        pairs[name.strip()] = value
    return pairs


def _values(engine: Engine, model: str, version: str, given: list[str], file: Path | None) -> dict[str, Any]:
    """Values from the file and, going before them, from ``--set``, read as the form reads them."""
    from engine.parameters.fields import parse_text

    values = _read(file) if file is not None else {}
    problems: list[Problem] = []
    fields = engine.catalog.version(actor(), model, _reference(version)).manifest.fields
    for name, text in _pairs(given, "--set").items():
        if name not in fields:
            known = ", ".join(fields) or "none"
            sentence = f"{model} has no field “{name}”. Its fields: {known}."
            problems.append(Problem(name, sentence, text, "known-field"))
            continue
        try:
            values[name] = parse_text(name, fields[name], text, zone=engine.settings.business_timezone)
        except Invalid as error:
            problems.extend(error.problems)
    if problems:
        raise Invalid("the values", problems)
    return values


def _read(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        sentence = f'{file} cannot be read as JSON ({error}). Give a file such as {{"horizon": 4}}.'
        raise Invalid("the values", [Problem("--values", sentence, str(file), "json")]) from None
    if not isinstance(found, dict):
        sentence = f"{file} must hold a JSON object of fields and values."
        raise Invalid("the values", [Problem("--values", sentence, str(file), "object")])
    return found


def _inputs(given: list[str]) -> dict[str, Any]:
    """Per input a dataset (``sales``, ``sales@3``) or, where such a file exists or is meant, a file."""
    from engine.runs.records import UploadRef

    chosen: dict[str, Any] = {}
    for name, value in _pairs(given, "--input").items():
        path = Path(value).expanduser()
        if path.is_file():
            chosen[name] = UploadRef(path=path.resolve())
        elif path.suffix or "/" in value:
            sentence = (
                f"There is no file “{value}” for the input “{name}”. Check the path, or name a dataset."
            )
            raise Invalid("the inputs", [Problem(name, sentence, value, "file")])
        else:
            chosen[name] = value
    return chosen
