"""Script mode: an existing script, run unchanged in a fresh copy of its folder.

The fields are written where the script reads them (``script_formats``, ``script_constants``, arguments,
standard input), the tables are put where it expects them, the command runs in its working directory under
the same keeper, sandbox and limits as a worker, and what it leaves behind becomes the outputs.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.runtimes.interface import (
    Call,
    CallFailed,
    Listener,
    Log,
    Presence,
    Progress,
    Result,
    Value,
    WorkerSpec,
)
from engine.runtimes.python import give_fonts, python_folders
from engine.runtimes.script_collect import PRINTED_LIMIT, Collector, state
from engine.runtimes.script_constants import constant
from engine.runtimes.script_formats import editor
from engine.runtimes.script_tables import write_table
from engine.runtimes.script_text import TextFile, alone, fill, plain
from engine.runtimes.scripts import Contained
from engine.runtimes.worker_start import PATH
from engine.settings import Settings

HOOKS = Path(__file__).with_name("script_hooks")
FIGURES = ".figures"
ERROR_LINES = 15


@dataclass
class _Place:
    """Where a script and its tools are: what it sees besides the system."""

    root: Path
    workdir: Path
    environment: dict[str, str] = field(default_factory=dict)
    readable: list[Path] = field(default_factory=list)


class CommandRuntime:
    """Any command. There is no warm worker: the pool calls ``run`` for each call."""

    name = "command"

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def presence(self) -> Presence:
        """Always there; whether the command itself is, shows when it runs."""
        return Presence(True, bridge="process")

    def command(self, socket: Path, spec: WorkerSpec) -> tuple[list[str], dict[str, str], list[Path]]:
        """Script mode has no worker: raises CallFailed ``load-error``."""
        raise CallFailed("load-error", "A script has no worker that could be kept warm; run it instead.")

    def run(self, spec: WorkerSpec, call: Call, listener: Listener | None, contained: Contained) -> Result:
        """Run the script once. Raises CallFailed (``exit-code`` with the last lines it printed, and the others)."""
        script = call.script
        root = contained.place.work / "script"
        _copy(spec.folder, root)
        place = _Place(root, root / str(script.get("workdir") or "."))
        place.workdir.mkdir(parents=True, exist_ok=True)
        texts = write_parameters(root, place.workdir, script, call)
        put_tables(root, script.get("inputs") or {}, call)
        argv = self._argv(script, texts, call)
        self._tools(argv, spec, call, place, contained.place.temporary)
        stdin = _stdin(contained, (script.get("parameters") or {}).get("stdin"), texts)
        before = state(root)
        printed = _Printed(listener)
        started = time.perf_counter()
        ending = contained.run(
            argv,
            spec,
            call,
            printed,
            cwd=place.workdir,
            environment=place.environment,
            readable=place.readable,
            stdin=stdin,
        )
        seconds = time.perf_counter() - started
        if ending.code != 0:
            raise _failed(ending.code, contained.tail, contained.last_error)
        outputs = Collector(root, place.workdir, before, call.expected, printed.text).collect(call.scratch)
        return Result(outputs, (), seconds, ending.peak, {"command": " ".join(argv)})

    def _argv(self, script: Mapping[str, Any], texts: dict[str, str], call: Call) -> list[str]:
        command = [fill(str(part), texts) for part in script.get("command") or []]
        if not command:
            raise CallFailed("load-error", "The manifest names no command for the script (model.command).")
        for template in (script.get("parameters") or {}).get("arguments") or []:
            name = alone(template)
            if name in call.values and call.values[name].value is None:
                continue  # not given: the argument is left out, the script has its own default
            command.append(fill(template, texts))
        return command

    def _tools(self, argv: list[str], spec: WorkerSpec, call: Call, place: _Place, home: Path) -> None:
        """Interpreters and hooks: Python of the models' environment, R with masks, Julia from wherever it is."""
        interpreter = spec.interpreter or self._settings.model_python
        place.environment |= {
            "PATH": f"{interpreter.parent}{os.pathsep}{PATH}",
            "MPLBACKEND": "Agg",
            "PYTHONUNBUFFERED": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONPATH": str(HOOKS),
            "PYTHONIOENCODING": "utf-8",
            "QUARTERDECK_FIGURES": str(place.workdir / FIGURES),
            "R_PROFILE_USER": str(HOOKS / "profile.R"),
        }
        if not any((e.path or "").endswith("Rplots.pdf") for e in call.expected.values()):
            place.environment["QUARTERDECK_PNG"] = "1"
        if call.seed is not None:
            place.environment |= {
                "QUARTERDECK_SEED": str(call.seed),
                "PYTHONHASHSEED": str(call.seed % (1 << 32)),
            }
        give_fonts(self._settings, home)
        place.readable += [HOOKS, *python_folders(interpreter)]
        tool = Path(argv[0]).name
        if tool in ("R", "Rscript"):
            self._with_r(place)
        elif tool == "julia":
            self._with_julia(argv, place)
        if tool != argv[0]:
            argv[0] = str((place.workdir / argv[0]).resolve()) if not os.path.isabs(argv[0]) else argv[0]
        elif shutil.which(tool, path=place.environment["PATH"]) is None:
            raise CallFailed(
                "no-runtime",
                f"The command “{tool}” is not installed on this machine. Install it, or correct model.command.",
            )

    def _with_r(self, place: _Place) -> None:
        from engine.runtimes.r import find_r

        found = find_r()
        if found is None:
            raise CallFailed(
                "no-runtime", "R is not installed on this machine: install the package r-base-core."
            )
        place.environment |= {"R_LIBS": os.pathsep.join(map(str, found.libraries)), "LC_ALL": "C.UTF-8"}
        place.environment["PATH"] = f"{found.home / 'bin'}{os.pathsep}{place.environment['PATH']}"
        place.readable += [p for p in (found.home, *found.libraries) if p.is_dir()]

    def _with_julia(self, argv: list[str], place: _Place) -> None:
        from engine.runtimes.julia_supply import depot, find_julia

        julia, remedy = find_julia(self._settings)
        if julia is None:
            raise CallFailed("no-runtime", remedy)
        argv[0] = str(julia.executable)
        argv[1:1] = ["--startup-file=no", "--history-file=no"]
        place.environment |= julia.environment(self._settings)
        prefix = [self._settings.julia_prefix] if julia.libraries else []
        folders = [julia.home, depot(self._settings), *julia.depots, *prefix]
        place.readable += [p for p in folders if p.is_dir()]


