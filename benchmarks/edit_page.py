"""The page that edits a parameter set of sixty fields, each with its last values as a line: CPU of one interaction.

As ``page_interaction``: the client speaks Streamlit's protocol; an interaction is one field changed and left, the
field and the table of changes drawn again, and the draft kept.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable

from auth.service import opened
from benchmarks import parameter_sets
from benchmarks.harness import Bench
from benchmarks.people import signed_in
from benchmarks.processes import cpu_seconds, served
from benchmarks.websocket import Person

VERSIONS = 500
INTERACTION_MS, OPEN_MS = 30, 1500


def run(bench: Bench) -> None:
    """One person who opens the page, then changes one field after the other."""
    engine = opened(bench.settings(allow_unsandboxed=True)).engine
    try:
        parameter_sets.add_model(engine)
        parameter_sets.fill(engine, 1, VERSIONS)
    finally:
        engine.stop()
    sent = signed_in(bench.settings())
    query = f"model={parameter_sets.MODEL}&set=set-000"
    with served(bench.settings(allow_unsandboxed=True)) as (port, pid):
        address = f"http://127.0.0.1:{port}"

        def person() -> Person:
            return Person(address, page="params-edit", query=query, sent=sent)

        opening, cpu, waited = asyncio.run(_one(person, pid, bench.options.times(200)))
    fields = f"{parameter_sets.FIELDS} fields with their last values"
    bench.add(f"an interaction with the edit page ({fields}), CPU", cpu, "ms", INTERACTION_MS)
    bench.add("the same, until it is answered", waited, "ms")
    bench.add("opening the edit page, CPU", opening, "ms", OPEN_MS)


async def _one(person: Callable[[], Person], pid: int, times: int) -> tuple[float, float, float]:
    """Milliseconds: the server's CPU to open the page, its CPU for an interaction, and the time of one."""
    first = person()
    await first.open()  # modules and caches of the first visit are not this page's cost
    await first.close()
    before = cpu_seconds(pid)
    somebody = person()
    await somebody.open()
    opening = cpu_seconds(pid) - before
    if somebody.errors or len(somebody.texts) < parameter_sets.FIELDS:
        raise RuntimeError(f"the page shows {len(somebody.texts)} fields: {somebody.errors}")
    choose = random.Random(1)
    for _ in range(20):
        await somebody.interact(choose)
    before = cpu_seconds(pid)
    spent = [await somebody.interact(choose) for _ in range(times)]
    used = cpu_seconds(pid) - before
    if somebody.errors:
        raise RuntimeError(f"the page shows: {somebody.errors}")
    await somebody.close()
    return opening * 1000, used / times * 1000, sum(spent) / len(spent) * 1000
