"""The Run page with thirty fields: CPU of one interaction, and fifty people at once.

The client speaks Streamlit's protocol over websockets (one process, no browser); an interaction is: change
one field, wait until the page has answered. The peer is a small page under plain ``streamlit run``.
"""

from __future__ import annotations

import asyncio
import random
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.harness import MODELS, Bench, add_model, percentile
from benchmarks.people import signed_in
from benchmarks.processes import await_answer, cpu_seconds, environment, free_port, served, started
from benchmarks.websocket import Person, work

if TYPE_CHECKING:
    from collections.abc import Callable

PEOPLE = 50
THINK_SECONDS = 2.0
PEER_PAGE = """
import streamlit as st
st.title("Small page")
for n in range(5):
    st.text_input(f"Field {n}", "1")
st.dataframe({"a": list(range(100))})
"""


def run(bench: Bench) -> None:
    """One person (CPU), fifty people, fifty with two busy runs; then the peer."""
    with bench.engine() as engine:
        name = add_model(engine, MODELS / "form").model
    sent = signed_in(bench.settings())
    seconds = 10.0 if bench.options.quick else 60.0
    peer = _peer(bench, seconds)
    with served(bench.settings(concurrent_runs=2)) as (port, pid):
        address = f"http://127.0.0.1:{port}"

        def person() -> Person:
            return Person(address, page="run-model", query=f"model={name}", sent=sent)

        cpu = asyncio.run(_one(person, pid, bench.options.times(200)))
        bench.add("an interaction with the Run page (30 fields), CPU", cpu, "ms", 20)
        times = asyncio.run(_many(person, seconds))
        bench.add("50 people, 2 s think time, p95", percentile(times, 0.95) * 1000, "ms", 250, peer=peer)
        bench.add("50 people, 2 s think time, p50", percentile(times, 0.5) * 1000, "ms")
        _occupy(address, name, seconds + 60, sent)
        times = asyncio.run(_many(person, seconds))
        bench.add(
            "50 people beside two CPU-bound runs, p95", percentile(times, 0.95) * 1000, "ms", 600, peer=peer
        )


async def _one(person: Callable[[], Person], pid: int, times: int) -> float:
    """Milliseconds of the server's CPU for each interaction of one person."""
    somebody = person()
    await somebody.open()
    _must_be_well(somebody)
    choose = random.Random(1)
    for _ in range(20):
        await somebody.interact(choose)
    before = cpu_seconds(pid)
    for _ in range(times):
        await somebody.interact(choose)
    used = cpu_seconds(pid) - before
    _must_be_well(somebody)
    await somebody.close()
    return used / times * 1000


async def _many(person: Callable[[], Person], seconds: float) -> list[float]:
    people = [person() for _ in range(PEOPLE)]
    for somebody in people:
        await somebody.open()
    times = await work(people, seconds, THINK_SECONDS)
    for somebody in people:
        _must_be_well(somebody)
        await somebody.close()
    return times


def _must_be_well(person: Person) -> None:
    if person.errors or not person.texts:
        raise RuntimeError(f"the page shows: {person.errors or 'no text fields'}")


def _occupy(address: str, name: str, seconds: float, sent: dict[str, str]) -> None:
    """Two runs that keep two workers busy."""
    import json
    import urllib.request

    for _ in range(2):
        body: dict[str, Any] = {"model": name, "values": {"seconds": seconds}}
        request = urllib.request.Request(
            f"{address}/api/v1/runs", json.dumps(body).encode(), {"Content-Type": "application/json", **sent}
        )
        urllib.request.urlopen(request, timeout=30).close()


def _peer(bench: Bench, seconds: float) -> str:
    """The same people at a small page under plain ``streamlit run``."""
    script = bench.folder / "small.py"
    script.write_text(PEER_PAGE, encoding="utf-8")
    port = free_port()
    options = ["--server.port", str(port), "--server.headless", "true", "--browser.gatherUsageStats", "false"]
    command = [sys.executable, "-m", "streamlit", "run", str(script), *options]
    env = {**environment(bench.settings()), "STREAMLIT_RUNNER_POST_SCRIPT_GC": "true"}
    log = Path(bench.folder) / "streamlit.log"
    with started(command, env, log, cwd=bench.folder) as process:
        address = f"http://127.0.0.1:{port}"
        await_answer(f"{address}/_stcore/health", process, log)
        times = asyncio.run(_many(lambda: Person(address), min(seconds, 30.0)))
    shown = f"{percentile(times, 0.95) * 1000:.0f} ms"
    bench.say(f"    plain streamlit run, a small page, {PEOPLE} people, p95: {shown}")
    return f"plain streamlit run, a page of 5 fields: {shown}"
