"""The machine and the server: events, gc, doctor, bench."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from app.cli.opening import actor, opened
from app.cli.output import FAILED, OK, UNAVAILABLE, Json, note, say, table, write_json

commands = typer.Typer()


@commands.command("events")
def events(
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many.")] = 20,
    name: Annotated[str, typer.Option(help="Only events of this name.")] = "",
    as_json: Json = False,
) -> None:
    """List what happened, newest first."""
    from sqlmodel import col, select

    from app.feed import as_json as shown
    from engine.access import EVENTS_READ, require
    from engine.store.database import EventRow

    with opened() as engine:
        require(engine.authorizer, actor(), EVENTS_READ)
        query = select(EventRow).order_by(col(EventRow.id).desc()).limit(limit)
        if name:
            query = query.where(EventRow.name == name)
        with engine.database.read() as session:
            rows = list(session.exec(query))
    if as_json:
        write_json([shown(row) for row in rows])
        return
    listed = ((row.at, row.name, row.object_id, row.actor, row.data) for row in rows)
    table(("at", "event", "about", "who", "data"), listed, empty="Nothing has happened yet.")


@commands.command("gc")
def gc(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be removed.")] = False,
    as_json: Json = False,
) -> None:
    """Remove stored contents that nothing refers to any more, and uploads that nobody finished."""
    from app.uploads import Uploads

    with opened() as engine:
        swept = engine.gc(actor(), dry_run=dry_run)
        uploads = 0 if dry_run else Uploads(engine.settings).remove_abandoned()
    if as_json:
        write_json({"dry_run": dry_run, "uploads": uploads, "swept": swept})
        return
    say(swept.sentence)
    if uploads:
        say(f"{uploads} uploads that nobody finished were removed.")


@commands.command("doctor")
def doctor(as_json: Json = False) -> None:
    """Say what is installed, what is missing and how to get it. Exit code 4 if the server cannot work."""
    from engine import doctor as found
    from engine.settings import Settings

    report = found.report(Settings())
    if as_json:
        write_json(report)
    else:
        say(found.as_text(report))
    raise typer.Exit(OK if found.healthy(report) else UNAVAILABLE)


@commands.command("bench")
def bench(
    names: Annotated[list[str] | None, typer.Argument(help="Which; without names all.")] = None,
    seconds: Annotated[float, typer.Option(help="Length of the long ones (pool memory).")] = 300,
    quick: Annotated[bool, typer.Option("--quick", help="Fewer repetitions: a look, not a result.")] = False,
    record: Annotated[bool, typer.Option("--record", help="Write benchmarks/RESULTS.md.")] = False,
    as_json: Json = False,
) -> None:
    """Measure speed and memory beside a peer. Exit code 1 if a bar is missed."""
    from benchmarks.harness import Options, run

    load = os.getloadavg()[0]
    results = run(names or [], Options(seconds=seconds, quick=quick), say=note)
    if record:
        from benchmarks.record import write

        note(f"Written: {write(results, load)}")
    if as_json:
        write_json([result.as_json() for result in results])
    else:
        rows = (
            (r.name, r.shown, r.unit, r.bar, r.peer, {True: "✓", False: "✗", None: "–"}[r.ok])
            for r in results
        )
        table(("what", "value", "unit", "bar", "peer", "ok"), rows)
    if any(result.ok is False for result in results):
        raise typer.Exit(FAILED)
