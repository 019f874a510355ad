"""Queries over runs: lists filtered in SQL, single records, outputs, history for expectations."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, func, or_, select

from engine.access import Resource, Scope
from engine.runs import states
from engine.runs.records import RunOutput, RunRecord, output, record
from engine.store.scoping import runs_within
from engine.store.tables_data import DATASET
from engine.store.tables_runs import RUN, RUN_INPUT, RUN_OUTPUT

RECENT = 20
ID_PIECE = 6  # shorter words are not meant as a piece of an id


_ONE = select(RUN).where(RUN.c.id == bindparam("wanted"))


def one(connection: Connection, run_id: str) -> RunRecord | None:
    """A run's record."""
    row = connection.execute(_ONE, {"wanted": run_id}).one_or_none()
    return None if row is None else record(row)


def outputs_of(connection: Connection, run_id: str) -> list[RunOutput]:
    """A run's outputs in the model's order."""
    query = select(RUN_OUTPUT).where(RUN_OUTPUT.c.run_id == run_id).order_by(RUN_OUTPUT.c.position)
    return [output(row) for row in connection.execute(query)]


_RESOURCE = (
    select(
        RUN.c.id,
        RUN.c.department,
        RUN.c.submitted_by,
        RUN.c.model,
        RUN_INPUT.c.dataset,
        DATASET.c.department.label("home"),
        DATASET.c.owner,
    )
    .select_from(
        RUN.outerjoin(RUN_INPUT, RUN_INPUT.c.run_id == RUN.c.id).outerjoin(
            DATASET, DATASET.c.name == RUN_INPUT.c.dataset
        )
    )
    .where(RUN.c.id.in_(bindparam("wanted", expanding=True)))
)


def resources(connection: Connection, run_ids: Sequence[str]) -> dict[str, Resource]:
    """Runs as far as rights are concerned, with the datasets that they read; unknown ids are left out."""
    found: dict[str, Resource] = {}
    for row in connection.execute(_RESOURCE, {"wanted": list(run_ids)}):
        known = found.get(row.id)
        if known is None:
            owner = row.submitted_by
            known = Resource("run", row.id, row.department, owner, ("model", row.model))
        if row.dataset is not None:
            part = Resource("dataset", row.dataset, row.home, row.owner or None)
            known = replace(known, parts=(*known.parts, part))
        found[row.id] = known
    return found


def conditions(
    scope: Scope,
    *,
    search: str = "",
    state: str | Iterable[str] | None = None,
    model: str | None = None,
    submitted_by: str | None = None,
    realtime: bool = False,
    shadow: bool = False,
    since: datetime | None = None,
) -> list[ColumnElement[bool]]:
    """The WHERE clauses of a list; ``realtime`` includes real-time calls, ``shadow`` runs that only tried out."""
    found: list[ColumnElement[bool]] = []
    if not (realtime and shadow):
        kinds = ["queued", *(["realtime"] if realtime else []), *(["shadow"] if shadow else [])]
        found.append(RUN.c.kind == kinds[0] if len(kinds) == 1 else RUN.c.kind.in_(kinds))
    found += runs_within(scope)
    if state:
        found.append(RUN.c.state.in_([state] if isinstance(state, str) else list(state)))
    if model:
        found.append(RUN.c.model == model)
    if submitted_by:
        found.append(RUN.c.submitted_by == submitted_by)
    if since is not None:
        found.append(RUN.c.submitted_at >= since)
    for word in search.split():
        pattern = "%" + word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        # never the values: a search that finds what it does not show tells masked and secret values word by word
        places = [RUN.c.model, RUN.c.model_title, RUN.c.label, RUN.c.submitted_by]
        if len(word) >= ID_PIECE:
            places.append(RUN.c.id)
        found.append(or_(*(place.ilike(pattern, escape="\\") for place in places)))
    return found


def page(
    connection: Connection, where: list[ColumnElement[bool]], offset: int, limit: int
) -> tuple[list[RunRecord], int]:
    """One page of records, newest first, and how many there are."""
    total = int(connection.execute(select(func.count()).select_from(RUN).where(*where)).scalar() or 0)
    query = select(RUN).where(*where).order_by(RUN.c.id.desc()).offset(max(offset, 0)).limit(limit)
    return [record(row) for row in connection.execute(query)], total


def recent(connection: Connection, model: str) -> list[Any]:
    """Seconds and memory of the last successful runs of a model."""
    query = (
        select(RUN.c.started_at, RUN.c.finished_at, RUN.c.peak_memory)
        .where(
            RUN.c.model == model,
            RUN.c.state == states.SUCCEEDED,
            RUN.c.kind == "queued",
            RUN.c.reused_from.is_(None),
        )
        .order_by(RUN.c.id.desc())
        .limit(RECENT)
    )
    return list(connection.execute(query))
