"""30 models over three languages, called in random order: memory stays under the budget, nothing is killed."""

from __future__ import annotations

import random
import threading
import time
from typing import TYPE_CHECKING

from benchmarks.harness import ACTOR, MODELS, Bench, add_model, percentile, present

if TYPE_CHECKING:
    from engine.engine import Engine

MODELS_EACH = 10
VALUES = {"a": 1.0, "b": 2.0, "c": 3.0}
TIGHT_PERCENT = 5  # of the machine's memory: small enough that workers must make room for each other


def run(bench: Bench) -> None:
    """Random calls for ``--seconds``; a call that starts a worker is one of an unloaded model."""
    with bench.engine(pool_memory_percent=TIGHT_PERCENT) as engine:
        budget = engine.pool._upkeep.budget >> 20
        names = [
            add_model(engine, MODELS / language, name=f"bench-{language}-{n}").model
            for language in ("python", "r", "julia")
            if present(engine, language)
            for n in range(MODELS_EACH)
        ]
        most, first, warm = _calls(engine, names, bench.options.seconds)
        peer = f"budget {budget} MB ({TIGHT_PERCENT} % of the machine, production 35 %)"
        bench.add(f"{len(names)} models, most memory of all workers", most, "MB", float(budget), peer=peer)
        if first:
            bench.add("first call of an unloaded model, p95", percentile(first, 0.95), "s", 2.0)
            bench.add("calls that started a worker", len(first), "")
        bench.add("warm call among them, p50", percentile(warm, 0.5) * 1000, "ms")


def _calls(engine: Engine, names: list[str], seconds: float) -> tuple[float, list[float], list[float]]:
    """Most memory in MB; seconds of calls that had to load, and of the others. A failed call raises."""
    choose = random.Random(7)
    stop = threading.Event()
    samples: list[int] = [0]

    def watch() -> None:
        while not stop.wait(1.0):
            samples.append(engine.pool.memory())

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    first: list[float] = []
    warm: list[float] = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        name = choose.choice(names)
        loaded = _loaded(engine)
        started = time.perf_counter()
        engine.runs.predict(ACTOR, name, values=VALUES)
        took = time.perf_counter() - started
        version = engine.catalog.version(ACTOR, name).id
        (warm if version in loaded else first).append(took)
        time.sleep(0.01)
    stop.set()
    watcher.join()
    return max(samples) / 2**20, first, warm


def _loaded(engine: Engine) -> set[str]:
    """Ids of the model versions that have a worker now."""
    upkeep = engine.pool._upkeep
    with upkeep.lock:
        return {worker.spec.key for worker in upkeep.workers() if worker.loaded and worker.alive}
