"""Runs through the public run API, with production durability: one after the other, and many at once."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from benchmarks.harness import ACTOR, MODELS, Bench, add_model, percentile

if TYPE_CHECKING:
    from engine.engine import Engine

PUBLISHED = "Hatchet 31, Windmill 52, Temporal 74, Prefect 122, Kestra 151, Airflow 2,906 ms (published)"


def run(bench: Bench) -> None:
    """40 × fibo(10) in sequence; then empty runs submitted together; then busy ones that are cancelled."""
    with bench.engine() as engine:
        name = add_model(engine, MODELS / "fibo").model
        _finish(engine, [engine.runs.submit(ACTOR, name, values={"n": 1}).id])  # the worker is warm now
        scheduler = _apscheduler()
        times = [_one(engine, name) for _ in range(40)]
        outputs = sum(len(engine.runs.outputs(ACTOR, run_id)) for _, run_id in times)
        if outputs != 40:
            raise RuntimeError(f"{outputs} outputs are stored, 40 were expected")
        mean = sum(seconds for seconds, _ in times) / 40 * 1000
        peer = f"{PUBLISHED}; APScheduler in memory, nothing stored: {scheduler:.1f} ms"
        bench.add("fibo(10), 40 runs in sequence, each", mean, "ms", 10, peer=peer)
        bench.add("fibo(10), 40 runs in sequence, p95", percentile([s for s, _ in times], 0.95) * 1000, "ms")
        number = bench.options.times(2000)
        bench.add("empty runs submitted together", _together(engine, name, number), "runs/s", 150, least=True)
        slowest = max(_cancelled(engine, name) for _ in range(10))
        bench.add("a busy loop is cancelled, slowest of ten", slowest, "s", 2)


def _one(engine: Engine, name: str) -> tuple[float, str]:
    started = time.perf_counter()
    record = engine.runs.submit(ACTOR, name, values={"n": 10})
    record = engine.runs.wait(record.id, 30)
    seconds = time.perf_counter() - started
    if record.state != "succeeded":
        raise RuntimeError(f"run {record.id} is {record.state}: {record.error}")
    return seconds, record.id


def _together(engine: Engine, name: str, number: int) -> float:
    """Runs a second from the first submission to the last end."""
    started = time.perf_counter()
    with ThreadPoolExecutor(4) as people:
        submit = people.map(lambda _: engine.runs.submit(ACTOR, name, values={"n": 0}).id, range(number))
        _finish(engine, list(submit))
    return number / (time.perf_counter() - started)


def _cancelled(engine: Engine, name: str) -> float:
    """Seconds from asking for it until the run has ended."""
    record = engine.runs.submit(ACTOR, name, values={"n": 40})  # takes half a minute
    while engine.runs.get(ACTOR, record.id).state != "running":
        time.sleep(0.01)
    time.sleep(0.2)
    started = time.perf_counter()
    engine.runs.cancel(ACTOR, record.id)
    record = engine.runs.wait(record.id, 30)
    seconds = time.perf_counter() - started
    if record.state != "cancelled":
        raise RuntimeError(f"run {record.id} is {record.state}: {record.error}")
    return seconds


def _finish(engine: Engine, runs: list[str]) -> None:
    for run_id in runs:
        record = engine.runs.wait(run_id, 120)
        if record.state != "succeeded":
            raise RuntimeError(f"run {run_id} is {record.state}: {record.error}")


def _apscheduler() -> float:
    """Milliseconds of a job through APScheduler's thread pool, waiting for each: no process, no record."""
    import threading

    from apscheduler.schedulers.background import BackgroundScheduler

    scheduler = BackgroundScheduler()
    scheduler.start()
    started = time.perf_counter()
    for _ in range(40):
        done = threading.Event()
        scheduler.add_job(done.set)
        done.wait(10)
    seconds = time.perf_counter() - started
    scheduler.shutdown()
    return seconds / 40 * 1000
