"""What a runtime is: the one interface that Python, R, Julia and script mode implement.

A runtime is handed a folder, values and columns; it knows neither the store nor the catalog.
``PROTOCOL.md`` beside this file specifies what travels between the pool and a worker.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

from engine.errors import QuarterdeckError


@dataclass(frozen=True)
class Value:
    """A scalar or list on its way to a model: the field's type and its canonical JSON value.

    ``extra`` holds what a runtime needs besides: ``{"currency": "EUR"}``, ``{"item": "integer"}``.
    """

    type: str
    value: Any
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class WorkerSpec:
    """Which worker: equal specs may share one warm worker. ``key`` is the model version's id.

    ``interpreter`` overrides the runtime's own (a model's own environment). Memory is in bytes.
    ``threads`` caps BLAS/OpenMP. ``output_bytes`` caps what one call may write. ``variables`` are environment
    variables of the manifest, never secrets.
    """

    language: str
    key: str
    folder: Path
    entry: str
    interpreter: Path | None = None
    network: bool = False
    memory: int = 4 << 30
    output_bytes: int = 2 << 30
    log_bytes: int = 16 << 20
    threads: int = 1
    variables: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Expected:
    """A declared output: ``kind`` is table, metric, figure, file or text; ``columns`` name → type."""

    kind: Literal["table", "metric", "figure", "file", "text"]
    columns: Mapping[str, str] = field(default_factory=dict)
    path: str | None = None


@dataclass(frozen=True)
class Call:
    """One call: ``tables`` are column folders, ``files`` plain files, ``scratch`` its own folder.

    ``script`` is only for script mode (how values reach the script); ``timeout`` is in seconds.
    """

    id: str
    values: Mapping[str, Value]
    tables: Mapping[str, Path]
    files: Mapping[str, Path]
    expected: Mapping[str, Expected]
    scratch: Path
    seed: int | None = None
    timeout: float | None = None
    script: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Output:
    """What came back under one name: a table is a column folder, a figure or file a path in the scratch.

    ``format`` of a figure: svg, png or plotly (JSON). ``value`` holds a metric (float, may be inf/nan) or text.
    """

    name: str
    kind: Literal["table", "metric", "figure", "file", "text"]
    path: Path | None = None
    value: float | str | None = None
    format: str = ""


@dataclass(frozen=True)
class Result:
    """A successful call: outputs in the model's order, warnings, and seconds spent in the model itself.

    ``environment`` names what ran (language version, packages); ``peak_memory`` is in bytes.
    """

    outputs: Sequence[Output]
    warnings: Sequence[str] = ()
    seconds: float = 0.0
    peak_memory: int = 0
    environment: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Progress:
    """The model reported how far it is: ``fraction`` 0–1 and a short text."""

    fraction: float
    text: str = ""


@dataclass(frozen=True)
class Log:
    """Printed output; ``stream`` is out or err. ``text`` may hold several lines."""

    stream: Literal["out", "err"]
    text: str


Listener = Callable[[Progress | Log], None]


class CallFailed(QuarterdeckError):
    """A call did not succeed. ``reason`` is a stable word, the message a sentence for a person.

    reason: ``model-error`` (the model raised; ``trace`` is its own), ``load-error``, ``crashed``, ``memory``,
    ``timeout``, ``cancelled``, ``output-limit``, ``bad-output`` (breaks its declaration), ``exit-code`` (script),
    ``no-runtime``. ``transient`` says whether trying again may help.
    """

    code = "call-failed"
    status = 422

    def __init__(
        self, reason: str, sentence: str, *, type: str = "", trace: str = "", transient: bool = False
    ) -> None:
        super().__init__(sentence)
        self.reason, self.type, self.trace = reason, type, trace
        self.is_transient = transient


@dataclass(frozen=True)
class Presence:
    """What ``doctor`` says of a runtime."""

    present: bool
    version: str = ""
    bridge: str = ""
    remedy: str = ""


class Runtime(Protocol):
    """One language. Built-ins and strangers register under the entry point group ``quarterdeck.runtimes``."""

    name: str

    # Optional: ``prepare_home(home)`` fills a worker's home before it starts; ``run(spec, call, listener,
    # contained)`` makes every call a process of its own (script mode) instead of a warm worker's; ``prepare()``
    # does what is done once a machine, at set-up.

    def presence(self) -> Presence:
        """Is it there, which version, through which bridge, and if not: what to install. Cached."""

    def command(self, socket: Path, spec: WorkerSpec) -> tuple[list[str], dict[str, str], list[Path]]:
        """How to start a worker: argv, environment, and the folders that the sandbox must show read-only."""


class Pool(Protocol):
    """Warm workers under a memory budget; calls from any thread."""

    def call(self, spec: WorkerSpec, call: Call, listener: Listener | None = None) -> Result:
        """Run one call and wait. Raises CallFailed."""

    def cancel(self, call_id: str) -> bool:
        """End a call and everything it started within 2 s; False when no such call is running."""

    def warm(self, spec: WorkerSpec, call_id: str = "") -> None:
        """Have a worker loaded and ready; ``cancel(call_id)`` ends that. Raises CallFailed (``load-error`` …)."""

    def forget(self, key: str) -> None:
        """End the workers of a model version."""

    def memory(self) -> int:
        """Proportional set size of all workers together, in bytes."""

    def close(self) -> None:
        """End every worker and all their descendants."""
