"""One pool for the whole suite, and each language (Julia by each bridge) as a parameter."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.runtimes.interface import Call, CallFailed, Expected, Log, Progress, Result, Value, WorkerSpec
from engine.runtimes.pool import WorkerPool
from engine.runtimes.quarterdeck_worker.columns import Column, Table, encode_levels, pack_bits, read, write
from engine.runtimes.registry import runtimes
from engine.settings import Settings

MODELS = Path(__file__).with_name("models")
SUFFIX = {"python": "py", "r": "R", "julia": "jl"}
NUMPY = {
    "float64": "f8",
    "int64": "i8",
    "int32": "i4",
    "bool": "u1",
    "date": "i4",
    "datetime": "i8",
}
_numbers = itertools.count()


@dataclass
class Language:
    """One language by one bridge: calls the operations of its model folder."""

    name: str
    pool: WorkerPool
    folder: Path
    memory: int = 1 << 30
    network: bool = False

    def spec(self, entry: str = "run", **more: Any) -> WorkerSpec:
        """The worker for one function of the model file."""
        folder = MODELS / self.name
        key = f"{self.name}-{entry}-{sorted(more.items())}"
        options: dict[str, Any] = {"memory": self.memory, "output_bytes": 64 << 20, "log_bytes": 1 << 20}
        return WorkerSpec(self.name, key, folder, f"model.{SUFFIX[self.name]}:{entry}", **(options | more))

    def call(
        self,
        op: str,
        values: dict[str, Value] | None = None,
        tables: dict[str, Path] | None = None,
        files: dict[str, Path] | None = None,
        expected: dict[str, str] | None = None,
        spec: WorkerSpec | None = None,
        listener: Any = None,
        **more: Any,
    ) -> Result:
        """Run an operation. Raises CallFailed."""
        number = next(_numbers)
        declared = {name: Expected(kind) for name, kind in (expected or {}).items()}  # type: ignore[arg-type]
        call = Call(
            id=more.pop("id", f"call-{number}"),
            values={"op": Value("text", op), **(values or {})},
            tables=tables or {},
            files=files or {},
            expected=declared,
            scratch=self.folder / f"scratch-{number}",
            **more,
        )
        return self.pool.call(spec or self.spec(), call, listener)

    def value(self, type_: str, value: Any, **extra: Any) -> dict[str, Any]:
        """What the model saw of one value: its type's name, text and number."""
        result = self.call("value", {"v": Value(type_, value, extra)})
        return {output.name: output.value for output in result.outputs}

    def fails(self, op: str, **more: Any) -> CallFailed:
        """Run an operation that must fail."""
        with pytest.raises(CallFailed) as caught:
            self.call(op, **more)
        return caught.value

    def table(self, columns: dict[str, tuple[str, list[Any]]], zone: str = "Europe/Paris") -> Path:
        """A column folder of name → (type, values); None is missing."""
        path = self.folder / f"table-{next(_numbers)}"
        path.mkdir()
        rows = len(next(iter(columns.values()))[1]) if columns else 0
        write(path, Table(rows, [column(name, *given, zone) for name, given in columns.items()]))
        return path


def column(name: str, kind: str, values: list[Any], zone: str = "") -> Column:
    """One column from Python values."""
    if kind in ("text", "category"):
        levels = list(dict.fromkeys(value for value in values if value is not None))
        offsets, bytes_ = encode_levels(levels)
        index = {level: n for n, level in enumerate(levels)}
        codes = np.array([-1 if value is None else index[value] for value in values], dtype="i4")
        return Column(name, kind, codes=codes, offsets=offsets, levels=bytes_)
    missing = np.array([value is None for value in values], dtype=bool)
    data = np.array([0 if value is None else value for value in values], dtype=NUMPY[kind])
    made = Column(name, kind, data, zone=zone if kind == "datetime" else "")
    if missing.any():
        made.valid = pack_bits(missing)
    return made


def contents(path: Path | None) -> dict[str, tuple[str, list[Any]]]:
    """A column folder as name → (type, values); None is missing, NaN is ``"NaN"``."""
    assert path is not None
    table = read(path)
    found: dict[str, tuple[str, list[Any]]] = {}
    for one in table.columns:
        if one.codes is not None:
            levels = [*one.texts(), None]
            found[one.name] = (one.type, [levels[code] for code in one.codes.tolist()])
            continue
        values: list[Any] = one.data.tolist()
        gone = one.missing(table.rows)
        if gone is not None:
            values = [None if out else value for value, out in zip(values, gone.tolist(), strict=True)]
        values = ["NaN" if isinstance(value, float) and math.isnan(value) else value for value in values]
        found[one.name] = (one.type, values)
    return found


class Heard:
    """A listener that keeps what it heard."""

    def __init__(self) -> None:
        self.progress: list[Progress] = []
        self.text = ""

    def __call__(self, event: Progress | Log) -> None:
        if isinstance(event, Progress):
            self.progress.append(event)
        else:
            self.text += event.text


@pytest.fixture(scope="session")
def pools(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, WorkerPool]]:
    """One pool for all languages; one more where Julia can be reached by juliacall as well."""
    base = Settings(data_folder=tmp_path_factory.mktemp("pool-data"))
    made = {"": WorkerPool.from_settings(base.model_copy(update={"julia_bridge": "plain"}))}
    forced = base.model_copy(update={"julia_bridge": "juliacall"})
    if runtimes(forced)["julia"].presence().present:
        made["juliacall"] = WorkerPool.from_settings(forced)
    yield made
    for pool in made.values():
        pool.close()


@pytest.fixture(
    params=[
        "python",
        pytest.param("r", marks=pytest.mark.r),
        pytest.param("julia", marks=pytest.mark.julia),
        pytest.param("julia-juliacall", marks=pytest.mark.julia),
    ],
    scope="session",
)
def language(
    request: pytest.FixtureRequest, pools: dict[str, WorkerPool], tmp_path_factory: pytest.TempPathFactory
) -> Language:
    """Each language in turn; what is not on this machine is a visible skip with the remedy."""
    name, _, bridge = request.param.partition("-")
    wanted = {"julia_bridge": bridge or "plain"} if name == "julia" else {}
    presence = runtimes(Settings().model_copy(update=wanted))[name].presence()
    if not presence.present:
        pytest.skip(presence.remedy)
    return Language(name, pools[bridge], tmp_path_factory.mktemp(request.param))
