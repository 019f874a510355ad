"""``params import FILE.xlsx`` and ``params export -o FILE.xlsx``: parameter sets in spreadsheets."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from app.cli.opening import actor, opened
from app.cli.output import FAILED, note, say, table, write_json
from app.cli.params_sets import _day, _short

if TYPE_CHECKING:
    from engine.parameters.spreadsheet.records import SheetPreview

ENDING = ".xlsx"


def import_sheet(file: Path, model: str, name: str, said: dict[str, Any]) -> None:
    """Look at an edited workbook (``dry_run``), or store what it changes. Exit code 1 for one with problems."""
    with opened() as engine:
        if said["dry_run"]:
            seen = engine.sheets.preview(actor(), model, name, file, file.name, said["place"])
            _show(seen, as_json=said["as_json"])
            raise typer.Exit(0 if seen.ready else FAILED)
        made = engine.sheets.submit(
            actor(),
            model,
            name,
            file,
            file.name,
            reason=said["reason"],
            place=said["place"],
            effective_from=_day(said["effective"]),
            review=said["review"],
        )
    if said["as_json"]:
        write_json(made)
        return
    say(
        f"{name}@{made.number}: {made.state}, from {made.effective_from}. Changed: {', '.join(made.changed)}."
    )
    if made.state == "in-review":
        note(f"It changes what is guarded ({', '.join(made.guarded)}): somebody else must approve it.")


def export_sheet(model: str, reference: str, path: Path, said: dict[str, Any]) -> None:
    """Write a version (the newest one, or ``name@3``) as a workbook. Raises Invalid where a file is in the way."""
    from app.cli.params_files import write_whole
    from engine.errors import Invalid, Problem
    from engine.parameters.set_part import parse_reference

    if said["on"]:
        sentence = "A workbook holds a version: name one (NAME@3), or leave --on out for the newest."
        raise Invalid("the command", [Problem("--on", sentence)])
    name, number = parse_reference(reference)
    with opened() as engine, tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "set.xlsx"
        engine.sheets.export(actor(), model, name, made, place=said["place"] or "", number=number)
        data = made.read_bytes()
    write_whole(path, data, said["force"])


def _show(seen: SheetPreview, *, as_json: bool) -> None:
    if as_json:
        write_json({"ready": seen.ready, "preview": seen})
        return
    began = f"version {seen.from_version}" if seen.from_version else "no version"
    say(f"{seen.file}: downloaded from {began} of {seen.set}{f' at {seen.place}' if seen.place else ''}.")
    for sentence in seen.notices:
        note(f"! {sentence}")
    for one in seen.meanwhile:
        note(f"! Version {one.number} was stored since. It changed: {', '.join(one.changed)}.")
    rows = [(one.field, _short(one.before), _short(one.after)) for one in seen.changes]
    table(("field", "before", "in the file"), rows, empty="  nothing was changed")
    for change in seen.tables:
        moved = ", in another order" if change.moved else ""
        say(
            f"{change.field}: {change.changed} rows changed, {change.added} added, {change.removed} removed{moved}."
        )
    for problem in seen.problems:
        note(f"! {problem.sentence}")
    for both in seen.conflicts:
        note(
            f"! {both.field} was changed meanwhile as well: stored is {_short(both.theirs)}, the file says "
            f"{_short(both.yours)}. Decide on the set's page, or download the newest version."
        )
        for cell in both.cells or ():
            where = f"{', '.join(map(str, cell.row))}{f': {cell.column}' if cell.column else ''}"
            theirs, yours = (_short(side) or "nothing" for side in (cell.theirs, cell.yours))
            say(f"  {where}: stored is {theirs}, the file says {yours}")
