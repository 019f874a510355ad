"""`./quarterdeck lock`: make the locked requirements (and with --julia the pinned package list) anew.

For developers, after a change in requirements/*.in. The result holds no address of any package index.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from pathlib import Path

from bootstrap import environments, julia_prefix
from bootstrap.places import Places
from bootstrap.progress import Progress, StepFailed

LOCKS = ("uv", "server", "dev", "models", "bridges", "samples")
OLDEST_PYTHON = "3.11"
# of the packages that Debian 11's Julia depends on, the ones that every newer Debian has in a newer version
MACHINES_OWN = re.compile(
    r"^(libc6|libcrypt1|libgcc-s1|libstdc\+\+6|zlib1g|debconf|dpkg|tar|perl-base|gcc-10-base|libselinux1|libacl1"
    r"|libtinfo6|libbz2.*|liblzma.*)$"
)
HEAD = (
    "# Julia of Debian 11 and the libraries it needs: machine, package, version, architecture, SHA-256 of the file.\n"
    "# Made from the signed package lists by `./quarterdeck lock --julia`; the machine itself has the rest.\n"
)


def compile_command(uv: Path, name: str, *, upgrade: bool) -> list[str]:
    """The uv command that locks ``NAME.in`` for every platform and Python from the oldest supported on."""
    command = [
        str(uv),
        "pip",
        "compile",
        "-q",
        f"{name}.in",
        "-o",
        f"{name}.txt",
        "--universal",
        "--no-header",
    ]
    command += [
        "--python-version",
        OLDEST_PYTHON,
        "--generate-hashes",
        "--no-emit-index-url",
        "--no-emit-find-links",
    ]
    if name == "dev":
        command += ["-c", "server.txt"]  # the tests' environment is the server's, and more
    if name == "samples":
        command.append("--no-deps")  # only read as an archive, never installed
    return [*command, "--upgrade"] if upgrade else command


def remake(progress: Progress, places: Places, arguments: list[str]) -> int:
    """Remake all locks; ``--upgrade`` takes newer versions, ``--julia`` remakes the Debian pins as well."""
    if not environments.ensure(progress, places, environments.UV):
        return 4
    uv = places.tools / "uv" / "bin" / "uv"
    variables = environments.for_installers(os.environ, environments.pip_settings(places))
    try:
        for name in LOCKS:
            if (places.requirements / f"{name}.in").exists():
                with progress.step(f"Locking requirements/{name}.in"):
                    command = compile_command(uv, name, upgrade="--upgrade" in arguments)
                    progress.run(command, environment=variables, folder=places.requirements)
        if "--julia" in arguments:
            with progress.step("Pinning Debian 11's Julia"):
                julia_prefix.PINS.write_text(
                    HEAD + "".join(_pins(progress, a) for a in ("amd64", "arm64")), "utf-8"
                )
    except StepFailed as failure:
        progress.say(f"{failure}\n{failure.tail}")
        return 1
    return 0


def _pins(progress: Progress, architecture: str) -> str:
    """The pins for one architecture, from the signed lists of the mirror."""
    with tempfile.TemporaryDirectory() as folder:
        options = julia_prefix.apt_options(
            Path(folder), julia_prefix.mirror(), julia_prefix.keyrings(), architecture
        )
        progress.run(["apt-get", *options, "update"])
        listed = progress.run(
            ["apt-get", *options, "install", "-y", "--no-install-recommends", "--print-uris", "julia"]
        )
        names = {line.split()[1].split("_")[0] for line in listed.splitlines() if line.startswith("'")}
        wanted = sorted(name for name in names if not MACHINES_OWN.match(name))
        shown = subprocess.run(
            ["apt-cache", *options, "show", "--no-all-versions", *wanted],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    lines = []
    for block in shown.strip().split("\n\n"):
        field = dict(re.findall(r"^(Package|Version|Architecture|SHA256): (.*)$", block, re.MULTILINE))
        lines.append(
            f"{architecture} {field['Package']} {field['Version']} {field['Architecture']} {field['SHA256']}\n"
        )
    return "".join(lines)
