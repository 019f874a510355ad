"""Figures that a model shows instead of returning: ``plt.show()`` and plotly's ``fig.show()`` open no window."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import sys
from collections.abc import Callable
from typing import Any

figures: list[Any] = []
"""Plotly figures that were shown during the current call; matplotlib keeps its open ones itself."""


def _no_window(module: Any) -> None:
    module.show = lambda *_, **__: None


def _keep_figure(module: Any) -> None:
    def show(figure: Any, *_: Any, **__: Any) -> None:
        if not any(figure is kept for kept in figures):
            figures.append(figure)

    module.show = show


PATCHES: dict[str, Callable[[Any], None]] = {"matplotlib.pyplot": _no_window, "plotly.io": _keep_figure}


class _Finder(importlib.abc.MetaPathFinder):
    """Changes a module right after it was imported, whenever the model does that."""

    def find_spec(self, name: str, path: Any, target: Any = None) -> Any:
        """The ordinary spec, with the change made after execution."""
        patch = PATCHES.get(name)
        spec = importlib.machinery.PathFinder.find_spec(name, path) if patch else None
        if patch is None or spec is None or spec.loader is None:
            return None
        execute = spec.loader.exec_module

        def exec_module(module: Any) -> None:
            execute(module)
            patch(module)

        setattr(spec.loader, "exec_module", exec_module)  # noqa: B010 - this one module's loader only
        return spec


def install() -> None:
    """Begin to watch imports."""
    sys.meta_path.insert(0, _Finder())
