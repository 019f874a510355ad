"""Environment variables that a manifest may set for its model: names, and never a secret."""

from __future__ import annotations

import re

from engine.catalog.manifest_model import Manifest
from engine.catalog.manifest_problems import Reporter

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
_SECRET = re.compile(
    r"(^|_)(PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY|CREDENTIALS?)(_|$)"
)
# what decides which programs and libraries a worker is made of, and what is the server's to say
_OURS = re.compile(
    r"PATH|HOME|TMPDIR|LANG|LC_ALL|TZ|IFS|ENV|BASH_ENV|SHELLOPTS|LD_.*|PYTHON(PATH|HOME|STARTUP|INSPECT|USERBASE|BREAKPOINT"
    r"|PLATLIBDIR|PYCACHEPREFIX)|QUARTERDECK_.*|R_(HOME|LIBS.*|PROFILE.*|ENVIRON.*)|RPY2_.*|JULIA_(LOAD_PATH|DEPOT_PATH|"
    r"PROJECT|BINDIR)|PYTHON_JULIA.*|.*_NUM_THREADS"
)
LONGEST = 10_000


def check_variables(manifest: Manifest, report: Reporter) -> None:
    """Report names that cannot be, names that are the server's, and what looks like a secret."""
    for name, value in manifest.environment.variables.items():
        place = ("environment", "variables", name)
        if not _NAME.fullmatch(name):
            report.add(
                place,
                "this cannot be the name of a variable",
                "Use letters, digits and _, not a digit first.",
            )
        elif _OURS.fullmatch(name):
            report.add(
                place, "this variable is set by Quarterdeck", "Take it out, or use a name of your own."
            )
        elif _SECRET.search(name.upper()):
            report.add(
                place,
                "this looks like a secret, and a manifest is read by everybody who may see the model",
                f"Store it as a secret and declare it: [secrets.{name.lower()}].",
            )
        elif len(value) > LONGEST or "\0" in value:
            report.add(
                place, f"the value is longer than {LONGEST:,} characters", "Put it into a file of the model."
            )
