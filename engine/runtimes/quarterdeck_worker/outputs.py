"""What a Python model returned, as outputs of the protocol."""

from __future__ import annotations

import dataclasses
import numbers
import os
import random
import sys
from pathlib import Path
from typing import Any

from . import columns, shown, values
from .failure import Failure

_SVG_LIMIT = 2 << 20
_FIGURES = {".svg": "svg", ".png": "png"}


class Seed:
    """Python's and numpy's generators. A call without a seed is random, also after a call with one."""

    def __init__(self) -> None:
        self.given = False

    def use(self, seed: int | None) -> None:
        """Seed both generators (numpy takes 32 bits); ``None`` leaves them alone unless they were seeded here."""
        if seed is None and not self.given:
            return
        import numpy as np

        random.seed(seed)
        np.random.seed(None if seed is None else seed % (1 << 32))
        self.given = seed is not None


def read_table(path: str) -> Any:
    """A table as a data frame; a dictionary of arrays where the model's environment has no pandas."""
    try:
        return columns.read_frame(path)
    except ModuleNotFoundError as error:
        if error.name != "pandas":
            raise
        return {c.name: c.data if c.codes is None else c.texts() for c in columns.read(path).columns}


def _pyplot() -> Any:
    return sys.modules.get("matplotlib.pyplot")


def _drawn() -> list[Any]:
    """Matplotlib's open figures."""
    pyplot = _pyplot()
    return [] if pyplot is None else [pyplot.figure(number) for number in pyplot.get_fignums()]


def drop_figures() -> None:
    """Close what a failed call had drawn."""
    pyplot = _pyplot()
    if pyplot is not None:
        pyplot.close("all")
    shown.figures.clear()


