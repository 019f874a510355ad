"""What rights cost: one decision, knowing who acts, and lists that show only what a person may see.

The person of the lists holds a role in one of twenty departments and fifty shares; a tenth of the runs read another
department's data and are hidden. Beside them stands the same list for somebody who sees everything.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert

from auth.rights import ROLES, RightsAuthorizer
from auth.service import opened
from benchmarks.harness import Bench, percentile, timed
from engine.access import LOCAL_ADMIN, Actor, Grant, Resource, Share
from engine.store.base import new_id, utc_now
from engine.store.tables_data import DATASET
from engine.store.tables_runs import RUN, RUN_INPUT

if TYPE_CHECKING:
    from auth.service import Auth

MOST_MS = 0.2  # of a decision
DEPARTMENTS = [f"Department {n:02d}" for n in range(20)]
RUNS = 20_000
SHARES = 1000


def run(bench: Bench) -> None:
    """Decisions, the acting person, lists."""
    _decisions(bench)
    auth = opened(bench.settings(allow_unsandboxed=True))
    try:
        _acting(bench, auth)
        _lists(bench, auth)
    finally:
        auth.engine.stop()


def _decisions(bench: Bench) -> None:
    decide = RightsAuthorizer().decide
    plain = Actor("ada", grants=frozenset({Grant("analyst", DEPARTMENTS[0])}))
    shares = frozenset(Share("model", f"m{n}", "viewer") for n in range(SHARES))
    many = Actor(
        "ben", grants=frozenset(Grant(role, d) for role in ROLES for d in DEPARTMENTS), shares=shares
    )
    model = Resource("model", "m1", DEPARTMENTS[0])
    parts = tuple(Resource("dataset", f"d{n}", DEPARTMENTS[n]) for n in range(5))
    made = Resource("run", "r1", DEPARTMENTS[0], "ben", ("model", "m1"), parts)
    times = bench.options.times(20_000)
    for name, actor, permission, asked in (
        ("a decision", plain, "model.read", model),
        ("a decision that refuses", plain, "model.register", model),
        ("a decision on a run over five datasets, 160 grants, 1,000 shares", many, "run.read", made),
    ):
        spent = [timed(partial(decide, actor, permission, asked))[0] * 1000 for _ in range(times)]
        bench.add(f"{name}, p50", percentile(spent, 0.5), "ms", MOST_MS)
        bench.add(f"{name}, p95", percentile(spent, 0.95), "ms", MOST_MS)


def _acting(bench: Bench, auth: Auth) -> None:
    for department in DEPARTMENTS:
        auth.accounts.add_department(LOCAL_ADMIN, department)
    grants = [Grant("analyst", DEPARTMENTS[0])]
    person, _ = auth.accounts.create(LOCAL_ADMIN, "ada", grants=grants, invite=False)
    times = bench.options.times(2000)
    known = [timed(lambda: auth.accounts.actor_of(person.id))[0] * 1000 for _ in range(times)]
    bench.add("who acts, known, p50", percentile(known, 0.5), "ms")

    def anew() -> Any:
        auth.accounts.acting.forget()
        return auth.accounts.actor_of(person.id)

    looked = [timed(anew)[0] * 1000 for _ in range(times // 10)]
    bench.add("who acts, looked up, p50", percentile(looked, 0.5), "ms")


def _lists(bench: Bench, auth: Auth) -> None:
    count = bench.options.times(RUNS)
    _fill(auth, count)
    shares = frozenset(Share("model", f"model-{n}", "analyst") for n in range(50))
    some = Actor("ada", grants=frozenset({Grant("analyst", DEPARTMENTS[0])}), shares=shares)
    runs = auth.engine.runs
    lists: dict[str, Callable[[Actor], Any]] = {
        f"first page of {count:,} runs": lambda actor: runs.list(actor),
        "one run": lambda actor: runs.get(actor, _mine(auth)),
    }
    for name, work in lists.items():
        for who, actor in (("everything visible", LOCAL_ADMIN), ("one of 20 departments", some)):
            spent = [timed(partial(work, actor))[0] * 1000 for _ in range(bench.options.times(100))]
            bench.add(f"{name}, {who}, p50", percentile(spent, 0.5), "ms")


_first: list[str] = []


def _mine(auth: Auth) -> str:
    return _first[0]


def _fill(auth: Auth, count: int) -> None:
    """Runs of all departments; every tenth read the data of the next department."""
    now = utc_now()
    common = {"owner": "", "title": "", "latest": 1, "created_at": now, "updated_at": now}
    datasets = [{"name": f"data-{n}", "department": d, **common} for n, d in enumerate(DEPARTMENTS)]
    runs, inputs = [], []
    for n in range(count):
        place = n % len(DEPARTMENTS)
        row = {
            "id": new_id(),
            "model": f"model-{n % 200}",
            "department": DEPARTMENTS[place],
            "submitted_at": now,
        }
        runs.append({**row, **_COLUMNS, "submitted_by": "ada" if n % 3 == 0 else "ben"})
        source = (place + 1) % len(DEPARTMENTS) if n // len(DEPARTMENTS) % 10 == 9 else place
        read = {"run_id": row["id"], "name": "sales", "dataset": f"data-{source}", "version": 1}
        inputs.append({**read, "content_hash": "", "blob": ""})
    with auth.engine.database.change(LOCAL_ADMIN) as change:
        for table, rows in ((DATASET, datasets), (RUN, runs), (RUN_INPUT, inputs)):
            change.connection.execute(insert(table), rows)
    _first[:] = [runs[0]["id"]]


_COLUMNS: dict[str, Any] = {
    "kind": "queued",
    "model_title": "Model",
    "version_id": "v",
    "version": 1,
    "state": "succeeded",
    "values_json": "{}",
    "inputs_json": "[]",
    "today": "2026-01-01",
    "error": None,
    "provenance": "{}",
    "warnings": "[]",
    "environment": "{}",
}
