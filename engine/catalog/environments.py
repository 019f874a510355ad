"""What versions run in: the identity of an environment, and building one from a model's own requirements.

``environment_id`` is a hash of the *resolved* packages, the interpreter and the platform. Requirements are
resolved once; the same requirements later give the same lock, so nothing silently follows the newest.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import re
import secrets
import shutil
import subprocess
import sysconfig
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from engine.catalog.manifest_model import Manifest
from engine.catalog.r_packages import r_packages
from engine.errors import Invalid, Problem, Unavailable
from engine.settings import ROOT, Settings

DEFAULT_LOCK = ROOT / "requirements" / "models.txt"
REQUIREMENTS = "requirements.txt"
NEEDED = ("numpy", "pandas")  # the worker reads columns with them
BUILD_SECONDS = 1800
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Environment:
    """What a version runs in; ``own`` says that Quarterdeck builds it from a lock."""

    language: str
    description: Mapping[str, Any] = field(default_factory=dict)
    own: bool = False
    requirements_hash: str = ""

    @property
    def id(self) -> str:
        """16 hex digits; equal for equal environments on any machine."""
        text = json.dumps({"language": self.language, **self.description}, sort_keys=True)
        return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def environment_of(
    manifest: Manifest,
    folder: Path,
    settings: Settings,
    known_lock: Callable[[str], str | None],
    tell: Tell | None = None,
) -> Environment:
    """The environment of a model folder as it is now. ``known_lock`` finds a lock made before by requirements hash.

    Raises Invalid when a declared package is missing, Unavailable when requirements cannot be resolved.
    """
    language = manifest.model.language
    if language == "python":
        return _python(manifest, folder, settings, known_lock, tell)
    description: dict[str, Any] = {
        "version": _version_of(language, settings),
        "platform": sysconfig.get_platform(),
    }
    if language == "r":
        description["packages"] = r_packages(manifest, folder)
    return Environment(language, description)


@lru_cache(16)
def _presence(language: str, tools: Path) -> str:
    from engine.runtimes.registry import runtimes

    runtime = runtimes(Settings(tools_folder=tools)).get(language)
    presence = runtime.presence() if runtime else None
    return presence.version if presence and presence.present else ""


def _version_of(language: str, settings: Settings) -> str:
    found = _presence(language, settings.tools)
    if not found:
        _presence.cache_clear()  # it may be installed meanwhile
    return found


def _python_version(prefix: Path) -> str:
    """Version of a virtual environment's Python, without starting it."""
    try:
        text = (prefix / "pyvenv.cfg").read_text()
    except OSError:
        return ""
    found = re.search(r"^version(?:_info)?\s*=\s*(\d+\.\d+\.\d+)", text, re.MULTILINE)
    return found[1] if found else ""


def _python(
    manifest: Manifest,
    folder: Path,
    settings: Settings,
    known_lock: Callable[[str], str | None],
    tell: Tell | None,
) -> Environment:
    version = _python_version(settings.tools / "models")
    base = {"version": version, "platform": sysconfig.get_platform()}
    name = manifest.environment.requirements or REQUIREMENTS
    path = folder / name
    if not path.is_file():
        if manifest.environment.requirements:
            raise Invalid(
                name,
                [
                    Problem(
                        name, f"There is no file {name} in the folder. Correct [environment] requirements."
                    )
                ],
            )
        return Environment("python", {**base, "lock": _lines(DEFAULT_LOCK.read_text())})
    text = path.read_text(encoding="utf-8-sig")
    if satisfied(text, settings.tools / "models"):
        return Environment("python", {**base, "lock": _lines(DEFAULT_LOCK.read_text())})
    wanted = "\n".join([*_lines(text), version, sysconfig.get_platform()])
    digest = hashlib.blake2b(wanted.encode(), digest_size=16).hexdigest()
    lock = known_lock(digest) or resolve(path, settings, tell)
    return Environment("python", {**base, "lock": _lines(lock)}, own=True, requirements_hash=digest)


def _lines(text: str) -> list[str]:
    """Requirement lines without comments and hashes: what is meant, not how it is written."""
    bare = (re.sub(r"(^|\s)#.*", "", line).strip() for line in text.replace("\\\n", " ").splitlines())
    return sorted(re.split(r"\s+--hash", line)[0].strip() for line in bare if line)


