"""The runtime for Julia models: two bridges, one Julia-side runtime (``julia/QuarterdeckRuntime.jl``).

``juliacall`` embeds Julia ≥ 1.10.3 in a Python process; ``plain`` is any julia ≥ 1.5 that connects to the
worker socket itself. Chosen by version and by what works, or by ``QUARTERDECK_JULIA_BRIDGE``.
"""

from __future__ import annotations

import os
from pathlib import Path

from engine.runtimes.interface import CallFailed, Presence, WorkerSpec
from engine.runtimes.julia_supply import (
    OLDEST_JULIACALL,
    SOURCES,
    FoundJulia,
    JuliaCall,
    depot,
    find_julia,
    juliacall_environment,
    prepare,
    try_juliacall,
)
from engine.runtimes.python import python_folders, worker_argv
from engine.settings import Settings


class JuliaRuntime:
    """Julia of this machine, by the bridge that fits it."""

    name = "julia"

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def presence(self) -> Presence:
        """Version and bridge, or what is missing. The first time with juliacall it may compile for half a minute."""
        julia, remedy = find_julia(self._settings)
        if julia is None:
            return Presence(False, remedy=remedy)
        bridge, tried = self._bridge(julia)
        if bridge == "juliacall" and tried.problem:
            return Presence(False, julia.version, bridge, tried.problem)
        return Presence(True, julia.version, bridge)

    def prepare(self) -> None:
        """Compile, once a machine, what every Julia worker needs; with juliacall this may take half a minute."""
        julia, _ = find_julia(self._settings)
        if julia is not None and self._bridge(julia)[0] == "plain":
            prepare(self._settings, julia)

    def _bridge(self, julia: FoundJulia) -> tuple[str, JuliaCall]:
        """The bridge in force; a forced one that cannot work comes with its problem."""
        wanted = self._settings.julia_bridge
        if wanted == "plain":
            return "plain", JuliaCall()
        if julia.number < OLDEST_JULIACALL:
            problem = (
                f"The juliacall bridge needs Julia {'.'.join(map(str, OLDEST_JULIACALL))} or newer, but "
                f"“{julia.executable}” is {julia.version}. Install a newer Julia, or set "
                "QUARTERDECK_JULIA_BRIDGE to plain or auto."
            )
            return (
                ("juliacall", JuliaCall(problem=problem)) if wanted == "juliacall" else ("plain", JuliaCall())
            )
        tried = try_juliacall(self._settings.tools, julia)
        if wanted == "auto" and tried.problem:
            return "plain", JuliaCall()
        return "juliacall", tried

    def command(self, socket: Path, spec: WorkerSpec) -> tuple[list[str], dict[str, str], list[Path]]:
        """Julia itself (plain) or the bridges' Python (juliacall). Raises CallFailed ``no-runtime``."""
        julia, remedy = find_julia(self._settings)
        if julia is None:
            raise CallFailed("no-runtime", remedy)
        bridge, tried = self._bridge(julia)
        if tried.problem:
            raise CallFailed("no-runtime", tried.problem)
        folders = [
            julia.home,
            SOURCES,
            depot(self._settings),
            *(path for path in julia.depots if path.is_dir()),
        ]
        if julia.libraries:
            folders.append(self._settings.julia_prefix)
        if bridge == "juliacall":
            interpreter = self._settings.bridge_python
            folders += [
                *python_folders(interpreter),
                Path(tried.project),
                Path(tried.executable).resolve().parent.parent,
            ]
            environment = juliacall_environment(self._settings, julia, tried)
            argv = worker_argv(interpreter, "juliacall_worker", "JuliaAdapter")
        else:
            prepare(self._settings, julia)
            environment = julia.environment(self._settings)
            argv = [str(julia.executable), "--startup-file=no", "--history-file=no", "--color=no"]
            argv.append(str(SOURCES / "worker.jl"))
        environment["QUARTERDECK_JULIA_SOURCES"] = str(SOURCES)
        environment.setdefault("JULIA_NUM_THREADS", os.environ.get("JULIA_NUM_THREADS", "1"))
        return argv, environment, [path for path in dict.fromkeys(folders) if path.is_dir()]
