"""Which Julia there is on this machine, and which bridge to it works.

Order of supply: the setting ``julia_executable`` → ``PYTHON_JULIACALL_EXE`` → ``julia`` on PATH → the one that
juliapkg or juliaup installed → the private prefix that ``up`` makes.
"""

from __future__ import annotations

import functools
import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from engine.settings import Settings

PROBE_SECONDS = 60
PREPARE_SECONDS = 600
OLDEST = (1, 5, 0)
OLDEST_JULIACALL = (1, 10, 3)
DEPOT_PARTS = ("packages", "artifacts", "compiled", "environments", "dev", "scratchspaces")
SOURCES = Path(__file__).with_name("julia")
_ASK = 'print(VERSION, "\\n", Sys.BINDIR, "\\n", join(DEPOT_PATH, "\\n"))'
_WARM = f"push!(LOAD_PATH, {json.dumps(str(SOURCES))}); using QuarterdeckRuntime"


@dataclass(frozen=True)
class FoundJulia:
    """A Julia that answered: its program, version, home and depots; ``libraries`` is its LD_LIBRARY_PATH."""

    executable: Path
    version: str
    home: Path
    depots: tuple[Path, ...]
    libraries: str = ""

    @property
    def number(self) -> tuple[int, ...]:
        """The version as numbers, to compare."""
        return tuple(int(part) for part in re.findall(r"\d+", self.version)[:3])

    def environment(self, settings: Settings) -> dict[str, str]:
        """What every process of this Julia gets: library path, and our depot before the person's own."""
        environment = {"JULIA_DEPOT_PATH": os.pathsep.join([str(depot(settings)), *map(str, self.depots)])}
        if self.libraries:
            environment["LD_LIBRARY_PATH"] = self.libraries
        for name in ("JULIA_PKG_OFFLINE", "JULIA_LOAD_PATH", "JULIA_PROJECT"):
            if name in os.environ:
                environment[name] = os.environ[name]
        return environment

    def packages(self) -> list[Path]:
        """What models may see of the person's depots: packages and compiled code, no registry keys, no history."""
        return [depot / part for depot in self.depots for part in DEPOT_PARTS]


@dataclass(frozen=True)
class JuliaCall:
    """A juliacall that was tried: the program and project that both of its variables need; or why not."""

    executable: str = ""
    project: str = ""
    problem: str = ""


def depot(settings: Settings) -> Path:
    """Where compiled Julia code is kept from one start to the next."""
    return settings.tools / "julia-depot"


