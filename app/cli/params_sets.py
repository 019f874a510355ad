"""Parameter sets on the command line: the words of ``params`` that need the database."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from app.cli.opening import actor, opened, opened_auth
from app.cli.output import Json, note, nothing, say, table, write_json

sets = typer.Typer()
Model = Annotated[str, typer.Argument(help="The model's name.")]
Name = Annotated[str, typer.Argument(metavar="SET", help="The set's name.")]
Reference = Annotated[str, typer.Argument(metavar="SET", help="The set's name, or NAME@3 for that version.")]
PlaceOption = Annotated[str, typer.Option("--place", help="For instance DE/S001. Default: the company.")]
MOST_ROWS = 200
MAKE_ONE = "Make one: params set MODEL SET --set field=value --reason …"


@sets.command("list")
def list_sets(
    model: Annotated[str, typer.Argument(help="Only this model's.")] = "",
    search: Annotated[str, typer.Option(help="Words in name, title or model.")] = "",
    as_json: Json = False,
) -> None:
    """List parameter sets with the version in force today."""
    with opened() as engine:
        cards = engine.sets.list(actor(), model, search)
    if as_json:
        write_json(cards)
        return
    rows = (
        (
            c.model,
            c.name,
            c.in_force,
            c.effective_from,
            c.in_review or "",
            c.department or "(company)",
            c.title,
        )
        for c in cards
    )
    empty = nothing("parameter sets", search, MAKE_ONE)
    table(("model", "set", "in force", "since", "waiting", "department", "title"), rows, empty=empty)


@sets.command("show")
def show(
    model: Model,
    set_: Reference,
    place: PlaceOption = "",
    on: Annotated[str, typer.Option(help="Business day such as 2026-11-22. Default: today.")] = "",
    history: Annotated[
        bool, typer.Option("--history", help="The versions with their reviews instead.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Show the values in force, and which place sets each of them."""
    if history:
        _show_versions(model, set_.partition("@")[0], as_json)
        return
    with opened() as engine:
        found = engine.sets.in_force(actor(), model, set_, _day(on), None, place)
        fields = engine.catalog.version(actor(), model).manifest.fields
    if as_json:
        write_json(found)
        return
    held = ", ".join(f"{where or '(company)'} version {number}" for where, number in found.versions.items())
    say(f"{set_} of {model} on {found.valid_on}: {held or 'nothing is in force'}.")
    default = {name: field.default for name, field in fields.items() if name not in found.values}
    shown = [(name, _short(value), found.origin[name] or "(company)") for name, value in found.values.items()]
    shown += [(name, _short(value), "(default)") for name, value in default.items()]
    table(("field", "value", "set by"), shown)


def _show_versions(model: str, name: str, as_json: bool) -> None:
    with opened_auth() as auth:
        versions, _ = auth.engine.sets.versions(actor(), model, name, limit=200)
        names = auth.accounts.names({one.author for one in versions})
    if as_json:
        write_json(versions)
        return
    rows = (
        (v.number, v.place or "(company)", v.state, v.effective_from, names.get(v.author, v.author),
         ", ".join(v.changed), v.reason)
        for v in versions
    )  # fmt: skip
    table(("version", "place", "state", "from", "by", "changed", "reason"), rows, empty="No versions yet.")


@sets.command("set")
def set_values(
    model: Model,
    name: Name,
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="field=value as in the form; may be repeated.")
    ] = None,
    unset: Annotated[
        list[str] | None, typer.Option(help="A field that is to inherit again; may be repeated.")
    ] = None,
    values: Annotated[Path | None, typer.Option(help="JSON file with the values of many fields.")] = None,
    place: PlaceOption = "",
    effective: Annotated[str, typer.Option(help="Business day from which it holds. Default: today.")] = "",
    reason: Annotated[str, typer.Option(help="Why, in a sentence; kept with the version.")] = "",
    title: Annotated[str, typer.Option(help="Title, where the set is new.")] = "",
    as_json: Json = False,
) -> None:
    """Change fields of a parameter set: the rest stays as in its newest version. Makes the set if it is new."""
    from app.cli.run import _values

    with opened() as engine:
        service = engine.sets
        given = _values(engine, model, "live", set_ or [], values)
        if name not in {card.name for card in service.list(actor(), model)}:
            service.create(actor(), model, name, title)
        known, _ = service.versions(actor(), model, name, place=place, limit=200)
        newest = next((one for one in known if one.state not in ("rejected", "expired")), None)
        kept = {} if newest is None else dict(newest.values)
        kept = {field: value for field, value in kept.items() if field not in (unset or [])}
        made = service.submit(
            actor(),
            model,
            name,
            kept | given,
            reason=reason,
            base=None if newest is None else newest.number,
            effective_from=_day(effective),
            place=place,
        )
    if as_json:
        write_json(made)
        return
    say(
        f"{name}@{made.number}: {made.state}, from {made.effective_from}. Changed: {', '.join(made.changed)}."
    )
    if made.state == "in-review":
        note(f"It changes what is guarded ({', '.join(made.guarded)}): somebody else must approve it.")


