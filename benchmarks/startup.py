"""The second ``./quarterdeck up``: from the command to the first complete page."""

from __future__ import annotations

import asyncio
import subprocess
import time

from benchmarks.harness import Bench
from benchmarks.processes import await_answer, environment, free_port, resident_mb, started
from benchmarks.websocket import Person
from engine.settings import ROOT


def run(bench: Bench) -> None:
    """The first start of this data folder fills it; the second is measured."""
    env = environment(bench.settings())
    subprocess.run([str(ROOT / "quarterdeck"), "setup"], env=env, cwd=ROOT, check=True, capture_output=True)
    seconds, memory = zip(*[_start(bench, env) for _ in range(2)], strict=True)
    bench.add("second ./quarterdeck up to the first page", min(seconds), "s", 6)
    bench.add("memory of the server after its first page", max(memory), "MB")


def _start(bench: Bench, env: dict[str, str]) -> tuple[float, float]:
    port = free_port()
    log = bench.folder / "up.log"
    begun = time.perf_counter()
    with started([str(ROOT / "quarterdeck"), "up", "--port", str(port)], env, log) as process:
        await_answer(f"http://127.0.0.1:{port}/api/v1/health", process, log)
        asyncio.run(_first_page(f"http://127.0.0.1:{port}"))
        return time.perf_counter() - begun, resident_mb(process.pid)


async def _first_page(address: str) -> None:
    person = Person(address)
    await person.open()
    if person.errors:
        raise RuntimeError(f"the page shows: {person.errors}")
    await person.close()
