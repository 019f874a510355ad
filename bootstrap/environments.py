"""Virtual environments with locked versions: one for the server, one for Python models, one for the bridges.

uv installs (fast, hashes checked); where uv cannot reach what the person's pip can, pip does.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import venv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bootstrap import stamps
from bootstrap.places import Places
from bootstrap.progress import Progress, StepFailed

STAMP = "quarterdeck-stamp.json"


@dataclass(frozen=True)
class Environment:
    """A virtual environment ``folder`` with the locked files that it holds, smallest first."""

    folder: str
    locks: tuple[str, ...]
    title: str
    purpose: str
    needed: bool = False


UV = Environment("uv", ("uv",), "The installer uv", "installing everything else", needed=True)
SERVER = Environment("server", ("server",), "The server's packages", "the server", needed=True)
SERVER_AND_TESTS = Environment(
    "server", ("server", "dev"), "The server's and the tests' packages", "tests", needed=True
)
MODELS = Environment("models", ("models",), "Packages for Python models", "Python models")
BRIDGES = Environment(
    "bridges", ("bridges",), "Bridges to R and Julia", "R models and Julia's juliacall bridge"
)


def _inputs(places: Places, lock: str) -> str:
    """What an environment's contents depend on: the locked file, the interpreter, the platform."""
    return stamps.fingerprint(
        [places.requirements / f"{lock}.txt"], platform.python_version(), platform.machine(), sys.base_prefix
    )


def current(places: Places, environment: Environment) -> bool:
    """Is the environment there with exactly these locked versions? No network, no subprocess."""
    if not places.python(environment.folder).exists():
        return False
    stamp = stamps.read(places.tools / environment.folder / STAMP)
    return all(stamp.get(lock) == _inputs(places, lock) for lock in environment.locks)


def ensure(progress: Progress, places: Places, environment: Environment) -> bool:
    """Make the environment as locked. Returns False where that failed (told with its remedy)."""
    if current(places, environment):
        return True
    stamp = places.tools / environment.folder / STAMP
    try:
        with progress.step(f"{environment.title} (locked versions)"):
            _create(places, environment)
            stamp.unlink(missing_ok=True)
            _install(progress, places, environment)
            stamps.write(stamp, {lock: _inputs(places, lock) for lock in environment.locks})
    except StepFailed as failure:
        progress.remedy(_remedy(places, environment, failure))
        return False
    return True


def _create(places: Places, environment: Environment) -> None:
    """An empty environment of this interpreter; one of another Python version or of none is replaced."""
    folder, python = places.tools / environment.folder, places.python(environment.folder)
    if python.exists() and _version_of(python) == platform.python_version():
        return
    if folder.exists():
        shutil.rmtree(folder)
    # only the installer's own environment needs pip: uv installs into the others from outside
    try:
        venv.EnvBuilder(with_pip=environment is UV, symlinks=True).create(folder)
    except (subprocess.CalledProcessError, OSError) as error:
        raise StepFailed("python3 -m venv", 1, str(error)) from error


def _version_of(python: Path) -> str:
    command = [str(python), "-c", "import platform; print(platform.python_version())"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    except OSError:
        return ""


def _install(progress: Progress, places: Places, environment: Environment) -> None:
    python, lock = (
        str(places.python(environment.folder)),
        str(places.requirements / f"{environment.locks[-1]}.txt"),
    )
    pip = [str(places.python("uv")), "-I", "-m", "pip", "--disable-pip-version-check"]
    pip_install = ["install", "-q", "--require-hashes", "--progress-bar", "off", "-r", lock]
    if environment is UV:
        progress.run([*pip, *pip_install], environment=for_installers(os.environ))
        return
    uv = [str(places.tools / "uv" / "bin" / "uv"), "pip", "install", "--python", python, "--require-hashes"]
    variables = for_installers(os.environ, pip_settings(places))
    try:
        # compiled now: a sandboxed model cannot write compiled files, and would compile at every start
        progress.run([*uv, "--compile-bytecode", "-r", lock], environment=variables)
    except StepFailed:
        progress.run([*pip, "--python", python, *pip_install], environment=for_installers(os.environ))


def pip_settings(places: Places) -> dict[str, str]:
    """The person's own pip settings (configuration files and environment), by name without their section."""
    command = [str(places.python("uv")), "-m", "pip", "config", "list"]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    settings = {}
    for line in answer.stdout.splitlines():
        name, found, value = line.partition("=")
        if found:
            settings[name.rsplit(".", 1)[-1]] = value.strip("'\"").replace("\\n", " ")
    return settings


def for_installers(environment: Mapping[str, str], pip: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment for uv and pip: the person's proxies, certificates and package index hold for both.

    What is set for uv already wins over what is set for pip.
    """
    variables = dict(environment)
    variables["RPY2_CFFI_MODE"] = "ABI"  # no compiler and no R headers needed
    variables["UV_NO_PROGRESS"] = "1"
    variables["UV_NO_CONFIG"] = "1"
    for name in ("VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME", "PYTHONDONTWRITEBYTECODE"):
        variables.pop(name, None)
    pip = pip or {}
    certificates = environment.get("PIP_CERT") or pip.get("cert")
    if certificates:
        variables.setdefault("SSL_CERT_FILE", certificates)
        variables.setdefault("REQUESTS_CA_BUNDLE", certificates)
    for uv_name, pip_name in (
        ("UV_DEFAULT_INDEX", "index-url"),
        ("UV_INDEX", "extra-index-url"),
        ("UV_FIND_LINKS", "find-links"),
        ("UV_INSECURE_HOST", "trusted-host"),
    ):
        if pip.get(pip_name):
            variables.setdefault(uv_name, pip[pip_name])
    # several indexes are safe here: each file's hash is locked
    variables.setdefault("UV_INDEX_STRATEGY", "unsafe-best-match")
    return variables


def _remedy(places: Places, environment: Environment, failure: StepFailed) -> str:
    last = failure.tail.splitlines()[-1] if failure.tail else str(failure)
    consequence = (
        "Nothing can start without them."
        if environment.needed
        else f"Without them: no {environment.purpose}."
    )
    return (
        f"{environment.title} could not be installed ({last[:300]}). {consequence} Check the network and pip's "
        f"settings (pip config list; PIP_INDEX_URL, PIP_CERT, HTTPS_PROXY), then start again. Details: {places.log}"
    )