@sets.command("diff")
def diff(
    model: Model,
    references: Annotated[
        list[str], typer.Argument(metavar="SET...", help="Two to five of NAME, NAME@3, NAME:DE.")
    ],
    every: Annotated[bool, typer.Option("--all", help="Equal fields as well.")] = False,
    as_json: Json = False,
) -> None:
    """Compare versions or sets side by side."""
    with opened() as engine:
        found = engine.sets.compare(actor(), model, references)
    if as_json:
        write_json(found)
        return
    heads = [f"{c.set}@{c.number}{f' {c.place}' if c.place else ''}" for c in found.columns]
    rows = [
        line
        for group in found.groups
        for row in group.fields
        if row.differs or every
        for line in _compared(row)
    ]
    table(("field", *heads, "unit"), rows, empty="They hold the same values.")


def _compared(row: Any) -> list[tuple[Any, ...]]:
    """The line of a field; of a table a line for each cell that differs, and for each row that is not everywhere."""
    lines: list[tuple[Any, ...]] = [(row.field, *(_short(value) for value in row.values), row.unit)]
    if row.rows is None:
        return lines
    columns, key = row.rows.columns, row.rows.key or row.rows.columns
    for one in row.rows.rows[:MOST_ROWS]:
        there = next(cells for cells in one.cells if cells is not None)
        name = f"  {row.field}: " + ", ".join(str(there[columns.index(column)]) for column in key)
        if any(cells is None for cells in one.cells):
            lines.append((name, *("(not there)" if cells is None else "(there)" for cells in one.cells), ""))
            continue
        for column in one.differing:
            n = columns.index(column)
            lines.append((f"{name}: {column}", *(_short(cells[n]) for cells in one.cells if cells), ""))
    if len(row.rows.rows) > MOST_ROWS:
        note(f"{row.field}: only the first {MOST_ROWS} rows that differ are listed; --json has all.")
    return lines


@sets.command("rename")
def rename(model: Model, name: Name, title: Annotated[str, typer.Argument(help="Its new title.")]) -> None:
    """Rename a preset of your own: its name follows the title. A department's set keeps its name."""
    from engine.parameters.set_records import PRESET

    with opened() as engine:
        if name.startswith(PRESET):
            card = engine.sets.rename_preset(actor(), model, name, title)
        else:
            card = engine.sets.change(actor(), model, name, title=title)
    say(f"{card.model}/{card.name}: {card.title}.")


@sets.command("remove")
def remove(model: Model, name: Name) -> None:
    """Remove a preset of your own with its versions. Runs that used it stay as they are."""
    with opened() as engine:
        engine.sets.remove_preset(actor(), model, name)
    say(f"Removed {model}/{name}.")


@sets.command("approve")
def approve(
    model: Model,
    name: Name,
    number: Annotated[int, typer.Argument(metavar="VERSION", help="The version that waits.", min=1)],
    comment: Annotated[str, typer.Option(help="For its author; kept with the version.")] = "",
    reject: Annotated[bool, typer.Option("--reject", help="Reject it instead; needs a comment.")] = False,
    effective: Annotated[str, typer.Option(help="Let it hold from another day.")] = "",
    as_json: Json = False,
) -> None:
    """Approve a version that waits for a review, or reject it. Not one's own, where it changes what is guarded."""
    with opened() as engine:
        if reject:
            done = engine.sets.reject(actor(), model, name, number, comment)
        else:
            done = engine.sets.approve(actor(), model, name, number, comment, _day(effective))
    if as_json:
        write_json(done)
        return
    say(f"{name}@{done.number}: {done.state}{f', from {done.effective_from}' if not reject else ''}.")


def _day(text: str) -> date | None:
    """A business day as written; None for an empty text. Raises Invalid."""
    from engine.errors import Invalid, Problem

    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        sentence = f"“{text}” is no day. Write it as year-month-day, for instance 2026-11-22."
        raise Invalid("the command", [Problem("day", sentence, text, "YYYY-MM-DD")]) from None


def _short(value: Any) -> str:
    if isinstance(value, dict) and set(value) == {"amount", "currency"}:
        return f"{value['amount']} {value['currency']}"
    if isinstance(value, list | dict) and len(value) > 8:
        return f"({len(value)} entries)"
    return "" if value is None else str(value)
