"""Loaded by every Python of a script run: ``plt.show()`` becomes a saved figure instead of a window."""

import importlib.abc
import importlib.machinery
import os
import sys
from typing import Any


class _Pyplot(importlib.abc.MetaPathFinder):
    """Waits for matplotlib.pyplot to be imported, then replaces its ``show``."""

    def find_spec(self, name: str, path: Any, target: Any = None) -> Any:
        if name != "matplotlib.pyplot":
            return None
        sys.meta_path.remove(self)
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        if spec is not None and spec.loader is not None:
            execute = spec.loader.exec_module

            def exec_module(module: Any) -> None:
                execute(module)
                module.show = _show(module)

            setattr(spec.loader, "exec_module", exec_module)  # noqa: B010 - this one module's loader only
        return spec


def _show(pyplot: Any) -> Any:
    folder = os.environ.get("QUARTERDECK_FIGURES", ".")

    def show(*args: Any, **kwargs: Any) -> None:
        for number in pyplot.get_fignums():
            os.makedirs(folder, exist_ok=True)
            pyplot.figure(number).savefig(
                os.path.join(folder, f"figure-{len(os.listdir(folder)) + 1}.svg"), bbox_inches="tight"
            )
        pyplot.close("all")

    return show


sys.meta_path.insert(0, _Pyplot())
