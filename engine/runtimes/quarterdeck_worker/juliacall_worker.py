"""The juliacall bridge: Julia ≥ 1.10.3 embedded in this Python process.

What has to hold (each found the hard way): the import and every call happen in the main thread; signals are
Julia's (``PYTHON_JULIACALL_HANDLE_SIGNALS=yes``, else a stack overflow is a segfault), so a busy call is ended
from outside; descriptor 0 is /dev/null before the import, because Julia makes pipes non-blocking. All work is
done by the same Julia code as in the plain bridge: one bound function that takes and gives JSON text; tables
are mapped by Julia itself.
"""

from __future__ import annotations

import json
import os
import tempfile
from typing import Any

from .failure import Failure

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False).encode


class JuliaAdapter:
    """Loads and calls a Julia model through juliacall; what ``main.serve`` asks of a language."""

    language = "julia"
    bridge = "juliacall"

    def __init__(self) -> None:
        _prepare_process()
        import juliacall

        main = juliacall.Main
        sources = os.environ["QUARTERDECK_JULIA_SOURCES"]
        main.seval(f"push!(LOAD_PATH, raw{json.dumps(sources)})")
        try:
            main.seval("using QuarterdeckRuntime")
        except juliacall.JuliaError:  # no cache and none can be written: read the source itself
            main.seval(f"include(raw{json.dumps(os.path.join(sources, 'QuarterdeckRuntime.jl'))})")
        main.seval(f"filter!(!=(raw{json.dumps(sources)}), LOAD_PATH)")
        main.seval("QuarterdeckRuntime.warm_up()")
        self._handle = main.seval("QuarterdeckRuntime.handle")
        self.version = str(main.seval("string(VERSION)"))

    def load(self, folder: str, entry: str, seed: int | None) -> dict[str, Any]:
        """Include the model's file into a module of its own; returns Julia's version and the packages'."""
        answer = self._ask({"kind": "load", "id": "", "folder": folder, "entry": entry, "seed": seed})
        environment: dict[str, Any] = answer["environment"]
        return environment

    def call(self, request: dict[str, Any]) -> tuple[list[dict[str, Any]], list[str], float]:
        """Run one call: outputs, warnings, seconds in the model. Raises Failure."""
        answer = self._ask(request)
        return answer["outputs"], answer["warnings"], float(answer["seconds"])

    def interrupt(self) -> None:
        """Nothing: a call holds Python's lock, and SIGINT would end the process; the pool ends it anyway."""

    def _ask(self, message: dict[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(str(self._handle(_encode(message))))
        if answer["kind"] == "failed":
            raise Failure(answer["reason"], answer["message"], type=answer["type"], trace=answer["trace"])
        return answer


def _prepare_process() -> None:
    """Before juliacall is imported: no standard input, Julia's own signals, a depot that can be written."""
    _no_standard_input()
    os.environ["PYTHON_JULIACALL_HANDLE_SIGNALS"] = "yes"
    depots = os.environ.get("JULIA_DEPOT_PATH", "").split(os.pathsep)
    if not os.access(depots[0], os.W_OK):  # in the sandbox the persistent depot is read-only
        os.environ["JULIA_DEPOT_PATH"] = os.pathsep.join([tempfile.mkdtemp(prefix="julia-"), *depots])


def _no_standard_input() -> None:
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
