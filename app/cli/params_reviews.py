"""Reviews of parameter sets on the command line: what waits, and what a version would do to results."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.opening import actor, opened, opened_auth
from app.cli.output import FAILED, Json, note, say, table, write_json
from app.cli.params_sets import Model, Name

if TYPE_CHECKING:
    from engine.parameters.effects import Effect, MetricEffect

reviews = typer.Typer()
Number = Annotated[int, typer.Argument(metavar="VERSION", help="The version's number.", min=1)]


@reviews.command("reviews")
def list_waiting(
    model: Annotated[str, typer.Argument(help="Only this model's.")] = "", as_json: Json = False
) -> None:
    """List the versions that wait for a review, the first to expire first."""
    with opened_auth() as auth:
        found = auth.engine.sets.waiting(actor(), model)
        names = auth.accounts.names({one.author for one in found})
    if as_json:
        write_json(found)
        return
    rows = (
        (
            one.model,
            f"{one.set}@{one.number}",
            one.place or "(company)",
            names.get(one.author, one.author),
            ", ".join(one.changed),
            one.effective_from,
            f"{one.expires_at:%Y-%m-%d}" if one.expires_at else "",
            one.reason,
        )
        for one in found
    )
    heads = ("model", "version", "place", "by", "changed", "from", "until", "reason")
    table(heads, rows, empty="Nothing waits for a review.")


@reviews.command("effect")
def effect(
    model: Model,
    name: Name,
    number: Number,
    inputs: Annotated[
        list[str] | None,
        typer.Option("--input", help="name=dataset or dataset@3, where other data is to be read."),
    ] = None,
    known: Annotated[bool, typer.Option("--known", help="Only show what earlier shadow runs found.")] = False,
    as_json: Json = False,
) -> None:
    """Compare results without and with a version by two shadow runs on the same data. They decide nothing.

    Exit code 1 if one of the two runs does not succeed.
    """
    from app.cli.run import follow

    with opened(executing=not known) as engine:
        sets = engine.sets
        if known:
            found = sets.effect(actor(), model, name, number)
        else:
            found = sets.try_out(actor(), model, name, number, _inputs(inputs))
            for run in (found.before, found.after):
                follow(engine, run, quiet=as_json)
            found = sets.effect(actor(), model, name, number)
    if as_json:
        write_json(found)
    elif found is None:
        say("No shadow runs yet. Leave out --known to have them run.")
    else:
        _show(found)
    if found is not None and found.finished and not found.succeeded:
        raise typer.Exit(FAILED)


def _inputs(texts: list[str] | None) -> dict[str, str]:
    from engine.errors import Invalid, Problem

    pairs = [text.partition("=") for text in texts or []]
    wrong = next((text for text, sign, _ in pairs if not sign), None)
    if wrong is not None:
        raise Invalid(
            "the command", [Problem("--input", f"“{wrong}” has no “=”. Write --input name=dataset.")]
        )
    return {name.strip(): rest.strip() for name, _, rest in pairs}


def _show(found: Effect) -> None:
    for label, run in (("without it", found.before), ("with it", found.after)):
        say(f"{label}: run {run.id}, {run.state}{f': {run.error.sentence}' if run.error else ''}")
    if found.outdated:
        note(f"! Not up to date any more ({found.outdated}): leave out --known to compare again.")
    heads = ("metric", "before", "after", "difference", "relative", "")
    table(heads, (_row(one) for one in found.metrics), empty="No single numbers to compare.")
    differing = [one.title for one in found.outputs if one.differs]
    if differing:
        say(f"Also not the same: {', '.join(differing)}.")


def _row(one: MetricEffect) -> tuple[object, ...]:
    relative = "" if one.relative is None else f"{one.relative:+.2%}"
    difference = "" if one.difference is None else f"{one.difference:+g} {one.unit}".strip()
    word = "" if one.verdict == "changed" else one.verdict
    before, after = ("" if side is None else f"{side:.15g}" for side in (one.before, one.after))
    return one.title, before, after, difference, relative, word