@functools.cache
def ask(executable: Path, libraries: str = "") -> FoundJulia | None:
    """Ask a Julia who it is; None when it does not start."""
    environment = os.environ | ({"LD_LIBRARY_PATH": libraries} if libraries else {})
    try:
        done = subprocess.run(
            [executable, "--startup-file=no", "-e", _ASK],
            capture_output=True,
            text=True,
            timeout=PROBE_SECONDS,
            check=False,
            stdin=subprocess.DEVNULL,
            env=environment,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    lines = done.stdout.splitlines()
    if done.returncode != 0 or len(lines) < 2:
        return None
    depots = tuple(Path(line) for line in lines[2:])
    # juliaup's launcher needs the person's home, which a worker does not see: name the program behind it
    program = Path(lines[1]) / "julia"
    return FoundJulia(
        program if program.is_file() else Path(executable), lines[0], Path(lines[1]).parent, depots, libraries
    )


def find_julia(settings: Settings) -> tuple[FoundJulia | None, str]:
    """The Julia to use, or None and what to do about it."""
    named = settings.julia_executable
    if named is not None:
        resolved = shutil.which(str(named))
        found = ask(Path(resolved)) if resolved else None
        if found is None:
            return (
                None,
                f"QUARTERDECK_JULIA_EXECUTABLE names “{named}”, which is no Julia that starts. Correct it.",
            )
        return found, ""
    for executable, libraries in _candidates(settings):
        found = ask(executable, libraries)
        if found is not None and found.number >= OLDEST:
            return found, ""
    return None, (
        "Julia is not installed: put julia (1.5 or newer) on PATH, name it in QUARTERDECK_JULIA_EXECUTABLE, "
        "or run “./quarterdeck up” where Debian's packages can be reached."
    )


def _candidates(settings: Settings) -> list[tuple[Path, str]]:
    found: list[tuple[Path, str]] = []
    for name in (os.environ.get("PYTHON_JULIACALL_EXE", ""), "julia"):
        path = shutil.which(name) if name else None
        if path:
            found.append((Path(path), ""))
    home = Path.home()
    bridges = settings.bridge_python.parent.parent
    places = (
        bridges / "julia_env/pyjuliapkg/install/bin/julia",
        home / ".julia/environments/pyjuliapkg/pyjuliapkg/install/bin/julia",
        home / ".juliaup/bin/julia",
    )
    found += [(place, "") for place in places if place.is_file()]
    program = settings.julia_prefix / "usr" / "bin" / "julia"
    if program.is_file():
        found.append((program, prefix_libraries(settings.julia_prefix)))
    return found


def prefix_libraries(prefix: Path) -> str:
    """The LD_LIBRARY_PATH of a private prefix: the folders with its shared libraries."""
    base = prefix / "usr" / "lib"
    folders = [folder for folder in sorted(base.glob("*-linux-*")) if any(folder.glob("libjulia.so*"))]
    folders += [folder / "julia" for folder in folders if (folder / "julia").is_dir()]
    return os.pathsep.join(str(folder) for folder in folders)


def prepare(settings: Settings, julia: FoundJulia) -> None:
    """Compile our Julia code into the persistent depot, so that workers start fast. Failing is no harm."""
    _prepare(settings.tools, settings.julia_bridge, julia)


@functools.cache
def _prepare(tools: Path, bridge: str, julia: FoundJulia) -> None:
    settings = Settings(tools_folder=tools)
    depot(settings).mkdir(parents=True, exist_ok=True)
    try:
        subprocess.run(
            [julia.executable, "--startup-file=no", "-e", _WARM],
            capture_output=True,
            timeout=PREPARE_SECONDS,
            check=False,
            stdin=subprocess.DEVNULL,
            env=os.environ | julia.environment(settings),
        )
    except (OSError, subprocess.TimeoutExpired):
        return


def juliacall_environment(settings: Settings, julia: FoundJulia, tried: JuliaCall) -> dict[str, str]:
    """The variables that a process with juliacall needs (``FIELD-NOTES``: none of them is optional)."""
    environment = julia.environment(settings) | {
        "PYTHON_JULIACALL_HANDLE_SIGNALS": "yes",
        "PYTHON_JULIACALL_STARTUP_FILE": "no",
        "PYTHON_JULIACALL_AUTOLOAD_IPYTHON_EXTENSION": "no",
        "JULIA_CONDAPKG_BACKEND": os.environ.get("JULIA_CONDAPKG_BACKEND", "Null"),
    }
    for name, value in os.environ.items():
        if name.startswith(("PYTHON_JULIACALL_", "JULIA_PYTHONCALL_")):
            environment.setdefault(name, value)
    if tried.executable:
        environment |= {"PYTHON_JULIACALL_EXE": tried.executable, "PYTHON_JULIACALL_PROJECT": tried.project}
    return environment


_RESOLVE = """
import json, os
if not os.environ.get("PYTHON_JULIACALL_EXE"):
    import juliapkg
    juliapkg.resolve()
    os.environ["PYTHON_JULIACALL_EXE"] = juliapkg.executable()
    os.environ["PYTHON_JULIACALL_PROJECT"] = juliapkg.project()
import juliacall
main = juliacall.Main
main.seval({warm!r})
found = [str(main.seval('joinpath(Sys.BINDIR, "julia")')), os.environ["PYTHON_JULIACALL_PROJECT"]]
print("\\nfound " + json.dumps(found), flush=True)
os._exit(0)
"""


@functools.cache
def try_juliacall(tools: Path, julia: FoundJulia) -> JuliaCall:
    """Import juliacall once outside any sandbox: it compiles into the depot and finds its project.

    A success is remembered in the depot's folder, keyed by all that could change it.
    """
    settings = Settings(tools_folder=tools)
    exe, project = os.environ.get("PYTHON_JULIACALL_EXE", ""), os.environ.get("PYTHON_JULIACALL_PROJECT", "")
    if bool(exe) != bool(project):
        return JuliaCall(
            problem="PYTHON_JULIACALL_EXE and PYTHON_JULIACALL_PROJECT must be set together, or neither."
        )
    python = settings.bridge_python
    if not any(python.parent.parent.glob("lib/python3*/site-packages/juliacall")):
        return JuliaCall(problem="juliacall is not installed: run “./quarterdeck up”, it installs it.")
    depot(settings).mkdir(parents=True, exist_ok=True)
    environment = os.environ | juliacall_environment(settings, julia, JuliaCall())
    environment.setdefault("PYTHON_JULIAPKG_EXE", str(julia.executable))
    command = [str(python), "-I", "-c", _RESOLVE.format(warm=_WARM)]
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=PREPARE_SECONDS,
            check=False,
            stdin=subprocess.DEVNULL,
            env=environment,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return JuliaCall(problem=f"juliacall did not start: {error}")
    for line in reversed(done.stdout.splitlines()):
        if line.startswith("found "):
            executable, project = json.loads(line[6:])
            return JuliaCall(executable, project)
    said = (done.stderr or done.stdout).strip().splitlines()
    return JuliaCall(problem=f"juliacall did not start ({said[-1] if said else done.returncode}).")
