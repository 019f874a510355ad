"""Everything that `up`, `setup` and `test` have in common: make the machine ready, say what is missing."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from bootstrap import environments, julia, packages, stamps
from bootstrap.places import Places
from bootstrap.progress import Progress

NEEDED_BYTES = 3_000_000_000
EXAMPLE_INPUTS = ("models", "engine/data", "engine/catalog", "engine/store", "app/cli", "requirements")


@dataclass(frozen=True)
class Extent:
    """How much to set up."""

    groups: tuple[packages.Group, ...] = packages.FOR_USE
    server: environments.Environment = environments.SERVER


USE = Extent()
TESTS = Extent(packages.FOR_TESTS, environments.SERVER_AND_TESTS)


@contextmanager
def alone(progress: Progress, places: Places) -> Iterator[None]:
    """One set-up at a time on this folder: a second one waits for the first."""
    places.home.mkdir(parents=True, exist_ok=True)
    with (places.home / "setup.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress.say("  Another set-up is running here; waiting for it.")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def prepare(progress: Progress, places: Places, extent: Extent = USE, *, again: bool = False) -> bool:
    """Install what is missing, create the database, register the examples. False where nothing can start.

    ``again`` repeats the step of database and examples although nothing it depends on has changed: a source of
    example data may be within reach now.
    """
    try:
        places.home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        progress.remedy(
            f"{places.home} cannot be created ({error.strerror}). Give this account the right to write there, "
            "or choose another folder with QUARTERDECK_HOME."
        )
        return False
    with alone(progress, places):
        if not complete(places, extent):
            progress.say(
                f"Setting up in {places.home} (the first time takes some minutes; details in {places.log})"
            )
            _room(progress, places)
        packages.ensure(progress, extent.groups)
        if not all(environments.ensure(progress, places, e) for e in (environments.UV, extent.server)):
            return False
        for environment in (environments.MODELS, environments.BRIDGES):
            environments.ensure(progress, places, environment)
        julia.ensure(progress, places)
        _examples(progress, places, again=again)
    return True


def _room(progress: Progress, places: Places) -> None:
    free = shutil.disk_usage(places.home).free
    if free < NEEDED_BYTES:
        progress.remedy(
            f"Only {free / 1e9:.1f} GB are free for {places.home}; the first set-up needs about "
            f"{NEEDED_BYTES / 1e9:.0f} GB. Free some, or choose another disk with QUARTERDECK_HOME."
        )


def complete(places: Places, extent: Extent = USE) -> bool:
    """Is everything there that set-up installs? A look at stamps only: no network, nothing is started."""
    needed = (environments.UV, extent.server, environments.MODELS, environments.BRIDGES)
    return all(environments.current(places, e) for e in needed) and julia.current(places)


def _examples_inputs(places: Places) -> str:
    folders = [places.root / name for name in EXAMPLE_INPUTS]
    found = stamps.read(julia.record(places)).get("executable", "")
    return stamps.fingerprint(
        stamps.source_files(f for f in folders if f.exists()),
        str(places.data),
        os.environ.get("QUARTERDECK_DATABASE_URL", ""),
        f"R={shutil.which('Rscript') or ''}",
        f"Julia={found}",
    )


def _examples(progress: Progress, places: Places, *, again: bool) -> None:
    """Database, example data and example models, by the command line's own step."""
    stamp = places.data / "setup-stamp.json"
    inputs = _examples_inputs(places)
    if not again and stamps.read(stamp).get("inputs") == inputs:
        return
    progress.say("  Database, example data and example models:")
    status = subprocess.run(
        cli_command(places, ["setup"]), cwd=places.root, env=cli_environment(places), check=False
    )
    if status.returncode != 0:
        progress.incomplete = True
        progress.remedy(
            "The database or the examples are not complete; the reason stands above. "
            "`./quarterdeck setup` repeats this step."
        )
        return
    stamps.write(stamp, {"inputs": inputs})


def cli_command(places: Places, words: list[str]) -> list[str]:
    """How the command line is started: -P, or a folder `app` where the person stands would be taken for ours."""
    return [str(places.python("server")), "-P", "-m", "app.cli", *words]


def cli_environment(places: Places) -> dict[str, str]:
    """The person's environment with this folder as the only addition to Python's path."""
    kept = {k: v for k, v in os.environ.items() if k not in ("PYTHONHOME", "VIRTUAL_ENV")}
    return {**kept, "PYTHONPATH": str(places.root)}


def summary(progress: Progress) -> None:
    """Repeat at the end what a person must do, so that it is not lost above."""
    if progress.remedies:
        progress.say("\nWhat is missing and what to do:")
        for text in progress.remedies:
            progress.say(f"  {progress.missing_mark} {text}")
