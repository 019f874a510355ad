"""`./quarterdeck test`: style, types, import directions, then the tests; pytest's closing line comes last."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from bootstrap import browser, weaknesses
from bootstrap.places import ROOT, Places
from bootstrap.progress import Progress
from bootstrap.setup import cli_environment

SHIPPED = ("engine", "app", "auth", "bootstrap", "pages")
TYPED = ("engine", "app", "auth", "bootstrap", "benchmarks", "pages")
MOST_SIDE_BY_SIDE = 4
SELECTING = (
    "-k",
    "-m",
    "--lf",
    "--last-failed",
    "--ff",
    "--co",
    "--collect-only",
    "--version",
    "-h",
    "--help",
)


def selects(arguments: Sequence[str], root: Path = ROOT) -> bool:
    """Do these pytest arguments pick single tests (or none)? Then only these are wanted, not the checks."""
    return any(a in SELECTING or "::" in a or (a[0] != "-" and (root / a).exists()) for a in arguments if a)


def checks(places: Places) -> list[tuple[str, list[str]]]:
    """Name and command of each check."""
    tools = places.tools / "server" / "bin"
    typed = [name for name in TYPED if (places.root / name).exists()]
    python = str(places.python("server"))
    return [
        ("Style (ruff check)", [str(tools / "ruff"), "check", "."]),
        ("Format (ruff format)", [str(tools / "ruff"), "format", "--check", "."]),
        ("Types (mypy)", [python, "-m", "mypy", *typed]),
        ("Import directions (import-linter)", [str(tools / "lint-imports")]),
        ("Risky code (bandit)", [str(tools / "bandit"), "-q", "-c", "pyproject.toml", "-r", *SHIPPED]),
    ]


def known_weaknesses(progress: Progress, places: Places) -> bool:
    """Ask for known weaknesses of the locked packages and say what came of it; False where one is known."""
    started = time.monotonic()
    found = weaknesses.look(places)
    mark = progress.missing_mark if found.weak or found.unasked else progress.done_mark
    seconds = time.monotonic() - started
    progress.say(f"  {mark} Known weaknesses (pip-audit): {found.sentence} ({seconds:.1f} s)")
    for line in found.weak:
        progress.say(f"      {line}")
    return not found.weak


def side_by_side(arguments: Sequence[str]) -> list[str]:
    """For the whole suite: files side by side, as many as there are cores (four at most; each may start a browser).

    Tests of one file stay together and in order: they share what is costly to make.
    """
    if selects(arguments) or any(a.startswith(("-n", "--numprocesses", "-p")) for a in arguments):
        return []
    return [
        "-n",
        str(min(os.cpu_count() or 1, MOST_SIDE_BY_SIDE)),
        "--dist",
        "loadfile",
        "--no-loadscope-reorder",
    ]


def run(progress: Progress, places: Places, arguments: Sequence[str]) -> int:
    """Run the checks (unless tests are selected) and pytest. Returns the exit status: 0 only if all passed."""
    failed = []
    if not selects(arguments):
        for name, command in checks(places):
            started = time.monotonic()
            done = subprocess.run(
                command,
                cwd=places.root,
                env=cli_environment(places),
                capture_output=True,
                text=True,
                check=False,
            )
            mark = progress.done_mark if done.returncode == 0 else progress.missing_mark
            progress.say(f"  {mark} {name} ({time.monotonic() - started:.1f} s)")
            if done.returncode:
                failed.append(name)
                progress.say(done.stdout.strip() + done.stderr.strip())
        if os.environ.get("CI") and not known_weaknesses(progress, places):
            failed.append("Known weaknesses (pip-audit)")
    command = [str(places.python("server")), "-m", "pytest", *side_by_side(arguments), *arguments]
    environment = cli_environment(places)
    environment.setdefault("QUARTERDECK_CHROMIUM", browser.path() or "/usr/bin/chromium")
    status = subprocess.run(command, cwd=places.root, env=environment, check=False).returncode
    if failed:
        progress.say(f"Failed besides the tests, see above: {', '.join(failed)}")
    return status or (1 if failed else 0)
