"""Models on the command line: list, show, register, check."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from app.cli.opening import actor, opened
from app.cli.output import FAILED, Json, note, nothing, say, table, write_json

commands = typer.Typer()
Folder = Annotated[Path, typer.Argument(help="Folder with model.toml and the model's source.")]


@commands.command("models")
def models(
    search: Annotated[str, typer.Argument(help="Words in name, title, summary or tags.")] = "",
    department: Annotated[str | None, typer.Option(help="Only this department's.")] = None,
    as_json: Json = False,
) -> None:
    """List the models."""
    with opened() as engine:
        cards = engine.catalog.list(actor(), search=search, department=department)
    if as_json:
        write_json(cards)
        return
    rows = ((c.name, c.language, c.department, c.version, c.title) for c in cards)
    table(
        ("name", "language", "department", "live", "title"),
        rows,
        empty=nothing("models", search, "Add one: register FOLDER."),
    )


@commands.command("show-model")
def show_model(name: Annotated[str, typer.Argument(help="The model's name.")], as_json: Json = False) -> None:
    """Show a model: its fields with their defaults, inputs, outputs and versions."""
    with opened() as engine:
        page = engine.catalog.get(actor(), name)
        loaded = engine.catalog.version(actor(), name, "live")
    if as_json:
        write_json({"model": page, "manifest": loaded.manifest})
        return
    manifest = loaded.manifest
    say(f"{manifest.model.title} ({name}, {loaded.language}), live version {loaded.number}")
    say(manifest.model.summary)
    say("\nFields (--set name=value):")
    fields = manifest.fields.items()
    shown = ((n, f.type, "" if f.default is None else f.default, f.unit, f.label(n)) for n, f in fields)
    table(("name", "type", "default", "unit", "title"), shown, empty="  none")
    say("\nInputs (--input name=dataset or file):")
    inputs = ((n, i.dataset or "", ", ".join(i.columns), i.title) for n, i in manifest.inputs.items())
    table(("name", "usual dataset", "columns", "title"), inputs, empty="  none")
    say("\nOutputs:")
    table(
        ("name", "kind", "title"), ((n, o.kind, o.title) for n, o in manifest.outputs.items()), empty="  none"
    )


@commands.command("register")
def register(
    folder: Folder,
    promote: Annotated[bool, typer.Option("--promote", help="Make it the live version at once.")] = False,
    as_json: Json = False,
) -> None:
    """Register a folder as a new version of its model. The same contents again are the same version."""
    with opened() as engine:
        version = engine.catalog.register(actor(), folder.resolve(), promote=promote, tell=note)
    if as_json:
        write_json(version)
        return
    say(f"{version.model}, version {version.number}.")


@commands.command("check")
def check(
    subject: Annotated[
        str,
        typer.Argument(metavar="FOLDER|MODEL", help="A model's folder, or the name of a registered model."),
    ],
    version: Annotated[
        str, typer.Option(help="Of a registered model: version number or alias.", show_default=True)
    ] = "live",
    as_json: Json = False,
) -> None:
    """Check a model: manifest, loading, golden cases, declared outputs. Exit code 1 if one fails.

    A folder is checked as it is, for anybody's CI; what a registered model's check says is kept and shown
    on its page.
    """
    tell = None if as_json else note
    with opened() as engine:
        if Path(subject).is_dir():
            report = engine.catalog.check(actor(), Path(subject).resolve(), tell=tell)
        else:
            ref = int(version) if version.isdigit() else version
            report = engine.catalog.check_version(actor(), subject, ref, tell=tell)
    if as_json:
        write_json(report.as_json())
    else:
        for step in report.steps:
            say(f"{'✓' if step.ok else '✗'} {step.name}{f': {step.sentence}' if step.sentence else ''}")
        note(
            "All checks passed." if report.ok else "A check did not pass; the sentences above say what to do."
        )
    if not report.ok:
        raise typer.Exit(FAILED)
