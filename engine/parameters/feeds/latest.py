"""The newest run whose metric a feed takes, and what tells that there is something newer than was looked at."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, select

from engine.access import RUN_READ, Actor
from engine.parameters.feeds import files
from engine.parameters.feeds import sources as s
from engine.runs import masking, reading, states
from engine.runs.records import RunRecord
from engine.store.tables_data import DATASET
from engine.store.tables_parameters import RUN_PARAMETER, SET
from engine.store.tables_runs import RUN

if TYPE_CHECKING:
    from engine.engine import Engine

LOOKED_AT = 50  # runs that took the set, newest first: further back none is looked for that left it unchanged


def run(engine: Engine, actor: Actor, source: s.MetricSource, version: int) -> RunRecord | None:
    """The newest succeeded run of a version that this person may see.

    With a set: one with what that had in force at the place, nothing changed on top. Shadow runs never count.
    """
    model, set_ = source.model, source.set
    scope = engine.authorizer.scope(actor, RUN_READ)
    where = [*reading.conditions(scope, state=states.SUCCEEDED, model=model), RUN.c.version == version]
    if set_:
        where.append(_took(model, set_))
    with engine.database.look() as connection:
        found, _ = reading.page(connection, where, 0, LOOKED_AT if set_ else 1)
    for one in found:
        if not set_ or _plain(one, source):
            return masking.record(engine, actor, one)
    return None


def _plain(run: RunRecord, source: s.MetricSource) -> bool:
    taken = run.parameter_set or {}
    return (
        taken.get("asked") == source.set and taken.get("place") == source.place and not taken.get("overrides")
    )


def _took(model: str, set_: str) -> Any:
    used = select(RUN_PARAMETER.c.run_id).join(SET, SET.c.id == RUN_PARAMETER.c.set_id)
    return RUN.c.id.in_(used.where(SET.c.model == model, SET.c.name == set_, SET.c.holder == ""))


def stamp(engine: Engine, connection: Connection, source: Any) -> str:
    """Changes whenever there is newer data for a source; empty where nothing tells that (an address)."""
    if isinstance(source, s.SqlSource | s.DatasetSource):
        names = source.datasets if isinstance(source, s.SqlSource) else [source.dataset]
        rows = connection.execute(select(DATASET.c.name, DATASET.c.latest).where(DATASET.c.name.in_(names)))
        return json.dumps(sorted([row.name, row.latest] for row in rows))
    if isinstance(source, s.FileSource):
        return files.stamp(source.path, engine.settings)
    if isinstance(source, s.MetricSource):
        where = [RUN.c.model == source.model, RUN.c.state == states.SUCCEEDED, RUN.c.kind == "queued"]
        if source.set:
            where.append(_took(source.model, source.set))
        newest = select(RUN.c.id).where(*where).order_by(RUN.c.finished_at.desc(), RUN.c.id.desc()).limit(1)
        return str(connection.execute(newest).scalar() or "")
    return ""