class Collector:
    """Turns a returned object into outputs, held against what the manifest declares.

    ``expected`` is name → {"kind": …}; files go to ``scratch``. Raises Failure ``bad-output``.
    """

    def __init__(self, expected: dict[str, Any], scratch: str, entry: str) -> None:
        self.expected, self.scratch, self.entry = expected, scratch, entry
        self.outputs: list[dict[str, Any]] = []
        self.shown: list[Any] = []
        self.unreturned: list[str] = []

    def collect(self, returned: Any) -> list[dict[str, Any]]:
        """Outputs in the model's own order, then figures that were drawn but not returned."""
        for name, value in self._named(returned).items():
            self._add(str(name), value)
        self._declared_files()
        if _pyplot() is not None or shown.figures:
            self._open_figures()
        self._check()
        return self.outputs

    # what belongs to which name

    def _named(self, returned: Any) -> dict[str, Any]:
        if returned is None:
            return {}
        expected = [
            n for n in self.expected if self.expected[n]["kind"] != "file" or not self.expected[n].get("path")
        ]
        single = expected[0] if len(expected) == 1 else "result"
        if isinstance(returned, dict):
            return self._dictionary(returned, single)
        if isinstance(returned, tuple):
            if hasattr(returned, "_fields"):
                return dict(zip(returned._fields, returned))  # noqa: B905
            if len(returned) == len(expected):
                return dict(zip(expected, returned))  # noqa: B905
        if dataclasses.is_dataclass(returned) and not isinstance(returned, type):
            return {f.name: getattr(returned, f.name) for f in dataclasses.fields(returned)}
        return {single: returned}

    def _dictionary(self, returned: dict[Any, Any], single: str) -> dict[str, Any]:
        wants_table = self.expected.get(single, {}).get("kind") == "table" and single not in returned
        if wants_table and returned and all(_is_sequence(v) for v in returned.values()):
            return {single: _frame_of(returned)}  # a dictionary of columns
        return {str(name): value for name, value in returned.items()}

    # one value

    def _add(self, name: str, value: Any) -> None:
        kind = self.expected.get(name, {}).get("kind") or _natural_kind(value)
        if value is None:
            return  # reported as missing when it was declared
        maker = getattr(self, f"_{kind}", None)
        output = maker(name, value) if maker else None
        if output is None:
            raise Failure("bad-output", self._mismatch(name, kind, value))
        self.outputs.append({"name": name, "kind": kind, **output})

    def _metric(self, name: str, value: Any) -> dict[str, Any] | None:
        if hasattr(value, "item") and getattr(value, "size", 0) == 1:
            value = value.item()
        if isinstance(value, bool) or type(value).__name__ == "bool_":
            return {"value": float(value)}
        if isinstance(value, numbers.Real) or type(value).__name__ == "Decimal":
            return {"value": values.as_json_number(float(value))}
        return None

    def _text(self, name: str, value: Any) -> dict[str, Any] | None:
        if hasattr(value, "isoformat"):
            return {"value": value.isoformat()}
        return {"value": value if isinstance(value, str) else str(value)}

    def _table(self, name: str, value: Any) -> dict[str, Any] | None:
        frame = _as_frame(value)
        if frame is None:
            return None
        path = self._path(name, "")
        try:
            columns.write_frame(frame, path)
        except columns.ColumnsError as error:
            raise Failure("bad-output", f"The table “{name}” cannot be kept: {error}.") from error
        return {"path": path}

    def _figure(self, name: str, value: Any) -> dict[str, Any] | None:
        if isinstance(value, (str, Path)) and os.path.isfile(value):
            suffix = Path(value).suffix.lower()
            return (
                {"path": os.path.abspath(value), "format": _FIGURES[suffix]} if suffix in _FIGURES else None
            )
        if isinstance(value, (list, tuple)) and value:
            value = value[0]
        if hasattr(value, "to_plotly_json") and hasattr(value, "to_json"):
            self.shown.append(value)
            path = self._path(name, ".json")
            Path(path).write_text(value.to_json(), encoding="utf-8")
            return {"path": path, "format": "plotly"}
        if hasattr(value, "get_figure"):
            value = value.get_figure()
        figure = getattr(value, "figure", value) if not hasattr(value, "savefig") else value
        if hasattr(figure, "savefig"):
            self.shown.append(figure)
            return self._draw(name, figure)
        if isinstance(value, (bytes, bytearray)) and bytes(value[:4]) == b"\x89PNG":
            path = self._path(name, ".png")
            Path(path).write_bytes(value)
            return {"path": path, "format": "png"}
        if isinstance(value, str) and value.lstrip().startswith(("<svg", "<?xml")):
            path = self._path(name, ".svg")
            Path(path).write_text(value, encoding="utf-8")
            return {"path": path, "format": "svg"}
        return None

    def _draw(self, name: str, figure: Any) -> dict[str, Any]:
        path = self._path(name, ".svg")
        figure.savefig(path, format="svg", bbox_inches="tight")
        if os.path.getsize(path) <= _SVG_LIMIT:
            return {"path": path, "format": "svg"}
        os.unlink(path)  # a scatter of a million points is no drawing any more
        path = self._path(name, ".png")
        figure.savefig(path, format="png", dpi=144, bbox_inches="tight")
        return {"path": path, "format": "png"}

    def _file(self, name: str, value: Any) -> dict[str, Any] | None:
        if isinstance(value, (str, Path)) and os.path.isfile(value):
            return {"path": os.path.abspath(value)}
        if isinstance(value, (bytes, bytearray)):
            path = self._path(name, ".bin")
            Path(path).write_bytes(value)
            return {"path": path}
        return None

    # what was not returned

    def _declared_files(self) -> None:
        """Files and figures that the manifest declares by path and the model wrote."""
        have = {output["name"] for output in self.outputs}
        for name, declared in self.expected.items():
            path = declared.get("path")
            if name not in have and path and os.path.isfile(path) and declared["kind"] in ("file", "figure"):
                self._add(name, path)

    def _open_figures(self) -> None:
        missing = [n for n, e in self.expected.items() if e["kind"] == "figure"]
        missing = [n for n in missing if n not in {o["name"] for o in self.outputs}]
        for figure in [*_drawn(), *shown.figures]:
            if not any(figure is taken for taken in self.shown):
                count = len(self.unreturned) + 1
                name = missing.pop(0) if missing else f"figure-{count}"
                self.unreturned.append(name)
                self._add(name, figure)
        drop_figures()

    def _check(self) -> None:
        have = [output["name"] for output in self.outputs]
        for name, declared in self.expected.items():
            if name not in have:
                came = ", ".join(f"“{n}”" for n in have) or "nothing"
                raise Failure(
                    "bad-output",
                    f"The model of “{self.entry}” gave no “{name}” (declared as {declared['kind']}); it gave {came}. "
                    f"Return it under that name, or take it out of the manifest.",
                )

    def _path(self, name: str, suffix: str) -> str:
        folder = os.path.join(self.scratch, ".outputs")
        os.makedirs(folder, exist_ok=True)
        return os.path.join(folder, f"{len(os.listdir(folder))}{suffix}")

    def _mismatch(self, name: str, kind: str, value: Any) -> str:
        return (
            f"The output “{name}” is declared as {kind}, but the model gave {_describe(value)}. "
            f"Return a {kind} under that name, or correct the manifest."
        )


