"""SQL over datasets on the command line, and which of their columns hold personal data."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from app.cli.opening import actor, opened
from app.cli.output import Json, note, say, table, write_json
from engine.errors import Invalid, Problem

commands = typer.Typer()
Name = Annotated[str, typer.Argument(help="The dataset's name.")]


@commands.command("query")
def query(
    sql: Annotated[
        str, typer.Argument(help="One SELECT; tables are called like the datasets, _ for each hyphen.")
    ],
    dataset: Annotated[
        list[str], typer.Option("--dataset", "-d", help="A dataset that it reads, NAME or NAME@3.")
    ],
    to: Annotated[
        Path | None, typer.Option("--to", help="File for all rows: .csv, .xlsx or .parquet.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Show at most so many rows.")] = 100,
    as_json: Json = False,
) -> None:
    """Run SQL over datasets: it reads them and nothing else."""
    from engine.data.exports import export

    with opened() as engine, tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "result.parquet"
        found = engine.datasets.query(actor(), sql, dataset, limit=limit, target=made)
        if to is not None:
            export(made, to, to.suffix.lstrip(".").lower() or "csv", engine=engine)
    if as_json:
        write_json(found)
        return
    if to is not None:
        say(str(to))
    else:
        table([column.name for column in found.page.columns], found.page.rows, empty="No rows.")
    more = "more rows than the limit; the rest was left out" if found.cut else f"{found.rows:,} rows"
    note(f"{more}, {found.seconds:.2f} s")


@commands.command("classes")
def classes(name: Name, as_json: Json = False) -> None:
    """Show which columns of a dataset hold personal data, and which look so."""
    with opened() as engine:
        found = engine.datasets.classes(actor(), name)
    if as_json:
        write_json(found)
        return
    rows = (
        (c.column, c.kind or "–", f"{c.suggested}: {c.why}" if c.why and not c.kind else "") for c in found
    )
    table(("column", "class", "suggested"), rows)


@commands.command("classify")
def classify(
    name: Name,
    kinds: Annotated[list[str], typer.Argument(help="COLUMN=personal, COLUMN=sensitive or COLUMN=none.")],
    reason: Annotated[str, typer.Option(help="Why; kept in the audit log.")] = "",
    as_json: Json = False,
) -> None:
    """Say which columns hold personal data: masked for those who may not see it, in all versions."""
    wanted = {}
    for given in kinds:
        column, sign, kind = given.rpartition("=")
        if not sign:
            sentence = f"“{given}” must be written as COLUMN=personal, COLUMN=sensitive or COLUMN=none."
            raise Invalid("the classes", [Problem(given, sentence, given, "COLUMN=CLASS")])
        wanted[column] = kind
    with opened() as engine:
        found = engine.datasets.classify(actor(), name, wanted, reason=reason)
    if as_json:
        write_json(found)
        return
    table(("column", "class"), ((c.column, c.kind or "–") for c in found))
