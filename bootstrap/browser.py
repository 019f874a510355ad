"""A browser for the tests where the system's packages have none: Ubuntu ships its Chromium only as a snap."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from bootstrap import packages
from bootstrap.environments import for_installers
from bootstrap.places import Places
from bootstrap.progress import Progress, StepFailed


def ensure(progress: Progress, places: Places) -> None:
    """Let Playwright fetch its own Chromium unless there is one. Failing costs only the browser tests."""
    if path():
        return
    command = [str(places.python("server")), "-m", "playwright", "install", "chromium"]
    if os.geteuid() == 0:
        command.append("--with-deps")
    try:
        with progress.step("A Chromium for the browser tests, from Playwright"):
            progress.run(command, environment=for_installers(os.environ), timeout=900)
    except StepFailed:
        progress.remedy(
            "There is no Chromium: the browser tests are skipped. Install one so that chromium, chromium-browser or "
            f"google-chrome is on PATH, or run {' '.join(command)} where the network allows it."
        )


def path() -> str:
    """The Chromium that the tests drive: the system's, or the one that Playwright fetched; empty without any."""
    for name in packages.CHROMIUM_NAMES:
        found = shutil.which(name)
        if found:
            return found
    return next(
        (str(file) for file in sorted(playwright_folder().glob("chromium-*/chrome-linux*/chrome"))), ""
    )


def playwright_folder() -> Path:
    """Where Playwright keeps the browsers that it fetched."""
    return Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or Path.home() / ".cache" / "ms-playwright")