def write_parameters(root: Path, workdir: Path, script: Mapping[str, Any], call: Call) -> dict[str, str]:
    """Write the values where the script reads them; returns them as plain text for arguments and standard input.

    Raises CallFailed ``load-error`` when a place is not there.
    """
    values = {**call.values, **_placed_files(workdir, call)}
    section = script.get("parameters") or {}
    used = _named_in(section, script)
    constants, file = section.get("constants"), section.get("parameters")
    if file:
        target = TextFile.read(_within(root, str(file["file"])))
        edit = editor(str(file.get("format") or "key=value"))
        keys = file.get("keys") or {}
        wanted = [n for n in values if n in keys or (n not in used and n not in _names(constants))]
        for name in wanted:
            target.text = edit(target.text, str(keys.get(name, name)), values[name])
        target.write()
    if constants:
        source = TextFile.read(_within(root, str(constants["file"])))
        names = constants.get("names") or {}
        rest = [n for n in values if n in names or (not names and not file and n not in used)]
        for name in rest:
            source.text = constant(source.text, str(names.get(name, name)), values[name], source.path.suffix)
        source.write()
    texts = {name: plain(value) for name, value in values.items()}
    texts |= {name: str(path) for name, path in (script.get("inputs") or {}).items()}
    texts.setdefault("seed", "" if call.seed is None else str(call.seed))
    return texts


def put_tables(root: Path, places: Mapping[str, Any], call: Call) -> None:
    """Write the input tables where the script expects them. Raises CallFailed when that is not said."""
    for name, folder in call.tables.items():
        if name not in places:
            raise CallFailed(
                "load-error",
                f"The manifest does not say where the script reads “{name}”: give inputs.{name}.file.",
            )
        write_table(folder, _within(root, str(places[name])))


def _names(constants: Mapping[str, Any] | None) -> set[str]:
    return set((constants or {}).get("names") or {})


def _named_in(section: Mapping[str, Any], script: Mapping[str, Any]) -> set[str]:
    """Fields that travel by argument, command or standard input: no file needs to hold them."""
    import re

    templates = [
        *(section.get("arguments") or []),
        section.get("stdin") or "",
        *(script.get("command") or []),
    ]
    return {name for template in templates for name in re.findall(r"\{([A-Za-z_][\w.-]*)\}", str(template))}


def _placed_files(workdir: Path, call: Call) -> dict[str, Value]:
    """File fields: the file is copied into the working directory, the script is told its name."""
    placed: dict[str, Value] = {}
    for name, path in call.files.items():
        shutil.copyfile(path, workdir / path.name)
        placed[name] = Value("text", path.name)
    return placed


def _within(root: Path, relative: str) -> Path:
    path = (root / relative).resolve()
    if not path.is_relative_to(root.resolve()):
        raise CallFailed("load-error", f"“{relative}” lies outside the model's folder; correct the manifest.")
    return path


def _stdin(contained: Contained, template: str | None, texts: dict[str, str]) -> Path | None:
    if template is None:
        return None
    path = contained.place.folder / "stdin"
    path.write_text(fill(template, texts), encoding="utf-8")
    return path


def _copy(source: Path, target: Path) -> None:
    """A real copy (a script may change its own files), with the rights to run what could be run."""
    shutil.copytree(source, target, symlinks=False, ignore_dangling_symlinks=True, copy_function=shutil.copy)
    for folder, _, files in os.walk(target):
        os.chmod(folder, 0o700)
        for name in files:
            path = os.path.join(folder, name)
            os.chmod(path, os.stat(path).st_mode | 0o600)


class _Printed:
    """Passes events on and keeps what went to standard output."""

    def __init__(self, listener: Listener | None) -> None:
        self._listener = listener
        self._parts: list[str] = []
        self._size = 0

    def __call__(self, event: Progress | Log) -> None:
        if isinstance(event, Log) and event.stream == "out" and self._size < PRINTED_LIMIT:
            self._parts.append(event.text[: PRINTED_LIMIT - self._size])
            self._size += len(self._parts[-1])
        if self._listener is not None:
            self._listener(event)

    @property
    def text(self) -> str:
        """What was printed."""
        return "".join(self._parts)


def _failed(code: int, tail: list[str], last_error: str) -> CallFailed:
    lines = [line for line in tail if line.strip()][-ERROR_LINES:]
    said = last_error or (lines[-1].strip() if lines else "it printed nothing")
    return CallFailed(
        "exit-code",
        f"The script ended with exit code {code}: {said[:300]}",
        type=f"exit code {code}",
        trace="\n".join(lines),
    )
