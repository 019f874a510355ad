"""A catalog and a pool without processes: what the queue does is tested apart from what workers do."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from engine.access import Resource
from engine.errors import NotFound
from engine.runtimes.interface import Call, CallFailed, Log, Output, Progress, Result, WorkerSpec

Body = Callable[[Call, Any, threading.Event], dict[str, Any]]


def manifest(name: str, *, script: bool = False, deterministic: bool = False) -> Any:
    model = SimpleNamespace(
        name=name,
        title=name.title(),
        department="Testing",
        language="python",
        command="python run.py" if script else None,
        entry=None if script else "m.py:f",
        retry=None,
        realtime=True,
        deterministic=deterministic,
    )
    limits = SimpleNamespace(memory_mb=None, timeout_seconds=None, output_mb=None)
    return SimpleNamespace(
        model=model,
        title=name.title(),
        limits=limits,
        network=SimpleNamespace(allow=[]),
        environment=SimpleNamespace(variables={}),
        fields={},
        inputs={},
        outputs={},
        rules=[],
        secrets={},
        script={},
    )


class FakeCatalog:
    def __init__(self, *names: str, **options: Any) -> None:
        self.versions = {}
        for name in names:
            made = manifest(name, script=name.startswith("script"), deterministic=name.startswith("det"))
            self.versions[name] = SimpleNamespace(
                id=f"version-{name}",
                model=name,
                number=1,
                manifest=made,
                folder=Path("/nonexistent"),
                environment_id="env",
                language="python",
                entry="m.py:f",
                source_hash="source",
                interpreter=None,
            )

    def resource(self, name: str) -> Resource:
        if name not in self.versions:
            raise NotFound("model", name)
        return Resource("model", name, "Testing")

    def version(self, actor: Any, name: str, ref: Any = "live") -> Any:
        return self.versions[name]

    def list(self, actor: Any) -> list[Any]:
        return []

    def prepare(self, version: Any) -> None: ...


class FakePool:
    """Calls a Python function of the test; ``bodies`` by worker key, else an empty result."""

    def __init__(self) -> None:
        self.bodies: dict[str, Body] = {}
        self.calls: list[str] = []
        self._running: dict[str, threading.Event] = {}

    def call(self, spec: WorkerSpec, call: Call, listener: Any = None) -> Result:
        cancelled = self._running[call.id] = threading.Event()
        self.calls.append(call.id)
        try:
            body = self.bodies.get(spec.key)
            found = body(call, listener or (lambda news: None), cancelled) if body else {}
            return Result(
                [_output(call, name, value) for name, value in found.items()], environment={"fake": "1"}
            )
        finally:
            del self._running[call.id]

    def cancel(self, call_id: str) -> bool:
        running = self._running.get(call_id)
        if running:
            running.set()
        return running is not None

    def warm(self, spec: WorkerSpec, call_id: str = "") -> None: ...

    def forget(self, key: str) -> None: ...

    def memory(self) -> int:
        return 0

    def close(self) -> None:
        for running in list(self._running.values()):
            running.set()


def _output(call: Call, name: str, value: Any) -> Output:
    if isinstance(value, Output):
        return value
    if isinstance(value, bytes):
        call.scratch.mkdir(exist_ok=True)
        path = call.scratch / f"{name}.bin"
        path.write_bytes(value)
        return Output(name, "file", path=path)
    return Output(name, "metric" if isinstance(value, float | int) else "text", value=value)


def slow(seconds: float) -> Body:
    """Prints, reports progress, and can be cancelled."""

    def body(call: Call, listener: Any, cancelled: threading.Event) -> dict[str, Any]:
        listener(Log("out", "starting\n"))
        listener(Progress(0.5, "half"))
        if cancelled.wait(seconds):
            raise CallFailed("cancelled", "cancelled")
        return {"done": 1.0}

    return body


def failing(reason: str, sentence: str = "It failed.", **more: Any) -> Body:
    def body(call: Call, listener: Any, cancelled: threading.Event) -> dict[str, Any]:
        raise CallFailed(reason, sentence, **more)

    return body


def numbered() -> Iterator[int]:
    n = 0
    while True:
        yield n
        n += 1
