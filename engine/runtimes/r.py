"""The runtime for R models: R embedded by rpy2 in a Python process of the bridges' environment."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from engine.runtimes.interface import Presence, WorkerSpec
from engine.runtimes.python import python_folders, worker_argv
from engine.settings import Settings

PROBE_SECONDS = 30
_ASK = 'cat(as.character(getRversion()), R.home(), .libPaths(), sep = "\\n")'


@dataclass(frozen=True)
class FoundR:
    """An R that answered: its version, its home, and the folders of its packages."""

    version: str
    home: Path
    libraries: tuple[Path, ...]


@functools.cache
def find_r() -> FoundR | None:
    """The R on PATH (or R_HOME's); None where there is none. Asked once a process."""
    home = os.environ.get("R_HOME")
    rscript = str(Path(home) / "bin" / "Rscript") if home else shutil.which("Rscript")
    if rscript is None:
        return None
    try:
        done = subprocess.run(
            [rscript, "--no-init-file", "-e", _ASK],
            capture_output=True,
            text=True,
            timeout=PROBE_SECONDS,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    lines = done.stdout.splitlines()
    if done.returncode != 0 or len(lines) < 2:
        return None
    return FoundR(lines[0], Path(lines[1]), tuple(Path(line) for line in lines[2:]))


class RRuntime:
    """R of this machine; its packages are those that its own ``library()`` finds."""

    name = "r"

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def presence(self) -> Presence:
        """R's version, when both R and rpy2 are there."""
        found = find_r()
        if found is None:
            return Presence(
                False,
                remedy="R is not installed. Put Rscript on PATH; on Debian and Ubuntu: "
                "sudo apt-get install -y --no-install-recommends r-base-core make; then ./quarterdeck up.",
            )
        if not self._has_rpy2():
            return Presence(
                False,
                found.version,
                "rpy2",
                "R is there, but rpy2 is not: run “./quarterdeck up”, it installs it.",
            )
        return Presence(True, found.version, "rpy2")

    def command(self, socket: Path, spec: WorkerSpec) -> tuple[list[str], dict[str, str], list[Path]]:
        """The bridges' Python with R's home and libraries; clock times are UTC inside."""
        found = find_r()
        interpreter = spec.interpreter or self._settings.bridge_python
        folders = python_folders(interpreter)
        environment = {"RPY2_CFFI_MODE": "ABI", "TZ": "UTC", "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"}
        if found is not None:
            environment["R_HOME"] = str(found.home)
            environment["R_LIBS"] = os.pathsep.join(str(path) for path in found.libraries)
            folders += [found.home, *found.libraries]
        return worker_argv(interpreter, "r_worker", "RAdapter"), environment, folders

    def _has_rpy2(self) -> bool:
        base = self._settings.bridge_python.parent.parent
        return any(base.glob("lib/python3*/site-packages/rpy2/rinterface_lib"))