def satisfied(requirements: str, prefix: Path) -> bool:
    """Does the default environment already hold everything that is asked for?"""
    from packaging.requirements import InvalidRequirement, Requirement
    from packaging.utils import canonicalize_name

    held = installed(prefix)
    for line in _lines(requirements):
        try:
            asked = Requirement(line)
        except InvalidRequirement:
            return False  # options, paths, addresses: an environment of its own
        if asked.marker and not asked.marker.evaluate():
            continue
        version = held.get(canonicalize_name(asked.name))
        if (
            version is None
            or asked.url
            or asked.extras
            or not asked.specifier.contains(version, prereleases=True)
        ):
            return False
    return True


def installed(prefix: Path) -> dict[str, str]:
    """Packages of a virtual environment: canonical name → version, read from its folder."""
    from packaging.utils import canonicalize_name

    found = {}
    for info in prefix.glob("lib/python*/site-packages/*.dist-info"):
        name, _, version = info.name.removesuffix(".dist-info").rpartition("-")
        found[str(canonicalize_name(name))] = version
    return found


def resolve(requirements: Path, settings: Settings, tell: Tell | None = None) -> str:
    """Pin everything that requirements ask for. Raises Unavailable with what the resolver said."""
    extra = settings.tools / f".needed-{secrets.token_hex(4)}.txt"
    extra.parent.mkdir(parents=True, exist_ok=True)
    extra.write_text("\n".join(NEEDED) + "\n")
    try:
        command = [
            "pip",
            "compile",
            "--quiet",
            "--no-header",
            "--no-annotate",
            "--python",
            str(settings.model_python),
        ]
        return _uv(
            [*command, str(requirements), str(extra)], settings, f"resolving {requirements.name}", tell
        )
    finally:
        extra.unlink(missing_ok=True)


def prefix_of(environment_id: str, settings: Settings) -> Path:
    """Where an environment of its own lies."""
    return settings.tools / "envs" / environment_id


def build(environment_id: str, lock: str, settings: Settings, tell: Tell | None = None) -> Path:
    """Build an environment when it is not there; returns its interpreter. Raises Unavailable with the exact reason."""
    target = prefix_of(environment_id, settings)
    python = target / "bin" / "python"
    if (target / "complete").exists():
        return python
    target.parent.mkdir(parents=True, exist_ok=True)
    with (target.parent / f"{environment_id}.lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)  # several runs may need it at the same moment
        if not (target / "complete").exists():
            _build(environment_id, lock, target, settings, tell)
    return python


def _build(environment_id: str, lock: str, target: Path, settings: Settings, tell: Tell | None) -> None:
    shutil.rmtree(target, ignore_errors=True)
    python = target / "bin" / "python"
    pins = target.parent / f".{environment_id}.{secrets.token_hex(4)}.txt"
    pins.write_text(lock)
    try:
        if tell:
            tell("Making a Python environment for this model …")
        _uv(
            ["venv", "--quiet", "--python", str(settings.model_python), str(target)],
            settings,
            "making the environment",
            tell,
        )
        install = ["pip", "install", "--no-deps", "--python", str(python), "-r", str(pins)]
        _uv(install, settings, "installing the model's packages", tell)
        (target / "complete").write_text(lock)
    finally:
        pins.unlink(missing_ok=True)


def _uv(arguments: list[str], settings: Settings, doing: str, tell: Tell | None) -> str:
    """Run uv; its messages go to ``tell`` line by line. Returns its standard output."""
    import sys

    beside = Path(sys.executable).parent / "uv"
    own = settings.tools / "server" / "bin" / "uv"
    uv = next((str(p) for p in (beside, own) if p.exists()), shutil.which("uv"))
    if uv is None:
        raise Unavailable(f"While {doing}: uv is not installed. Run ./quarterdeck up, which installs it.")
    with subprocess.Popen(
        [uv, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            out, err = process.communicate(timeout=BUILD_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            raise Unavailable(
                f"While {doing}: it took longer than {BUILD_SECONDS // 60} minutes. Is the network slow? Try again."
            ) from None
    for line in err.splitlines():
        if tell and line.strip():
            tell(line.strip())
    if process.returncode:
        said = " ".join(line.strip(" ×╰─▶│├") for line in err.splitlines() if line.strip())[-900:].rstrip(".")
        raise Unavailable(
            f"While {doing}: {said or f'uv ended with {process.returncode}'}. "
            "Correct the requirements or the network, then try again."
        )
    return out
