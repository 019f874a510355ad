"""What the benches share: results, options, a fresh engine with production durability, percentiles."""

from __future__ import annotations

import importlib
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.access import LOCAL_ADMIN
from engine.settings import ROOT, Settings

if TYPE_CHECKING:
    from engine.engine import Engine

ACTOR = LOCAL_ADMIN
BENCHES = (
    "warm_call",
    "frames",
    "runs",
    "authorisation",
    "audit",
    "parameter_sets",
    "pool_memory",
    "paging",
    "page_interaction",
    "edit_page",
    "startup",
    "sign_in",
)
MODELS = Path(__file__).with_name("models")


@dataclass(frozen=True)
class Options:
    """``seconds`` for the benches that run for a while; ``quick``: fewer repetitions, a look, not a result."""

    seconds: float = 300
    quick: bool = False

    def times(self, number: int) -> int:
        """How often to repeat."""
        return max(number // 10, 5) if self.quick else number


@dataclass(frozen=True)
class Result:
    """One row. ``limit`` None: only shown. ``least``: the bar is a least, not a most."""

    name: str
    value: float
    unit: str
    limit: float | None = None
    least: bool = False
    peer: str = ""
    note: str = ""

    @property
    def ok(self) -> bool | None:
        """Is the bar met? None where there is none."""
        if self.limit is None:
            return None
        return self.value >= self.limit if self.least else self.value <= self.limit

    @property
    def bar(self) -> str:
        """The bar in words."""
        return "" if self.limit is None else f"{'≥' if self.least else '≤'} {self.limit:g} {self.unit}"

    @property
    def shown(self) -> str:
        """The value with three significant digits."""
        return f"{self.value:.0f}" if abs(self.value) >= 100 else f"{self.value:.3g}"

    def as_json(self) -> dict[str, Any]:
        """As ``--json`` writes it."""
        row = {"name": self.name, "value": self.value, "unit": self.unit, "bar": self.bar, "peer": self.peer}
        return {**row, "ok": self.ok, "note": self.note}


@dataclass
class Bench:
    """What a bench gets: options, a folder for its files, a way to say what it does."""

    options: Options
    folder: Path
    say: Callable[[str], None]
    results: list[Result] = field(default_factory=list)

    def add(self, name: str, value: float, unit: str, limit: float | None = None, **more: Any) -> Result:
        """Note a result and show it at once."""
        result = Result(name, value, unit, limit, **more)
        self.results.append(result)
        mark = {True: "✓", False: "✗", None: " "}[result.ok]
        self.say(f"  {mark} {name}: {result.shown} {unit}{f'  (bar {result.bar})' if result.bar else ''}")
        return result

    def settings(self, **changes: Any) -> Settings:
        """Production durability; only the reuse of results is off and the data lie apart."""
        return Settings(data_folder=self.folder / "data", reuse_results=False).model_copy(update=changes)

    @contextmanager
    def engine(self, **changes: Any) -> Iterator[Engine]:
        """An executing engine on fresh data, with rights and audit as in production."""
        from auth.service import opened

        made = opened(self.settings(**changes)).engine
        made.start()
        try:
            yield made
        finally:
            made.stop()


def run(names: Sequence[str], options: Options, say: Callable[[str], None]) -> list[Result]:
    """Run benches by name (all without names). Raises Invalid for an unknown name."""
    from engine.errors import Invalid, Problem

    for name in names:
        if name not in BENCHES:
            sentence = f"There is no bench “{name}”. Choose among: {', '.join(BENCHES)}."
            raise Invalid("the command", [Problem("NAME", sentence, name, "known-bench")])
    results: list[Result] = []
    for name in names or BENCHES:
        say(name)
        folder = Path(tempfile.mkdtemp(prefix=f"bench-{name}-", dir=_disk()))
        bench = Bench(options, folder, say)
        try:
            importlib.import_module(f"benchmarks.{name}").run(bench)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        results += bench.results
    return results


def _disk() -> Path:
    """A real disk, as in production: temporary folders may lie in memory, where syncing costs nothing."""
    folder = ROOT / ".quarterdeck" / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which that share of the values lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def present(engine: Engine, language: str) -> bool:
    """Is the language installed?"""
    from engine.runtimes.registry import runtimes

    runtime = runtimes(engine.settings).get(language)
    return runtime is not None and runtime.presence().present


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds, and what came of it."""
    started = time.perf_counter()
    made = work()
    return time.perf_counter() - started, made


def best(work: Callable[[], Any], times: int) -> float:
    """The least of several times, in seconds: what the machine can do when nobody disturbs it."""
    return min(timed(work)[0] for _ in range(times))


def add_model(engine: Engine, folder: Path, *, name: str = "", more: str = "") -> Any:
    """Register a bench's model; with ``name`` a copy under that name, with ``more`` lines of source (a comment)."""
    if not name:
        return engine.catalog.register(ACTOR, folder, promote=True)
    copy = Path(tempfile.mkdtemp(prefix="model-")) / name
    shutil.copytree(folder, copy)
    manifest = copy / "model.toml"
    lines = manifest.read_text("utf-8").splitlines()
    lines = [f'name = "{name}"' if line.startswith("name = ") else line for line in lines]
    manifest.write_text("\n".join(lines) + "\n" + more, encoding="utf-8")
    try:
        return engine.catalog.register(ACTOR, copy, promote=True)
    finally:
        shutil.rmtree(copy.parent)
