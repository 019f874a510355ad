"""The runtime for Python models: a process of the models' own virtual environment."""

from __future__ import annotations

import functools
import logging
import os
import shutil
import subprocess
import threading
from pathlib import Path

from engine.runtimes.interface import Presence, WorkerSpec
from engine.settings import Settings

WORKER_PACKAGE = Path(__file__).with_name("quarterdeck_worker")
FONT_SECONDS = 120
MOST_LINKS = 10
log = logging.getLogger(__name__)
_START = (
    "import sys; sys.path.insert(0, {folder!r}); "
    "from quarterdeck_worker import {module}, main; main.main({module}.{adapter})"
)


def worker_argv(interpreter: Path, module: str, adapter: str) -> list[str]:
    """How to start a worker whose adapter is written in Python (also R's and juliacall's)."""
    code = _START.format(folder=str(WORKER_PACKAGE.parent), module=module, adapter=adapter)
    return [str(interpreter), "-I", "-B", "-c", code]


def python_folders(interpreter: Path) -> list[Path]:
    """The folders that a Python needs to start: its virtual environment, its base, our worker package."""
    folders = list(dict.fromkeys([interpreter.parent.parent, _base(interpreter), WORKER_PACKAGE]))
    outside = [link for link in _links(interpreter) if not any(link.is_relative_to(f) for f in folders)]
    return folders + outside


def _links(interpreter: Path) -> list[Path]:
    """The links between a virtual environment's python and the program (such as ~/.local/bin/python3)."""
    found: list[Path] = []
    while interpreter.is_symlink() and len(found) < MOST_LINKS:
        interpreter = interpreter.parent / os.readlink(interpreter)
        found.append(interpreter)
    return found[:-1]


def _base(interpreter: Path) -> Path:
    """The installation behind a virtual environment (its ``pyvenv.cfg`` says where)."""
    configuration = interpreter.parent.parent / "pyvenv.cfg"
    if configuration.is_file():
        for line in configuration.read_text(encoding="utf-8").splitlines():
            key, _, value = line.partition("=")
            if key.strip() == "home":
                return Path(value.strip()).resolve().parent
    return interpreter.resolve().parent.parent


class PythonRuntime:
    """Python in the default environment for models, or in the model's own."""

    name = "python"

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def presence(self) -> Presence:
        """The version of the models' environment."""
        version = python_version(self._settings.model_python)
        if not version:
            return Presence(
                False, remedy="Run “./quarterdeck up”: it makes the environment for Python models."
            )
        return Presence(True, version, "python")

    def prepare_home(self, home: Path) -> None:
        """What a worker's home should hold before it starts."""
        give_fonts(self._settings, home)

    def command(self, socket: Path, spec: WorkerSpec) -> tuple[list[str], dict[str, str], list[Path]]:
        """The models' interpreter, isolated from the server's packages and from the repository."""
        interpreter = spec.interpreter or self._settings.model_python
        environment = {"MPLBACKEND": "Agg"}
        return (
            worker_argv(interpreter, "python_worker", "PythonAdapter"),
            environment,
            python_folders(interpreter),
        )


def give_fonts(settings: Settings, home: Path) -> None:
    """Put matplotlib's list of fonts into a fresh home: finding them again costs a second in each worker."""
    cache = settings.tools / "matplotlib"
    _find_fonts(settings.model_python, cache)
    found = list(cache.glob("fontlist-*.json"))
    if found:
        target = home / ".cache" / "matplotlib"
        target.mkdir(parents=True, exist_ok=True)
        for file in found:
            shutil.copyfile(file, target / file.name)


@functools.cache
def _find_fonts(interpreter: Path, cache: Path) -> None:
    """Have the list made once a machine, in the background: the first workers do without it."""
    if any(cache.glob("fontlist-*.json")) or not os.access(interpreter, os.X_OK):
        return

    def find() -> None:
        try:
            cache.mkdir(parents=True, exist_ok=True)
            subprocess.run(
                [interpreter, "-B", "-c", "import matplotlib.font_manager"],
                env={"MPLCONFIGDIR": str(cache), "HOME": str(cache), "PATH": os.environ.get("PATH", "")},
                capture_output=True,
                timeout=FONT_SECONDS,
                check=False,
                stdin=subprocess.DEVNULL,
            )
        except (OSError, subprocess.TimeoutExpired):
            log.info("the list of fonts could not be made; figures take a second longer in new workers")

    threading.Thread(target=find, name="quarterdeck-fonts", daemon=True).start()


@functools.cache
def python_version(interpreter: Path) -> str:
    """Version of an interpreter; empty when it does not start."""
    if not os.access(interpreter, os.X_OK):
        return ""
    code = "import platform; print(platform.python_version())"
    try:
        done = subprocess.run(
            [interpreter, "-I", "-S", "-c", code], capture_output=True, text=True, timeout=20, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip()
