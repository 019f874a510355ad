"""Loaded by every Python of a script run: ``plt.show()`` and ``fig.show()`` become saved figures."""

import importlib.abc
import importlib.machinery
import os
import sys
from typing import Any


def _place(suffix: str) -> str:
    folder = os.environ.get("QUARTERDECK_FIGURES", ".")
    os.makedirs(folder, exist_ok=True)
    return os.path.join(folder, f"figure-{len(os.listdir(folder)) + 1}{suffix}")


def _pyplot(module: Any) -> None:
    def show(*args: Any, **kwargs: Any) -> None:
        for number in module.get_fignums():
            module.figure(number).savefig(_place(".svg"), bbox_inches="tight")
        module.close("all")

    module.show = show


def _plotly(module: Any) -> None:
    def show(figure: Any, *args: Any, **kwargs: Any) -> None:
        with open(_place(".plotly.json"), "w", encoding="utf-8") as file:
            file.write(module.to_json(figure))

    module.show = show


PATCHES = {"matplotlib.pyplot": _pyplot, "plotly.io": _plotly}


class _Finder(importlib.abc.MetaPathFinder):
    """Changes a module right after it was imported."""

    def find_spec(self, name: str, path: Any, target: Any = None) -> Any:
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


sys.meta_path.insert(0, _Finder())
