"""Runs on the command line: list, show, log, outputs, cancel."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Annotated

import typer

from app.cli.opening import actor, opened
from app.cli.output import FAILED, OK, Json, note, nothing, say, table, write_json

commands = typer.Typer()
Run = Annotated[str, typer.Argument(help="The run's id.")]


@commands.command("runs")
def runs(
    search: Annotated[str, typer.Argument(help="Words in the model's name, the label or the id.")] = "",
    state: Annotated[str | None, typer.Option(help="Only runs in this state, for instance failed.")] = None,
    model: Annotated[str | None, typer.Option(help="Only runs of this model.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="At most so many.")] = 20,
    offset: Annotated[int, typer.Option(min=0, help="Leave so many out.")] = 0,
    as_json: Json = False,
) -> None:
    """List runs, newest first."""
    with opened() as engine:
        records, total = engine.runs.list(
            actor(), search=search, state=state, model=model, offset=offset, limit=limit
        )
    if as_json:
        write_json([record.as_json() for record in records])
        return
    rows = ((r.id, r.model, r.version, r.state, r.submitted_at, r.seconds, r.label) for r in records)
    heads = ("id", "model", "version", "state", "submitted", "seconds", "label")
    table(heads, rows, empty=nothing("runs", search))
    if total > offset + len(records):
        note(f"{total} in all; more with --offset {offset + len(records)}.")


@commands.command("show")
def show(run: Run, as_json: Json = False) -> None:
    """Show a run: state, values, data, outputs."""
    from app.cli.run import describe

    with opened() as engine:
        record = engine.runs.get(actor(), run)
        if as_json:
            outputs = [output.as_json() for output in engine.runs.outputs(actor(), run)]
            write_json({**record.as_json(), "outputs": outputs})
            return
        describe(engine, record)
    say("\nValues:")
    table(("field", "value"), list(record.values.items()), empty="  none")
    say("\nData:")
    table(
        ("input", "dataset", "version"),
        [(i.name, i.dataset, i.version) for i in record.inputs],
        empty="  none",
    )


@commands.command("log")
def log(run: Run) -> None:
    """Write what a run printed."""
    with opened() as engine:
        offset = 0
        while True:
            text, following = engine.runs.log(actor(), run, offset=offset)
            if following == offset:
                return
            typer.echo(text, nl=False)
            offset = following


@commands.command("outputs")
def outputs(
    run: Run,
    folder: Annotated[Path, typer.Option("--to", help="Folder to write into.")] = Path(),
    form: Annotated[str, typer.Option("--format", help="Of tables: csv, xlsx or parquet.")] = "csv",
    as_json: Json = False,
) -> None:
    """Write a run's tables, figures and files into a folder."""
    from app.files import output_file

    written: list[str] = []
    with opened() as engine:
        listed = engine.runs.outputs(actor(), run)
        folder.mkdir(parents=True, exist_ok=True)
        for output in listed:
            if output.blob is None:
                continue
            wanted = form if output.kind == "table" else "original"
            with output_file(engine, actor(), run, output.name, wanted) as file:
                target = folder / file.name
                shutil.copyfile(file.path, target)
                written.append(str(target))
    if as_json:
        write_json(written)
        return
    for path in written:
        say(path)


@commands.command("cancel")
def cancel(run: Run, as_json: Json = False) -> None:
    """Cancel a run and everything that it started."""
    with opened() as engine:
        engine.runs.cancel(actor(), run)
        record = engine.runs.wait(run, 5)
    if as_json:
        write_json(record.as_json())
    else:
        say(f"Run {record.id}: {record.state}.")
    raise typer.Exit(OK if record.state in ("cancelled", "cancelling") else FAILED)
