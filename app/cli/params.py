"""Parameter text files on the command line: what one says, beside a model's fields."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli import params_answers as given
from app.cli.opening import actor, opened
from app.cli.output import FAILED, Json, note, say, table, write_json
from app.cli.params_feeds import feeds
from app.cli.params_files import EXPORTERS, IMPORTERS, files
from app.cli.params_reviews import reviews
from app.cli.params_sets import sets
from app.cli.params_sheets import ENDING, export_sheet, import_sheet

if TYPE_CHECKING:
    from engine.parameters.imports.records import FilePreview
    from engine.parameters.textfiles.files import Document, Preview

commands = typer.Typer()
params = typer.Typer(
    no_args_is_help=True,
    help="Parameter sets: versioned values of a model's fields; and parameter text files.",
)
commands.add_typer(params, name="params")
params.add_typer(feeds, name="feeds")
IMPORTERS[ENDING], EXPORTERS[ENDING] = import_sheet, export_sheet
params.registered_commands += [
    *sets.registered_commands,
    *reviews.registered_commands,
    *files.registered_commands,
]


@params.command("inspect")
def inspect(
    file: Annotated[
        Path, typer.Argument(help="key=value, INI, CSV, JSON, YAML, TOML, R, Julia, Python or fixed columns.")
    ],
    model: Annotated[str, typer.Option(help="Match with this model's fields (its live version).")] = "",
    kind: given.Kind = "",
    encoding: given.Encoding = "",
    decimal: given.Decimal = "",
    days: given.Days = "",
    zone: given.Zone = "",
    name: given.Named = None,
    scale: given.Scale = None,
    currency: given.Currency = None,
    as_json: Json = False,
) -> None:
    """Show what a parameter text file says: matched, unknown, missing, out of range, doubtful. Nothing is stored.

    Nothing in the file is executed. Exit code 1 if a value of the model cannot be taken as it is.
    """
    from engine.parameters.imports.records import Answers
    from engine.parameters.textfiles.files import match, read

    said = given.answers(kind, encoding, decimal, days, zone, name, scale, currency, None) or Answers()
    source = given.given_file(file)
    document = read(source.data, source.name, said.kind, said.encoding)
    if not model:
        _show_document(document, as_json)
        return
    with opened() as engine:
        fields = engine.catalog.version(actor(), model, "live").manifest.fields
    preview = match(document, fields, said.options())
    if as_json:
        write_json({"document": _head(document), "ready": preview.ready, "preview": preview})
    else:
        _show_preview(document, preview)
    if not preview.ready:
        raise typer.Exit(FAILED)


def _head(document: Document) -> dict[str, object]:
    return {
        "name": document.name, "kind": document.kind, "encoding": document.encoding, "newline": document.newline,
        "decimal": document.decimal, "values": len(document.entries), "notes": document.notes,
    }  # fmt: skip


def _about(document: Document) -> None:
    from engine.parameters.textfiles.encodings import TITLES
    from engine.parameters.textfiles.files import FORMATS

    lines = {"\n": "LF", "\r\n": "CR LF", "\r": "CR"}.get(document.newline, document.newline)
    values = f"{len(document.entries)} value{'' if len(document.entries) == 1 else 's'}"
    encoding = TITLES[document.encoding] + (" with a byte order mark" if document.mark else "")
    say(f"{document.name}: {FORMATS[document.kind].title}, {values}, {encoding}, lines end {lines}.")
    for sentence in document.notes:
        note(f"! {sentence}")


def _show_document(document: Document, as_json: bool) -> None:
    from engine.parameters.textfiles.matching import guessed

    rows = [(e.line, e.path, e.item.text, guessed(e.item), e.unit, e.comment) for e in document.entries]
    if as_json:
        keys = ("line", "path", "text", "type", "unit", "comment")
        write_json(
            {"document": _head(document), "entries": [dict(zip(keys, row, strict=True)) for row in rows]}
        )
        return
    _about(document)
    table(("line", "name", "value", "looks like", "unit", "comment"), rows, empty="  no values")


def _show_preview(document: Document, preview: Preview) -> None:
    _about(document)
    show_matched(preview)
    if not preview.ready:
        note("A value cannot be taken as it is; the remarks say why and what to do.")


def show_matched(preview: Preview | FilePreview) -> None:
    """What the file has, what no field takes, and what it does not have."""
    say("\nFields that the file has:")
    rows = (
        (p.line, p.name, p.text, p.state, _told(p.sentence, *p.notes, *p.suggestions)) for p in preview.lines
    )
    table(("line", "field", "value", "state", "remarks"), rows, empty="  none")
    say("\nValues that no field takes:")
    unknown = ((u.line, u.path, u.text, u.guessed, _meant(u.near)) for u in preview.unknown)
    table(("line", "name", "value", "looks like", "remarks"), unknown, empty="  none")
    say("\nFields that the file does not have:")
    missing = (
        (m.name, "needed" if m.required else "has a default, or may stay empty", _meant(m.near))
        for m in preview.missing
    )
    table(("field", "state", "remarks"), missing, empty="  none")


def _told(*sentences: str) -> str:
    return " ".join(sentence for sentence in sentences if sentence)


def _meant(near: tuple[str, ...]) -> str:
    return f"Is it {' or '.join(near)}?" if near else ""