def _describe(value: Any) -> str:
    kind = type(value).__name__
    if isinstance(value, (int, float)):
        return f"the number {value}"
    return f"a text ({value[:40]!r})" if isinstance(value, str) else f"a {kind}"


def _is_sequence(value: Any) -> bool:
    return isinstance(value, (list, tuple)) or (
        hasattr(value, "__array__") and getattr(value, "ndim", 0) == 1
    )


def _natural_kind(value: Any) -> str:
    if isinstance(value, (bool, numbers.Number)) or (
        hasattr(value, "dtype") and getattr(value, "ndim", 1) == 0
    ):
        return "metric" if not isinstance(value, complex) else "text"
    if isinstance(value, Path):
        return "figure" if value.suffix.lower() in _FIGURES else "file"
    if isinstance(value, (bytes, bytearray)):
        return "figure" if bytes(value[:4]) == b"\x89PNG" else "file"
    if hasattr(value, "savefig") or hasattr(value, "to_plotly_json") or hasattr(value, "get_figure"):
        return "figure"
    if isinstance(value, str) or hasattr(value, "isoformat"):
        return "text"
    if hasattr(value, "columns") or hasattr(value, "__array__") or isinstance(value, (list, tuple, dict)):
        return "table"
    return "text"


def _frame_of(data: Any, **options: Any) -> Any:
    import pandas as pd

    return pd.DataFrame(data, **options)


def _as_frame(value: Any) -> Any:
    """A data frame of anything that is one in spirit; None where it is not."""
    import pandas as pd

    if isinstance(value, pd.DataFrame):
        return value
    if isinstance(value, pd.Series):
        return value.to_frame(value.name if value.name is not None else "value")
    if hasattr(value, "to_pandas"):
        return _as_frame(value.to_pandas())
    if isinstance(value, dict):
        lists = all(_is_sequence(v) for v in value.values())
        return (
            pd.DataFrame(value)
            if lists
            else pd.DataFrame({"name": list(value), "value": list(value.values())})
        )
    if hasattr(value, "__array__"):
        return _array_frame(value)
    if isinstance(value, (list, tuple)):
        rows = list(value)
        if rows and all(isinstance(row, dict) for row in rows):
            return pd.DataFrame(rows)
        if rows and all(isinstance(row, (list, tuple)) for row in rows):
            return pd.DataFrame(rows, columns=[str(n) for n in range(1, max(map(len, rows)) + 1)])
        return pd.DataFrame({"value": rows})
    return None


def _array_frame(value: Any) -> Any:
    import numpy as np

    array = np.asarray(value)
    if array.dtype.names:
        return _frame_of(array)
    if array.ndim == 1:
        return _frame_of({"value": array})
    if array.ndim == 2:
        return _frame_of(array, columns=[str(n + 1) for n in range(array.shape[1])])
    return None
