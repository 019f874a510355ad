"""The audit log: what an entry costs a change, how fast a long log verifies and is searched, and memory meanwhile."""

from __future__ import annotations

import random
import statistics
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.harness import ACTOR, Bench, percentile, timed

if TYPE_CHECKING:
    from auth.service import Auth

BATCH = 5_000
PEOPLE, MODELS = 200, 500


def run(bench: Bench) -> None:
    """Changes with and without their entries in turns; then a log of a million entries."""
    from auth.service import opened

    auth = opened(bench.settings())
    try:
        _append(bench, auth)
        number = bench.options.times(1_000_000)
        seconds = timed(lambda: _fill(auth, number))[0]
        bench.add("audit entries in large transactions", number / seconds, "entries/s")
        _verify(bench, auth)
        _search(bench, auth, number)
    finally:
        auth.engine.stop()


def _append(bench: Bench, auth: Auth) -> None:
    """In turns, so that both meet the same disk."""
    from engine.events import AliasMoved

    database, log = auth.engine.database, auth.audit
    who = replace(ACTOR, via="api", address="192.0.2.1")
    times: dict[bool, list[float]] = {True: [], False: []}
    for turn in range(bench.options.times(1_000)):
        for audited in (True, False):
            database.auditor = log if audited else None
            started = time.perf_counter()
            with database.change(who) as change:
                told = AliasMoved(model="m", alias="live", old=turn, new=turn + 1, reason="measured")
                change.emit(told, department="Marketing")
            times[audited].append(time.perf_counter() - started)
    database.auditor = log
    without = statistics.median(times[False]) * 1000
    peer = f"the same change without its entry: {without:.2f} ms"
    bench.add("audited change with its sync, p50", statistics.median(times[True]) * 1000, "ms", 2, peer=peer)
    bench.add("audited change with its sync, p95", percentile(times[True], 0.95) * 1000, "ms")


def _fill(auth: Auth, number: int) -> None:
    from engine.events import AliasMoved

    chosen = random.Random(7)
    for _ in range(0, number, BATCH):
        with auth.engine.database.change(ACTOR) as change:
            for _ in range(BATCH):
                who = replace(ACTOR, id=f"person-{chosen.randrange(PEOPLE)}", via="page", address="192.0.2.1")
                told = AliasMoved(
                    model=f"model-{chosen.randrange(MODELS)}", alias="live", old=1, new=2, reason="a reason"
                )
                change.audit(who, told, department=chosen.choice(("Marketing", "Procurement")))


def _verify(bench: Bench, auth: Auth) -> None:
    from auth.audit.verify import verify

    verify(auth)  # the file is in the cache of the system now
    before = _most_memory()
    reports = [verify(auth) for _ in range(3)]  # the best: what the machine can do when nobody disturbs it
    report = min(reports, key=lambda one: one.seconds)
    if not report.ok:
        raise RuntimeError(report.sentence)
    rate = report.entries / report.seconds
    bench.add(
        f"audit log verified, {report.entries:,} entries", rate, "entries/s", 50_000, least=True,
        note="each with a personal value",
    )  # fmt: skip
    bench.add("memory that verifying adds", _most_memory() - before, "MB", 32)


def _search(bench: Bench, auth: Auth, number: int) -> None:
    from auth.audit.search import Search
    from engine.store.base import utc_now

    now = utc_now()
    asked = {
        "all": Search(),
        "person": Search(person="person-3"),
        "object": Search(object_id="model-9"),
        "person and object": Search(person="person-3", object_id="model-9"),
        "action": Search(action="alias-moved"),
        "result": Search(result="refused"),
        "department and person": Search(department="Marketing", person="person-7"),
        "days": Search(since=now - timedelta(days=1), until=now),
        "person, nothing found": Search(person="person-3", action="none"),
        "objects by beginning": Search(object_id="model-49*"),
    }
    times = {name: _middle(auth, search) for name, search in asked.items()}
    worst = max(times, key=lambda name: times[name])
    told = f"{number:,} entries; the slowest asks for {worst}"
    bench.add("audit search, first page, slowest of ten", times[worst], "ms", 200, note=told)
    bench.add("audit search, first page, middle of ten", statistics.median(times.values()), "ms")


def _middle(auth: Auth, search: object) -> float:
    """Milliseconds, the middle of five."""
    return statistics.median(timed(lambda: auth.audit.search(ACTOR, search))[0] for _ in range(5)) * 1000  # type: ignore[arg-type]


def _most_memory() -> float:
    """MB that this process holds in memory now, at the most so far."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
    return 0.0
