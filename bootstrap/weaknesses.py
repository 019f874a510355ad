"""Known weaknesses of the locked packages (pip-audit): asked of the OSV service, which needs the network.

Without the service nothing is known, and that is what is said: a machine without a way out must not fail here,
and must not look as if it had been checked either.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bootstrap.places import Places

LOCKS = ("server", "models", "bridges", "uv")
SECONDS = 120
# weakness → why it does not concern us, and until when that was looked at; an entry without a reason is refused
ACCEPTED: Mapping[str, str] = {}


@dataclass
class Found:
    """What a look brought: ``unasked`` says why nothing is known; ``weak`` has a line for each known weakness."""

    packages: int = 0
    unknown: int = 0
    unasked: str = ""
    weak: list[str] = field(default_factory=list)

    @property
    def sentence(self) -> str:
        """The outcome in a line."""
        if self.unasked:
            return f"not checked: {self.unasked}"
        unknown = f", {self.unknown} unknown to the service" if self.unknown else ""
        if self.weak:
            return f"{len(self.weak)} known weaknesses in {self.packages} packages{unknown}"
        return f"{self.packages} packages without a known weakness{unknown}"


def command(places: Places, lock: str) -> list[str]:
    """The pip-audit command for one locked list. Nothing is installed or resolved: names and versions are locked."""
    program = places.tools / "server" / "bin" / "pip-audit"
    words = [
        str(program),
        "-r",
        str(places.requirements / f"{lock}.txt"),
        "--require-hashes",
        "--disable-pip",
    ]
    return [*words, "-s", "osv", "-f", "json", "--timeout", "15", "--progress-spinner", "off"]


def look(places: Places, locks: tuple[str, ...] = LOCKS) -> Found:
    """Ask about every locked list; stops at the first time that the service does not answer."""
    found = Found()
    for lock in locks:
        try:
            done = subprocess.run(
                command(places, lock),
                capture_output=True,
                text=True,
                check=False,
                timeout=SECONDS,
                cwd=places.root,
                env=os.environ,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            found.unasked = f"pip-audit did not come to an end ({type(error).__name__})"
            return found
        if not read(found, done.stdout):
            found.unasked = f"the service for known weaknesses was not reached ({_last_line(done.stderr)})"
            return found
    return found


def read(found: Found, output: str) -> bool:
    """Add one list's answer (pip-audit's JSON) to what was found. False when it holds no answer."""
    try:
        told: list[dict[str, Any]] = json.loads(output)["dependencies"]
    except (ValueError, KeyError, TypeError):
        return False
    for package in told:
        if "skip_reason" in package:
            found.unknown += 1
            continue
        found.packages += 1
        for weakness in package.get("vulns", []):
            if not ACCEPTED.get(weakness["id"]):
                mended = ", ".join(weakness.get("fix_versions", [])) or "no version yet"
                line = f"{package['name']} {package['version']}: {weakness['id']}, mended in {mended}"
                if line not in found.weak:
                    found.weak.append(line)
    if told and found.packages == 0:
        found.unasked = "the service knows none of these packages"
    return True


def _last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1].strip()[:160] if lines else "no answer"
