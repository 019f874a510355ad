"""The identity provider that the tests sign in with: npm's `oidc-provider`, exactly as locked, outside the sources."""

from __future__ import annotations

import os
import platform
import shutil
from pathlib import Path

from bootstrap import stamps
from bootstrap.environments import for_installers
from bootstrap.places import Places
from bootstrap.progress import Progress, StepFailed

FOLDER = "oidc-provider"
STAMP = "quarterdeck-stamp.json"
# no scripts of packages are run; a registry out of reach is told soon
INSTALL = [
    "npm",
    "ci",
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
    "--fetch-retries=1",
    "--loglevel=error",
]


def sources(places: Places) -> list[Path]:
    """The package file and its lock."""
    folder = places.root / "tests" / "oidc" / "provider"
    return [folder / "package.json", folder / "package-lock.json"]


def current(places: Places) -> bool:
    """Is the provider installed exactly as locked?"""
    stamp = stamps.read(places.tools / FOLDER / STAMP)
    return bool(stamp) and stamp.get("inputs") == _inputs(places)


def _inputs(places: Places) -> str:
    return stamps.fingerprint(sources(places), platform.machine())


def ensure(progress: Progress, places: Places) -> None:
    """Install it unless it is there. Failing costs only the tests that sign in with it."""
    if current(places):
        return
    if not (shutil.which("node") and shutil.which("npm")):
        progress.remedy(
            "There is no node or no npm: the tests with a real identity provider are skipped. Install Node.js 18 or "
            "newer with npm (Debian: nodejs and npm)."
        )
        return
    folder = places.tools / FOLDER
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for file in sources(places):
        shutil.copy(file, folder)
    try:
        with progress.step("An identity provider for the tests (locked versions)"):
            progress.run(
                [*INSTALL, "--prefix", str(folder)], environment=for_installers(os.environ), timeout=600
            )
    except StepFailed as failure:
        last = failure.tail.splitlines()[-1] if failure.tail else str(failure)
        progress.remedy(
            f"The identity provider of the tests could not be installed ({last[:300]}): the tests that sign in with it "
            f"are skipped. Check the network and npm's settings (npm config list). Details: {places.log}"
        )
        return
    stamps.write(folder / STAMP, {"inputs": _inputs(places)})
