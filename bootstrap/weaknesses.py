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

# a word of the trace → what it means here, and what to do
_ELSEWHERE = "Run `./quarterdeck test` where there is a way to the internet, or let the firewall pass it."
HINDRANCES: Mapping[str, str] = {
    "NameResolutionError": f"its name is not known here. {_ELSEWHERE}",
    "ProxyError": "the proxy does not let it pass. Check HTTPS_PROXY, or ask who keeps the proxy.",
    "SSLError": "its certificate is not trusted here. Give the company's certificates in REQUESTS_CA_BUNDLE.",
    "Timeout": f"no answer came in time. {_ELSEWHERE}",
    "NewConnectionError": f"it refuses connections from here. {_ELSEWHERE}",
}


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
            found.unasked = (
                f"the service for known weaknesses (api.osv.dev) was not reached: {_why(done.stderr)}"
            )
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


def _why(told: str) -> str:
    """What hindered, for people: out of the trace's last lines where it is one of the usual things."""
    for sign, sentence in HINDRANCES.items():
        if sign in told:
            return sentence
    lines = told.strip().splitlines()
    return lines[-1].strip()[:160] if lines else "it gave no answer. Try again later."
