"""What is said about a parameter file on the command line, and how the file itself is read."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from engine.parameters.imports.records import Answers, GivenFile

KIND_HELP = "Its kind, if guessed wrongly: key=value, ini, csv, json, yaml, toml, r, julia, python, fixed."
Kind = Annotated[str, typer.Option(help=KIND_HELP)]
Encoding = Annotated[str, typer.Option(help="Where it is guessed wrongly, for instance cp1252 or cp1250.")]
Decimal = Annotated[str, typer.Option(help="The file's decimal sign, where 1,234 is asked: , or .")]
Days = Annotated[str, typer.Option(help="What comes first in 03/04/2026: day or month.")]
Zone = Annotated[str, typer.Option(help="Time zone of times that name none, for instance Europe/Berlin.")]
Named = Annotated[
    list[str] | None,
    typer.Option("--name", help="field=PATH: what the file calls a field; may be repeated."),
]
Scale = Annotated[
    list[str] | None,
    typer.Option(help="field=points (12.5 is 12.5 %) or field=fraction (0.125 is 12.5 %); may be repeated."),
]
Currency = Annotated[
    list[str] | None,
    typer.Option(help="field=EUR: the currency of amounts that name none; may be repeated."),
]
LeaveOut = Annotated[
    list[str] | None, typer.Option(help="A field whose value in the file is not taken; may be repeated.")
]


def answers(
    kind: str, encoding: str, decimal: str, days: str, zone: str, name: list[str] | None, scale: list[str] | None,
    currency: list[str] | None, leave_out: list[str] | None,
) -> Answers | None:  # fmt: skip
    """What was said; None when nothing was: what was said about this file before then holds. Raises Invalid."""
    from engine.parameters.imports.answering import answers_from, pairs_of

    whole = {"kind": kind, "encoding": encoding, "decimal": decimal, "days": days, "zone": zone}
    return answers_from(
        whole, pairs_of(scale, "--scale"), pairs_of(currency, "--currency"), pairs_of(name, "--name"),
        leave_out or (),
    )  # fmt: skip


def given_file(path: Path) -> GivenFile:
    """A file from disk: an ordinary one, no link, and of a parameter file's size. Raises Invalid."""
    from engine.errors import Invalid, Problem
    from engine.parameters.imports.records import GivenFile
    from engine.parameters.textfiles.document import MOST_BYTES, unreadable
    from engine.parameters.textfiles.encodings import too_large

    try:
        found = path.lstat()
        sentence = _not_a_file(path, found.st_mode)
        if sentence:
            raise Invalid("the file", [Problem(str(path), sentence)])
        if found.st_size > MOST_BYTES:
            raise unreadable(path.name, too_large(found.st_size))
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)  # it may have become a link since
        with open(handle, "rb") as file:
            return GivenFile(path.name, file.read(MOST_BYTES + 1))
    except OSError as error:
        sentence = f"The file “{path}” cannot be read ({error.strerror}). Check its name and rights."
        raise Invalid("the file", [Problem(str(path), sentence)]) from None


def _not_a_file(path: Path, mode: int) -> str:
    if stat.S_ISLNK(mode):
        return f"“{path}” is a link to {path.readlink()}. Give the file itself, so that it is clear what is imported."
    if stat.S_ISDIR(mode):
        return f"“{path}” is a folder. Give the parameter file in it."
    return "" if stat.S_ISREG(mode) else f"“{path}” is no ordinary file. Save its contents to a file first."
