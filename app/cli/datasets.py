"""Datasets on the command line: list, upload, download."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Annotated

import typer

from app.cli.opening import actor, opened
from app.cli.output import Json, nothing, say, table, write_json

commands = typer.Typer()


@commands.command("datasets")
def datasets(
    search: Annotated[str, typer.Argument(help="Words in name or title.")] = "", as_json: Json = False
) -> None:
    """List the datasets."""
    with opened() as engine:
        found = engine.datasets.list(actor(), search=search)
    if as_json:
        write_json(found)
        return
    rows = ((d.name, d.version, d.rows, d.title) for d in found)
    empty = nothing("datasets", search, "Add one: upload NAME FILE.")
    table(("name", "version", "rows", "title"), rows, empty=empty)


@commands.command("upload")
def upload(
    name: Annotated[str, typer.Argument(help="The dataset's name: small letters, digits, hyphens.")],
    file: Annotated[Path, typer.Argument(help="A .csv, .xlsx or .parquet file.")],
    title: Annotated[str, typer.Option(help="What people read in lists.")] = "",
    department: Annotated[str | None, typer.Option(help="Whose it is.")] = None,
    source: Annotated[str, typer.Option(help="Where the data come from.")] = "",
    licence: Annotated[str, typer.Option(help="What may be done with them.")] = "",
    as_json: Json = False,
) -> None:
    """Make a file the next version of a dataset."""
    with opened() as engine:
        version = engine.datasets.ingest(
            actor(), name, file.resolve(), title=title, department=department, source=source, licence=licence
        )
    if as_json:
        write_json(version)
        return
    say(f"{version.dataset}, version {version.number}: {version.rows:,} rows.")


@commands.command("download")
def download(
    name: Annotated[str, typer.Argument(help="The dataset's name; NAME@3 for its version 3.")],
    to: Annotated[
        Path | None, typer.Option("--to", help="File to write; without it, named after the dataset.")
    ] = None,
    form: Annotated[str, typer.Option("--format", help="csv, xlsx or parquet.")] = "",
    as_json: Json = False,
) -> None:
    """Write a dataset into a file."""
    from app.files import dataset_file

    base, _, number = name.partition("@")
    wanted = form or (to.suffix.lstrip(".").lower() if to else "") or "csv"
    with (
        opened() as engine,
        dataset_file(engine, actor(), base, int(number) if number else None, wanted) as file,
    ):
        target = to or Path(file.name)
        shutil.copyfile(file.path, target)
    if as_json:
        write_json({"file": str(target)})
    else:
        say(str(target))
