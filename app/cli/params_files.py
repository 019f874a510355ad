"""``params import``, ``params export`` and ``params layouts``: sets from files and back.

``IMPORTERS`` and ``EXPORTERS`` are for other kinds of files (spreadsheets), by their ending.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli import params_answers as given
from app.cli.opening import actor, opened
from app.cli.output import FAILED, Json, note, say, table, write_json
from app.cli.params_sets import Model, Name, PlaceOption, Reference, _day, _short

if TYPE_CHECKING:
    from engine.parameters.imports.records import FilePreview, Stored

files = typer.Typer()
# ending → (file, model, set, options by their names) → what was done
IMPORTERS: dict[str, Callable[[Path, str, str, dict[str, Any]], None]] = {}
EXPORTERS: dict[str, Callable[[str, str, Path, dict[str, Any]], None]] = {}


@files.command("import")
def import_file(
    model: Model,
    name: Name,
    file: Annotated[
        Path,
        typer.Argument(
            help="The parameter file, or an edited workbook (.xlsx); what it says becomes the set's values."
        ),
    ],
    reason: Annotated[str, typer.Option(help="Why, in a sentence; kept with the version.")] = "",
    kind: given.Kind = "",
    encoding: given.Encoding = "",
    decimal: given.Decimal = "",
    days: given.Days = "",
    zone: given.Zone = "",
    named: given.Named = None,
    scale: given.Scale = None,
    currency: given.Currency = None,
    leave_out: given.LeaveOut = None,
    place: PlaceOption = "",
    effective: Annotated[str, typer.Option(help="Business day from which it holds. Default: today.")] = "",
    review: Annotated[bool, typer.Option("--review", help="Ask a second person in any case.")] = False,
    title: Annotated[str, typer.Option(help="Title, where the set is new.")] = "",
    no_layout: Annotated[
        bool, typer.Option("--no-layout", help="Do not keep the file to write the set back into it.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would change; store nothing.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Import a parameter file into a set, which is made if it is new. The file is kept as a layout of the set.

    Exit code 1 with --dry-run if a value cannot be taken as it is; nothing is stored while one cannot.
    """
    if file.suffix.lower() in IMPORTERS:
        said = {"reason": reason, "place": place, "effective": effective, "review": review, "dry_run": dry_run,
                "as_json": as_json}  # fmt: skip
        IMPORTERS[file.suffix.lower()](file, model, name, said)
        return
    source = given.given_file(file)
    answers = given.answers(kind, encoding, decimal, days, zone, named, scale, currency, leave_out)
    with opened() as engine:
        service, day = engine.parameter_files, _day(effective)
        if dry_run:
            seen = service.preview(
                actor(), model, source, answers, name=name, place=place, effective_from=day
            )
            _show(seen, as_json)
            raise typer.Exit(0 if seen.ready and not (seen.effect and seen.effect.broken) else FAILED)
        done = service.store(
            actor(),
            model,
            name,
            source,
            answers,
            reason=reason,
            effective_from=day,
            place=place,
            review=review,
            keep_layout=not no_layout,
            title=title,
        )
    if as_json:
        write_json(done)
        return
    _tell(name, done)


def _tell(name: str, done: Stored) -> None:
    made = done.version
    if made is None:
        say(f"{done.preview.name} says what holds already: no version was made.")
    else:
        changed = ", ".join(made.changed) or "nothing"
        say(f"{name}@{made.number}: {made.state}, from {made.effective_from}. Changed: {changed}.")
    if done.layout is not None:
        say(f"Kept as the layout {done.layout.name}: params export writes the set back into it.")
    for path in done.preview.withheld:
        note(f"! {path} looks secret: its value was not kept.")
    for unknown in done.preview.unknown:
        note(f"! Line {unknown.line}: no field takes {unknown.path}.")
    if made is not None and made.state == "in-review":
        note(f"It changes what is guarded ({', '.join(made.guarded)}): somebody else must approve it.")


