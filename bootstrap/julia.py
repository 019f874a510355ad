"""Julia, by the first of these that works, none of which needs root:

1. ``julia`` on PATH (1.5 or newer), 2. juliapkg, where this machine reaches Julia's own servers (it brings what
the juliacall bridge needs as well), 3. Debian packages unpacked into a private prefix, each file checked against
the archive's signature and against ``julia-packages.txt``, 4. absent, with a sentence.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

from bootstrap import julia_prefix, stamps
from bootstrap.places import Places
from bootstrap.progress import Progress, StepFailed

OLDEST = (1, 5)
OLDEST_FOR_JULIACALL = (1, 10, 3)
RETRY_SECONDS = 600.0
REMEDY = (
    "Julia is absent: Julia models cannot run. Install Julia 1.10 or newer so that `julia` is on PATH (your system's "
    "package manager or Julia's own installer), or name it in QUARTERDECK_JULIA_EXECUTABLE; then start again."
)
RESOLVE = """
import socket
socket.setdefaulttimeout(20)
import juliapkg
juliapkg.resolve()
print("EXECUTABLE", juliapkg.executable())
"""


def record(places: Places) -> Path:
    """File that says which Julia set-up found."""
    return places.tools / "julia.json"


def version_of(executable: str, environment: dict[str, str] | None = None) -> tuple[int, ...]:
    """The version as numbers; empty where it does not run."""
    try:
        answer = subprocess.run(
            [executable, "--startup-file=no", "--version"],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            env=environment,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ()
    found = re.search(r"(\d+)\.(\d+)\.(\d+)", answer.stdout)
    return tuple(int(part) for part in found.groups()) if found and answer.returncode == 0 else ()


def current(places: Places) -> bool:
    """Does what was found last time still hold? No network, no subprocess."""
    known = stamps.read(record(places))
    if known.get("asked") != _asked():
        return False
    if known.get("supply") == "prefix":
        return julia_prefix.current(places)
    if known.get("supply") == "absent":
        return bool(time.time() - float(known.get("at", 0)) < RETRY_SECONDS)
    return bool(known.get("executable")) and os.access(str(known["executable"]), os.X_OK)


def ensure(progress: Progress, places: Places) -> bool:
    """Find or install Julia and write down which. Returns False where there is none (told with the remedy)."""
    if current(places):
        if stamps.read(record(places)).get("supply") == "absent":
            progress.remedy(REMEDY)
            return False
        return True
    known = _supply(progress, places)
    stamps.write(record(places), {**known, "asked": _asked(), "at": time.time()})
    if known["supply"] == "absent":
        progress.remedy(REMEDY)
        return False
    progress.say(f"  {progress.done_mark} Julia {known['version']} ({known['executable']})")
    return True


def _asked() -> dict[str, str]:
    """What the answer depends on: the person's own Julia and wishes."""
    names = (
        "QUARTERDECK_JULIA_EXECUTABLE",
        "QUARTERDECK_JULIA_BRIDGE",
        "PYTHON_JULIACALL_EXE",
        "PYTHON_JULIACALL_PROJECT",
    )
    return {"path": shutil.which("julia") or "", **{name: os.environ.get(name, "") for name in names}}


def _supply(progress: Progress, places: Places) -> dict[str, Any]:
    asked = _asked()
    own = asked["QUARTERDECK_JULIA_EXECUTABLE"] or asked["PYTHON_JULIACALL_EXE"] or asked["path"]
    version = version_of(own) if own else ()
    usable = version >= OLDEST
    configured = bool(asked["PYTHON_JULIACALL_EXE"] and asked["PYTHON_JULIACALL_PROJECT"])
    if usable and (
        configured or version < OLDEST_FOR_JULIACALL or asked["QUARTERDECK_JULIA_BRIDGE"] == "plain"
    ):
        return _found("path", own, version, juliacall=configured)
    resolved = _juliapkg(progress, places, own if usable else "")
    if resolved:
        return _found("path" if usable else "juliapkg", resolved, version_of(resolved), juliacall=True)
    if usable:
        return _found("path", own, version, juliacall=False)
    if julia_prefix.ensure(progress, places):
        executable = julia_prefix.executable(places)
        return _found(
            "prefix",
            str(executable),
            version_of(str(executable), julia_prefix.variables(places)),
            juliacall=False,
        )
    return {"supply": "absent"}


def _found(supply: str, executable: str, version: tuple[int, ...], *, juliacall: bool) -> dict[str, Any]:
    return {
        "supply": supply,
        "executable": executable,
        "version": ".".join(map(str, version)),
        "juliacall": juliacall,
    }


def juliapkg_variables(places: Places) -> dict[str, str]:
    """The environment in which juliapkg and juliacall keep what they need: as engine/runtimes/julia_supply.py."""
    return {
        **os.environ,
        "JULIA_DEPOT_PATH": os.environ.get("JULIA_DEPOT_PATH") or str(places.tools / "julia-depot"),
        "JULIA_CONDAPKG_BACKEND": os.environ.get("JULIA_CONDAPKG_BACKEND", "Null"),
        "PYTHON_JULIACALL_HANDLE_SIGNALS": "yes",
        "PYTHON_JULIACALL_STARTUP_FILE": "no",
    }


def _juliapkg(progress: Progress, places: Places, own: str) -> str:
    """Julia and juliacall's packages from Julia's own servers; empty where they are out of reach."""
    python = places.python("bridges")
    if not python.exists():
        return ""
    variables = juliapkg_variables(places)
    if own:
        variables["PYTHON_JULIAPKG_EXE"] = own
    with progress.step("Julia and its bridge from Julia's own servers, where they are within reach"):
        try:
            answer = progress.run([str(python), "-c", RESOLVE], environment=variables, timeout=900)
            # precompiles: 23 to 29 s now instead of in somebody's first run
            warm = "import juliacall; juliacall.Main.seval('1 + 1')"
            progress.run([str(python), "-c", warm], environment=variables, timeout=600)
        except StepFailed:
            answer = ""
    executable = answer.rpartition("EXECUTABLE ")[2].strip()
    if not executable:
        progress.say(f"    They are not (why: {progress.log}). The plain bridge needs nothing from there.")
    return executable
