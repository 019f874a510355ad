"""System packages by apt: only what is missing, without recommended extras, never asking."""

from __future__ import annotations

import importlib
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from bootstrap.progress import Progress, StepFailed

APT_OPTIONS = ["-q", "-y", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=120"]
QUIET = {"DEBIAN_FRONTEND": "noninteractive", "NEEDRESTART_MODE": "l", "APT_LISTCHANGES_FRONTEND": "none"}
OUT_OF_REACH = (
    "Temporary failure resolving",
    "Could not resolve",
    "Could not connect",
    "Network is unreachable",
)
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
R_MODEL_PACKAGES = ("forecast", "bayesm", "ggplot2")


@dataclass(frozen=True)
class Group:
    """Packages that serve one purpose; ``present`` finds the purpose served by other means."""

    purpose: str
    packages: tuple[str, ...]
    present: Callable[[], bool] = lambda: False


def _own_r() -> bool:
    """An R that Debian's packages did not put there: its packages are its owner's business."""
    found = shutil.which("Rscript")
    if found is None or shutil.which("dpkg-query") is None:
        return found is not None
    return os.path.realpath(found) not in ("/usr/bin/Rscript", "/usr/lib/R/bin/Rscript")


def has_chromium() -> bool:
    """Is there a Chromium of any name?"""
    return any(shutil.which(name) for name in CHROMIUM_NAMES)


def _no_chromium_by_apt() -> bool:
    return has_chromium() or system_name() == "ubuntu"


def system_name(release: Path = Path("/etc/os-release")) -> str:
    """The system's own short name: debian, ubuntu …; empty where it does not tell."""
    try:
        lines = release.read_text("utf-8").splitlines()
    except OSError:
        return ""
    return next((line[3:].strip("\"'") for line in lines if line.startswith("ID=")), "")


def _venv_package() -> str:
    return f"python{sys.version_info.major}.{sys.version_info.minor}-venv"


VENV = Group(
    "virtual environments", (_venv_package(),), lambda: importlib.util.find_spec("ensurepip") is not None
)
R = Group("R", ("r-base-core", "make"), _own_r)
R_PACKAGES = Group("R packages of the example models", tuple(f"r-cran-{p}" for p in R_MODEL_PACKAGES), _own_r)
SANDBOX = Group("the sandbox", ("bubblewrap",), lambda: shutil.which("bwrap") is not None)
ZONES = Group("time zones", ("tzdata",), lambda: Path("/usr/share/zoneinfo/Europe/Berlin").exists())
BROWSER = Group("the browser tests", ("chromium", "fonts-dejavu-core"), _no_chromium_by_apt)

# a library that the driver of the browser tests is linked with, and that a small system does not have
DRIVER = Group(
    "the browser tests' driver", ("libatomic1",), lambda: any(Path("/usr/lib").glob("*/libatomic.so.1"))
)

# what the tests sign in with runs on Node.js
IDENTITY = Group(
    "the tests' identity provider",
    ("nodejs", "npm"),
    lambda: shutil.which("node") is not None and shutil.which("npm") is not None,
)

# workbooks are saved by a spreadsheet program and read again
SPREADSHEETS = Group(
    "the tests of workbooks", ("libreoffice-calc-nogui",), lambda: shutil.which("soffice") is not None
)

FOR_USE = (VENV, R, R_PACKAGES, SANDBOX, ZONES)
FOR_TESTS = (*FOR_USE, BROWSER, DRIVER, IDENTITY, SPREADSHEETS)


def installed(packages: Iterable[str]) -> set[str]:
    """Which of these Debian packages are installed (dpkg's own record; no network)."""
    names = list(packages)
    command = ["dpkg-query", "-W", "-f", "${db:Status-Abbrev} ${Package}\n", *names]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return set()
    return {line.split()[-1] for line in answer.stdout.splitlines() if line.startswith("ii")}


def missing(groups: Iterable[Group], present: Callable[[Iterable[str]], set[str]] = installed) -> list[Group]:
    """The groups that are not served yet, each with only the packages that are missing."""
    wanted = [group for group in groups if not group.present()]
    there = present([name for group in wanted for name in group.packages])
    needed = [(group, tuple(name for name in group.packages if name not in there)) for group in wanted]
    return [Group(group.purpose, names, group.present) for group, names in needed if names]


def privilege() -> list[str] | None:
    """What to put before a command that needs root: nothing, sudo where it does not ask, None where impossible."""
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo"):
        asked = subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False)
        if asked.returncode == 0:
            return ["sudo", "-n"]
    return None


def command_line(groups: Iterable[Group]) -> str:
    """The exact line with which a person with rights installs these groups."""
    names = " ".join(name for group in groups for name in group.packages)
    sudo = "" if os.geteuid() == 0 else "sudo "
    return f"{sudo}apt-get update && {sudo}apt-get install -y --no-install-recommends {names}"


def install_command(groups: Iterable[Group], prefix: list[str]) -> list[str]:
    """The command that installs these groups without a question."""
    names = [name for group in groups for name in group.packages]
    return [
        *prefix,
        "env",
        *(f"{k}={v}" for k, v in QUIET.items()),
        "apt-get",
        "install",
        *APT_OPTIONS,
        *names,
    ]


def ensure(progress: Progress, groups: tuple[Group, ...]) -> list[Group]:
    """Install what is missing. Returns the groups that are still missing, each told with its remedy."""
    needed = missing(groups)
    if not needed:
        return []
    purposes = ", ".join(group.purpose for group in needed)
    if shutil.which("apt-get") is None:
        names = " ".join(name for group in needed for name in group.packages)
        progress.remedy(
            f"Missing for {purposes}. This machine has no apt-get: install the counterparts of these Debian "
            f"packages with your system's package manager, then start again: {names}"
        )
        return needed
    prefix = privilege()
    if prefix is None:
        progress.remedy(
            f"Missing for {purposes}, and this account may not install packages (not root, and no sudo that "
            f"works without asking). Have this run, then start again: {command_line(needed)}"
        )
        return needed
    _install(progress, needed, prefix)
    importlib.invalidate_caches()  # Python's own missing parts may have come just now
    left = missing(needed)
    if left:
        progress.remedy(
            f"Could not be installed for {', '.join(group.purpose for group in left)}. Is the package server "
            f"reachable? Try by hand, then start again: {command_line(left)} (details: {progress.log})"
        )
    return left


def _install(progress: Progress, needed: list[Group], prefix: list[str]) -> None:
    """All in one go; where that fails, group by group, so that one missing package costs one purpose."""
    update = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "update", "-q"]
    with progress.step("Reading the package lists"):
        try:
            said = progress.run(update, timeout=600)
        except StepFailed as failure:  # one broken source of many must not stop the rest
            said = failure.tail
    names = [name for group in needed for name in group.packages]
    try:
        with progress.step(f"Installing {', '.join(names)}"):
            progress.run(install_command(needed, prefix))
            return
    except StepFailed as failure:
        said += failure.tail
    if any(word in said for word in OUT_OF_REACH):
        progress.say("    The package server is out of reach.")
        return  # once is enough: each further try would wait for it again
    for group in needed if len(needed) > 1 else []:
        try:
            with progress.step(f"Installing {', '.join(group.packages)} for {group.purpose}"):
                progress.run(install_command([group], prefix))
        except StepFailed:
            continue  # told together by the caller, with the remedy