def _show(seen: FilePreview, as_json: bool) -> None:
    if as_json:
        write_json({"ready": seen.ready, "preview": seen})
        return
    from app.cli.params import show_matched

    show_matched(seen)
    for question in seen.questions:
        note(f"? {question.sentence}")
        for option in question.options:
            mark = "*" if option.answer == question.answered else " "
            note(f"  {mark} {_how(question.about, question.field)}{option.answer}   {option.label}")
    if seen.effect is None:
        return
    say("\nWhat would change:")
    rows = [(d.field, _short(d.old), _short(d.new)) for d in seen.effect.differences]
    table(("field", "now", "then"), rows, empty="  nothing")
    for sentence in seen.effect.broken:
        note(f"! {sentence}")


def _how(about: str, field: str) -> str:
    return f"--{about} {field}=" if field else f"--{about} "


@files.command("export")
def export(
    model: Model,
    reference: Reference,
    layout: Annotated[
        str,
        typer.Option(help="Which layout, by its name; model: the file that the model's own script reads."),
    ] = "",
    kind: Annotated[
        str, typer.Option(help="A new file of that kind instead: key=value, ini, csv, json, yaml, toml …")
    ] = "",
    place: Annotated[
        str | None, typer.Option("--place", help="Whose values. Default: those of the layout's place.")
    ] = None,
    on: Annotated[str, typer.Option(help="Business day such as 2026-11-22. Default: today.")] = "",
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", help="Where to; without it, to standard output. FILE.xlsx: as a workbook."
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
) -> None:
    """Write a set back into the file it was imported from, or into a new one.

    In its own file unchanged values, comments and order stay byte for byte as they are.
    """
    if output is not None and output.suffix.lower() in EXPORTERS:
        said = {"place": place, "on": on, "force": force}
        EXPORTERS[output.suffix.lower()](model, reference, output, said)
        return
    with opened() as engine:
        files_, day = engine.parameter_files, _day(on)
        if kind:
            made = files_.export_new(actor(), model, reference, kind, place=place or "", valid_on=day)
        else:
            chosen = layout or _only_layout(engine, model, reference.partition("@")[0])
            made = files_.export(actor(), model, reference, chosen, place=place, valid_on=day)
    for sentence in made.notes:
        note(f"! {sentence}")
    if output is None:
        sys.stdout.buffer.write(made.data)
        sys.stdout.buffer.flush()
        return
    write_whole(output / made.name if output.is_dir() else output, made.data, force)


def _only_layout(engine: Any, model: str, name: str) -> str:
    from engine.errors import Invalid, Problem

    found = engine.parameter_files.layouts(actor(), model, name)
    if len(found) == 1:
        return str(found[0].id)
    listed = ", ".join(f"{one.name}{f' ({one.place})' if one.place else ''}" for one in found)
    sentence = (
        f"The set has several layouts: say which with --layout. There are: {listed}."
        if found
        else f"The set {name} came from no file. Say --kind for a new one, or import its file first: params import."
    )
    raise Invalid("the command", [Problem("--layout", sentence)])


def write_whole(path: Path, data: bytes, force: bool) -> None:
    """Whole or not at all. Raises Invalid where a file is in the way."""
    from engine.errors import Invalid, Problem

    if path.exists() and not force:
        sentence = f"“{path}” is there already. Choose another name, or say --force to replace it."
        raise Invalid("the command", [Problem("--output", sentence)])
    made = path.with_name(f".{path.name}.part")
    try:
        made.write_bytes(data)
        made.replace(path)
    except OSError as error:
        sentence = f"“{path}” cannot be written ({error.strerror}). Choose another place."
        raise Invalid("the command", [Problem("--output", sentence)]) from None
    note(f"Written to {path}.")


@files.command("layouts")
def list_layouts(model: Model, name: Name, as_json: Json = False) -> None:
    """List the files that a set can be written back into."""
    with opened() as engine:
        found = engine.parameter_files.layouts(actor(), model, name)
    if as_json:
        write_json(found)
        return
    rows = ((one.name, one.place or "(company)", one.kind, one.version, one.changed_at) for one in found)
    table(("layout", "place", "kind", "of version", "kept"), rows, empty="No layouts yet: params import.")
