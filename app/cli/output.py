"""What the command line writes: tables for people, JSON for programs, sentences for failures.

With ``--json`` standard output holds exactly one JSON value; everything else goes to standard error.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Annotated, Any

import typer

Json = Annotated[bool, typer.Option("--json", help="Write JSON only, for programs.")]

OK, FAILED, BAD_INPUT, REFUSED, UNAVAILABLE = range(5)


def say(text: str = "") -> None:
    """A line on standard output."""
    typer.echo(text)


def first_words(name: str, password: str) -> str:
    """How the first administrator is told; never said again."""
    return (
        "\n  The first administrator\n"
        f"    name               {name}\n"
        f"    one-time password  {password}\n"
        "  This is shown once. Sign in with it, then choose a password of your own.\n"
        f"  Lost it? On this machine: ./quarterdeck people reset-password {name}\n"
    )


def note(text: str) -> None:
    """A line on standard error: progress, remarks."""
    typer.echo(text, err=True)


def write_json(value: Any) -> None:
    """One JSON value on standard output, readable by people as well."""
    from app.api.plain import plain

    typer.echo(json.dumps(plain(value), ensure_ascii=False, indent=2))


def nothing(what: str, search: str, remedy: str = "") -> str:
    """The sentence for an empty list: whether there is nothing at all, or only nothing that matches."""
    if search:
        return f"No {what} match “{search}”. Leave the words out to see all."
    return f"No {what}. {remedy}".strip()


def table(headings: Sequence[str], rows: Iterable[Sequence[Any]], *, empty: str = "Nothing.") -> None:
    """A table on standard output; into a pipe with tabs between the columns, and nothing cut off."""
    listed = [[_cell(cell) for cell in row] for row in rows]
    if not listed:
        note(empty)
        return
    if not sys.stdout.isatty():
        for row in listed:
            typer.echo("\t".join(cell.replace("\t", " ").replace("\n", " ") for cell in row))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    drawn = Table(*headings, box=None, pad_edge=False, header_style="bold")
    for row in listed:
        drawn.add_row(*(Text(cell) for cell in row))
    Console().print(drawn)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.astimezone().strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, float):
        return f"{value:,.3f}"
    return str(value)


def fail(error: Any, *, as_json: bool) -> int:
    """Show an error with a sentence; returns the exit code that it means."""
    if as_json:
        typer.echo(json.dumps(error.as_json(), ensure_ascii=False, indent=2))
    for line in lines_of(error):
        note(line)
    code: int = error.exit_code
    return code


def lines_of(error: Any) -> list[str]:
    """The error's sentence; several problems one a line."""
    problems = getattr(error, "problems", [])
    if len(problems) < 2:
        return [error.sentence]
    return [
        f"There are {len(problems)} problems with {error.subject}:",
        *(f"  • {p.sentence}" for p in problems),
    ]
