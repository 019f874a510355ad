"""``setup``: database, first administrator, examples. Run by ``./quarterdeck up`` and ``test``; repeatable."""

from __future__ import annotations

from pathlib import Path

import typer

from app.cli.opening import actor, opened_auth
from app.cli.output import FAILED, OK, Json, first_words, note, say, write_json
from engine.errors import QuarterdeckError

commands = typer.Typer()


@commands.command("setup")
def setup(as_json: Json = False) -> None:
    """Create the database and the first administrator, bring in the example data, register the example models.

    The administrator's one-time password is shown once. What is there already is left as it is. What cannot be
    done (a language is missing) is said, and the rest is done all the same.
    """
    from engine.data import samples
    from engine.runtimes.registry import runtimes
    from engine.settings import ROOT

    done: list[str] = []
    problems: list[str] = []
    with opened_auth() as auth:
        engine, first = auth.engine, auth.accounts.make_first()
        for runtime in runtimes(engine.settings).values():
            if prepare := getattr(runtime, "prepare", None):
                prepare()
        try:
            done += [f"Data: {name}" for name in samples.prepare(engine, actor(), note)]
        except QuarterdeckError as error:
            problems.append(error.sentence)
        there = {card.name for card in engine.datasets.list(actor())}
        # without R there is nothing to repeat; a package that could not be fetched is tried at the next start
        missing = [sample.name for sample in samples.SAMPLES if sample.origin == "lifetimes"]
        problems += [f"The example data {name} are not there." for name in missing if name not in there]
        for folder in example_folders(ROOT / "models"):
            try:
                version = engine.catalog.register(actor(), folder, promote=True)
                done.append(f"Model: {version.model}, version {version.number}")
            except QuarterdeckError as error:
                problems.append(f"{folder.name}: {error.sentence}")
    if as_json:
        shown = {"name": first[0], "one_time_password": first[1]} if first else None
        write_json({"done": done, "problems": problems, "first_administrator": shown})
    else:
        for line in done:
            say(f"  {line}")
        for line in problems:
            note(f"  {line}")
        if first:
            say(first_words(*first))
    raise typer.Exit(FAILED if problems else OK)


def example_folders(root: Path) -> list[Path]:
    """The folders under ``models/`` that hold a manifest."""
    return sorted(path.parent for path in root.glob("*/model.toml"))
