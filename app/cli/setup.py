"""``setup``: database, example data, example models. Run by ``./quarterdeck up`` and ``test``; repeatable."""

from __future__ import annotations

from pathlib import Path

import typer

from app.cli.opening import actor, opened
from app.cli.output import FAILED, OK, Json, note, say, write_json
from engine.errors import QuarterdeckError

commands = typer.Typer()


@commands.command("setup")
def setup(as_json: Json = False) -> None:
    """Create the database, bring in the example data and register the example models.

    What is there already is left as it is. What cannot be done (a language is missing) is said, and the
    rest is done all the same.
    """
    from engine.data import samples
    from engine.runtimes.registry import runtimes
    from engine.settings import ROOT

    done: list[str] = []
    problems: list[str] = []
    with opened() as engine:
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
        write_json({"done": done, "problems": problems})
    else:
        for line in done:
            say(f"  {line}")
        for line in problems:
            note(f"  {line}")
    raise typer.Exit(FAILED if problems else OK)


def example_folders(root: Path) -> list[Path]:
    """The folders under ``models/`` that hold a manifest."""
    return sorted(path.parent for path in root.glob("*/model.toml"))
