"""Parameter sets at the size of a large company: 200 sets of 500 versions with 60 fields each.

List, what was in force on a day as known at a moment, at a place, comparison of five versions and of five sets, what a
run takes, the history of all fields.
"""

from __future__ import annotations

import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from auth.service import opened
from benchmarks.harness import ACTOR, Bench, percentile, timed
from engine.engine import Engine
from engine.runs import from_sets
from engine.runs.records import canonical
from engine.store.base import new_id, utc_now
from engine.store.tables_parameters import SET, VERSION

SETS, VERSIONS, FIELDS = 200, 500, 60
MODEL = "many-fields"
LIST_MS, AS_OF_MS, COMPARE_MS = 150, 20, 200


def run(bench: Bench) -> None:
    """Fill the tables, then ask."""
    engine = opened(bench.settings(allow_unsandboxed=True)).engine
    try:
        add_model(engine)
        sets, versions = (SETS, VERSIONS) if not bench.options.quick else (SETS // 10, VERSIONS)
        fill(engine, sets, versions)
        _places(engine)
        _ask(bench, engine, sets, versions)
    finally:
        engine.stop()


def _ask(bench: Bench, engine: Engine, count: int, versions: int) -> None:
    service, today = engine.sets, engine.sets.today()
    known = utc_now() - timedelta(days=30)
    references = [f"set-000@{n}" for n in range(versions - 4, versions + 1)]
    across = ["set-000:DE/S001", *(f"set-{n:03d}" for n in range(1, 5))]
    size = f"{count} sets of {versions} versions with {FIELDS} fields"
    asked = {
        f"list, {size}": (lambda: service.list(ACTOR), LIST_MS),
        "as of a day and a moment": (
            lambda: service.in_force(ACTOR, MODEL, "set-000", today - timedelta(days=60), known),
            AS_OF_MS,
        ),
        "as of, in a store of a region": (
            lambda: service.in_force(ACTOR, MODEL, "set-000", today, place="DE/S001"),
            AS_OF_MS,
        ),
        "five versions compared": (lambda: service.compare(ACTOR, MODEL, references), COMPARE_MS),
        "five sets compared, one at a place": (lambda: service.compare(ACTOR, MODEL, across), COMPARE_MS),
        "values for a run": (
            lambda: from_sets.values(engine, ACTOR, MODEL, from_sets.Asked("set-000"), {"f00": 2.0}, "live"),
            AS_OF_MS,
        ),
        "history of all fields": (lambda: service.history(ACTOR, MODEL, "set-000"), None),
        "what waits for a review": (lambda: service.waiting(ACTOR), AS_OF_MS),
        "changes of a version": (lambda: service.differences(ACTOR, MODEL, "set-001", versions), None),
        "a page of 50 versions": (lambda: service.versions(ACTOR, MODEL, "set-000"), None),
    }
    for name, (work, limit) in asked.items():
        work()
        spent = [timed(work)[0] * 1000 for _ in range(bench.options.times(50))]
        bench.add(f"{name}, p50", percentile(spent, 0.5), "ms", limit)
        bench.add(f"{name}, p95", percentile(spent, 0.95), "ms", limit)


def _places(engine: Engine) -> None:
    """A region and a store of the first set with values of their own."""
    for place in ("DE", "DE/S001"):
        engine.sets.set_place(ACTOR, MODEL, "set-000", place)
        base = None
        for n in range(5):
            values = {"f00": float(n), "f01": float(n)}
            made = engine.sets.submit(
                ACTOR, MODEL, "set-000", values, reason="Because.", base=base, place=place
            )
            base = made.number


def add_model(engine: Engine) -> None:
    """A model of sixty number fields in six groups."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        lines = [
            "manifest = 1",
            "[model]",
            f'name = "{MODEL}"',
            'title = "Many fields"',
            'language = "python"',
        ]
        lines += ['entry = "model.py:total"', 'summary = "For the bench."']
        for n in range(FIELDS):
            lines += [f"[fields.f{n:02d}]", 'type = "number"', f'group = "Group {n // 10}"', "default = 1.0"]
        lines += ["[outputs.total]", 'kind = "metric"']
        (place / "model.toml").write_text("\n".join(lines) + "\n", "utf-8")
        (place / "model.py").write_text("def total(**values):\n    return sum(values.values())\n", "utf-8")
        engine.catalog.register(ACTOR, place, promote=True)


def fill(engine: Engine, sets: int, versions: int) -> None:
    """Each version changes three fields; one a day, approved on its day."""
    today, now = engine.sets.today(), utc_now()
    for n in range(sets):
        set_id = new_id()
        holder: dict[str, Any] = {
            "id": set_id,
            "model": MODEL,
            "name": f"set-{n:03d}",
            "holder": "",
            "title": "",
        }
        holder |= {"department": None, "owner": "", "guarded": False, "latest": versions}
        rows, values = [], {f"f{m:02d}": 1.0 for m in range(FIELDS)}
        for v in range(1, versions + 1):
            changed = sorted({f"f{(v * step) % FIELDS:02d}" for step in (1, 7, 11)})
            values |= dict.fromkeys(changed, float(v))
            ago = timedelta(days=versions - v)
            row: dict[str, Any] = {
                "id": new_id(),
                "set_id": set_id,
                "number": v,
                "place": "",
                "state": "approved",
            }
            row |= {
                "values_json": canonical(values),
                "changed_json": canonical(changed),
                "guarded_json": "[]",
            }
            row |= {"sources_json": "{}", "base": v - 1 or None, "model_version": 1, "reason": "Because."}
            row |= {"author": "ada", "created_at": now - ago, "effective_from": (today - ago).isoformat()}
            rows.append(row | {"expires_at": None, "approved_at": now - ago, "approved_by": "ada"})
        with engine.database.change(ACTOR) as change:
            change.connection.execute(insert(SET).values(**holder, created_at=now, changed_at=now))
            change.connection.execute(insert(VERSION), rows)
