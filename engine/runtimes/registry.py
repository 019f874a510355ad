"""Which runtimes there are: built-ins and strangers through the same hook.

A runtime is a class that takes the settings and has the interface ``Runtime``. Strangers name theirs in
the entry point group ``quarterdeck.runtimes``; ours are named here in the same form (the project itself
is not an installed distribution).
"""

from __future__ import annotations

import logging
from importlib.metadata import EntryPoint, entry_points

from engine.runtimes.interface import Runtime
from engine.settings import Settings

GROUP = "quarterdeck.runtimes"
BUILT_IN = {
    "python": "engine.runtimes.python:PythonRuntime",
    "r": "engine.runtimes.r:RRuntime",
    "julia": "engine.runtimes.julia:JuliaRuntime",
    "command": "engine.runtimes.command:CommandRuntime",
}
log = logging.getLogger(__name__)


def runtimes(settings: Settings | None = None) -> dict[str, Runtime]:
    """All runtimes by name, present on this machine or not (``presence`` says). A broken one is left out."""
    settings = settings or Settings()
    points = [EntryPoint(name, value, GROUP) for name, value in BUILT_IN.items()]
    points += [point for point in entry_points(group=GROUP) if point.name not in BUILT_IN]
    found: dict[str, Runtime] = {}
    for point in points:
        try:
            found[point.name] = point.load()(settings)
        except Exception:  # a stranger's mistake must not take the others away
            log.exception("the runtime %s (%s) cannot be loaded", point.name, point.value)
    return found
