"""The launcher's words: `up`, `setup`, `test`, `lock`; every other word belongs to the command line."""

from __future__ import annotations

import os
import sys
import time
from typing import NoReturn

from bootstrap import browser, checks, environments, lock, provider, setup
from bootstrap.places import Places
from bootstrap.progress import Progress

UNAVAILABLE = 4
HELP = """\
Quarterdeck runs your company's models in Python, R and Julia from a browser.

  ./quarterdeck up [--host ADDRESS] [--port N]   install what is missing, start the server, print its address
  ./quarterdeck setup                            the same without starting the server
  ./quarterdeck test [PYTEST ARGUMENTS]          install what is missing, run the checks and the tests
  ./quarterdeck doctor [--json]                  what this machine has, what it lacks and what to do
  ./quarterdeck lock [--upgrade] [--julia]       make the locked requirements anew (developers)
"""
HELP_WORDS = ("help", "--help", "-h")


def main(arguments: list[str], places: Places | None = None) -> int:
    """Do what the first word says. Returns the exit status; handing over replaces the process."""
    places = places or Places.from_environment()
    word, rest = (arguments[0], arguments[1:]) if arguments else ("help", [])
    if word in HELP_WORDS:
        return _help(places)
    if word in ("up", "setup", "test", "lock") and not (set(rest) & {"-h", "--help"} and word != "test"):
        return _prepared(word, rest, places)
    if word in ("up", "setup", "lock"):
        sys.stdout.write(HELP)
        return 0
    return _hand_over(places, arguments)


def _prepared(word: str, rest: list[str], places: Places) -> int:
    started = time.monotonic()
    progress = Progress(places.log)
    try:
        if word == "lock":
            return lock.remake(progress, places, rest)
        extent = setup.TESTS if word == "test" else setup.USE
        if not setup.prepare(progress, places, extent, again=word == "setup"):
            setup.summary(progress)
            return UNAVAILABLE
        if word == "test":
            browser.ensure(progress, places)
            provider.ensure(progress, places)
            setup.summary(progress)
            return checks.run(progress, places, rest)
        setup.summary(progress)
        progress.say(f"Set up: checked in {time.monotonic() - started:.1f} s.")
    except KeyboardInterrupt:
        progress.say("\nStopped. `./quarterdeck up` goes on where this ended.")
        return 130
    if word == "up":
        os.chdir(places.root)  # where Streamlit looks for its configuration
        _become(setup.cli_command(places, ["serve", *rest]), places)
    return 1 if progress.incomplete else 0


def _help(places: Places) -> int:
    sys.stdout.write(HELP)
    if not environments.current(places, environments.SERVER):
        sys.stdout.write("\nNot set up here yet: start with ./quarterdeck up\n")
        return 0
    sys.stdout.flush()
    return _become(setup.cli_command(places, ["--help"]), places)


def _hand_over(places: Places, arguments: list[str]) -> int:
    """Let the command line do it, after a look whether it can."""
    if not places.python("server").exists():
        sys.stderr.write(
            f"Quarterdeck is not set up here yet ({places.tools} has no server environment). "
            "Run ./quarterdeck up (or ./quarterdeck setup, without starting the server) first.\n"
        )
        return UNAVAILABLE
    if not environments.current(places, environments.SERVER):
        sys.stderr.write("The installed packages are not those of this version: run ./quarterdeck setup.\n")
    return _become(setup.cli_command(places, arguments), places)


def _become(command: list[str], places: Places) -> NoReturn:
    """Replace this process, so that signals and the exit status are the command's own."""
    sys.stdout.flush()
    os.execve(command[0], command, setup.cli_environment(places))  # noqa: S606 - no shell wanted
