"""Julia from Debian's packages in a private prefix, without root.

Debian 12 and 13 have no Julia; Debian 11's runs there once its libraries lie beside it. The mirror is the one
that this machine's apt already uses. A file is unpacked only when apt has checked it against the archive's
signature *and* its SHA-256 is the one pinned in ``julia-packages.txt``.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from bootstrap import stamps
from bootstrap.places import Places
from bootstrap.progress import Progress, StepFailed

SUITE = "bullseye"
PINS = Path(__file__).with_name("julia-packages.txt")
KEYRINGS = Path("/usr/share/keyrings")
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
SMOKE = (
    "using LinearAlgebra, Statistics, Random, Dates, Mmap; print(sum([2.0 0; 0 2] \\ [1.0, 1]), mean([1, 3]))"
)


@dataclass(frozen=True)
class Pin:
    """One package that belongs into the prefix: exact version and hash of its file."""

    package: str
    version: str
    architecture: str
    sha256: str


def pins(architecture: str, file: Path = PINS) -> list[Pin]:
    """The pinned packages for an architecture (Debian's name); none where nothing was pinned."""
    rows = [
        line.split() for line in file.read_text("utf-8").splitlines() if line and not line.startswith("#")
    ]
    return [Pin(*row[1:]) for row in rows if row[0] == architecture]


def architecture() -> str:
    """This machine's architecture in Debian's words."""
    return ARCHITECTURES.get(platform.machine(), platform.machine())


def folder(places: Places) -> Path:
    """The prefix."""
    return places.tools / "julia"


def executable(places: Places) -> Path:
    """Julia in the prefix; runs only with ``variables``."""
    return folder(places) / "usr" / "bin" / "julia"


def variables(places: Places) -> dict[str, str]:
    """The environment in which the prefix's Julia finds its libraries."""
    library = folder(places) / "usr" / "lib" / f"{platform.machine()}-linux-gnu"
    return {**os.environ, "LD_LIBRARY_PATH": f"{library}:{library / 'julia'}"}


def _stamp(places: Places) -> Path:
    return folder(places) / "quarterdeck-stamp.json"


def current(places: Places) -> bool:
    """Is the prefix there, unpacked from exactly the pinned files?"""
    return executable(places).exists() and stamps.read(_stamp(places)).get("pins") == stamps.fingerprint(
        [PINS]
    )


def check(file: Path, pin: Pin) -> None:
    """Raise StepFailed unless the file is byte for byte the pinned one."""
    with file.open("rb") as contents:
        found = hashlib.file_digest(contents, "sha256").hexdigest()
    if found != pin.sha256:
        raise StepFailed(
            "checking hashes",
            1,
            f"{file.name} is not the file that was pinned (SHA-256 {found}, expected {pin.sha256}); not unpacked",
        )


def mirror() -> str:
    """Address of the Debian mirror that this machine's apt uses; empty where it uses none."""
    command = ["apt-get", "indextargets", "--format", "$(REPO_URI) $(LABEL)", "Created-By: Packages"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return ""
    for line in answer.stdout.splitlines():
        address, _, label = line.partition(" ")
        if address.rstrip("/").endswith("/debian") or label == "Debian":
            return address
    return ""


def keyrings(where: Path = KEYRINGS) -> list[Path]:
    """The installed keyrings that may hold the suite's archive keys."""
    return sorted(where.glob("debian-archive-keyring.*")) or sorted(where.glob(f"debian-archive-{SUITE}-*"))


def ensure(progress: Progress, places: Places) -> bool:
    """Download, check and unpack. Returns False where that is not possible; says why."""
    if current(places):
        return True
    wanted = pins(architecture())
    if not wanted or shutil.which("dpkg-deb") is None or not keyrings() or not mirror():
        progress.say(
            "    no Debian mirror, keyring or pinned package list for this machine: no private Julia"
        )
        return False
    try:
        with progress.step("Julia 1.5.3 into a private folder (about 77 MB to download)"):
            _install(progress, places, wanted)
    except StepFailed as failure:
        last = failure.tail.splitlines()[-1] if failure.tail else str(failure)
        progress.say(f"    private Julia failed: {last[:300]} (details: {progress.log})")
        return False
    return True


def _install(progress: Progress, places: Places, wanted: list[Pin]) -> None:
    places.tools.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=places.tools, prefix="julia-download-") as work:
        files = _download(progress, Path(work), wanted)
        for file, pin in files:
            check(file, pin)
        fresh = Path(work) / "prefix"
        fresh.mkdir()
        for file, _ in files:
            progress.run(["dpkg-deb", "-x", str(file), str(fresh)])
        target = folder(places)
        if target.exists():
            shutil.rmtree(target)
        fresh.replace(target)
    progress.run(
        [str(executable(places)), "--startup-file=no", "-e", SMOKE],
        environment=variables(places),
        timeout=120,
    )
    stamps.write(_stamp(places), {"pins": stamps.fingerprint([PINS])})


def _download(progress: Progress, work: Path, wanted: list[Pin]) -> list[tuple[Path, Pin]]:
    """Fetch with apt, which checks the archive's signature, using its own state below ``work`` only."""
    options = apt_options(work, mirror(), keyrings(), architecture())
    archives = work / "debs"
    archives.mkdir()
    progress.run(["apt-get", *options, "update"], timeout=600)
    names = [f"{pin.package}={pin.version}" for pin in wanted]
    progress.run(["apt-get", *options, "download", *names], folder=archives, timeout=1200)
    found = {file.name.split("_", 1)[0]: file for file in archives.glob("*.deb")}
    lost = [pin.package for pin in wanted if pin.package not in found]
    if lost:
        raise StepFailed("apt-get download", 1, f"not downloaded: {', '.join(lost)}")
    return [(found[pin.package], pin) for pin in wanted]


def apt_options(work: Path, address: str, keys: list[Path], debian_architecture: str) -> list[str]:
    """Write an apt configuration below ``work`` and return the options that make apt use nothing else."""
    for name in ("lists/partial", "archives/partial", "state", "preferences.d"):
        (work / name).mkdir(parents=True, exist_ok=True)
    (work / "status").touch()
    signed = ",".join(map(str, keys))
    line = f"deb [signed-by={signed} arch={debian_architecture}] {address} {SUITE} main\n"
    (work / "sources.list").write_text(line, "utf-8")
    settings = {
        "Dir::Etc::sourcelist": work / "sources.list",
        "Dir::Etc::sourceparts": "/dev/null",
        "Dir::Etc::preferences": "/dev/null",
        "Dir::Etc::preferencesparts": work / "preferences.d",
        "Dir::State": work / "state",
        "Dir::State::lists": work / "lists",
        "Dir::State::status": work / "status",
        "Dir::Cache": work,
        "Dir::Cache::archives": work / "archives",
        "APT::Architecture": debian_architecture,
        "APT::Sandbox::User": "root",  # nobody else could write into a private folder
        "APT::Get::List-Cleanup": "0",
        "Acquire::Languages": "none",
        "Acquire::Check-Valid-Until": "false",
    }
    return [word for name, value in settings.items() for word in ("-o", f"{name}={value}")]
