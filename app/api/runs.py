"""Runs: queue one, follow it, cancel it, fetch what it produced."""

from __future__ import annotations

import json
from typing import Annotated, Any

from anyio import to_thread
from fastapi import APIRouter, Query, Response

from app.api import shapes
from app.api.acting import Acting, TheEngine
from app.api.models import reference
from app.api.plain import plain
from engine.errors import Invalid, NotFound, Problem

router = APIRouter(tags=["runs"])
Offset = Annotated[int, Query(ge=0, le=2**53)]
Limit = Annotated[int, Query(ge=1, le=1000)]
LONGEST_WAIT = 60.0
FILTERS_HELP = 'For instance [{"column": "brand", "op": "=", "value": "5"}].'


@router.post("/runs", status_code=201, summary="Queue a run")
def create_run(
    engine: TheEngine, actor: Acting, request: shapes.RunRequest, response: Response
) -> shapes.RunOut:
    """All values and inputs are checked first; every problem is in the answer, and nothing is kept then."""
    record = engine.runs.submit(
        actor,
        request.model,
        values=request.values,
        inputs=dict(request.inputs),
        version=reference(request.version),
        seed=request.seed,
        label=request.label,
        reuse=request.reuse,
        parameter_set=request.parameter_set or None,
        place=request.place,
        valid_on=request.valid_on,
        known_at=request.known_at,
    )
    response.headers["Location"] = f"/api/v1/runs/{record.id}"
    return shapes.RunOut.model_validate(record)


@router.get("/runs", summary="List runs, newest first")
def list_runs(
    engine: TheEngine,
    actor: Acting,
    search: str = "",
    state: Annotated[str, Query(description="Only runs in this state.")] = "",
    model: str = "",
    mine: Annotated[bool, Query(description="Only the caller's own.")] = False,
    shadow: Annotated[bool, Query(description="Also those that only tried a parameter set out.")] = False,
    offset: Offset = 0,
    limit: Limit = 50,
) -> shapes.Listing[shapes.RunOut]:
    """``total`` counts all that match."""
    records, total = engine.runs.list(
        actor,
        search=search,
        state=state or None,
        model=model or None,
        mine=mine,
        shadow=shadow,
        offset=offset,
        limit=limit,
    )
    return shapes.Listing(
        items=[shapes.RunOut.model_validate(r) for r in records], total=total, offset=offset
    )


@router.get("/runs/{run}", summary="One run")
async def get_run(
    engine: TheEngine,
    actor: Acting,
    run: str,
    wait: Annotated[float, Query(ge=0, le=LONGEST_WAIT, description="Wait so many seconds for its end.")] = 0,
) -> shapes.RunOut:
    """With ``wait`` the answer comes when the run has ended, or after that time in whatever state it is."""
    record = await to_thread.run_sync(engine.runs.get, actor, run)
    if wait and not record.finished:
        await to_thread.run_sync(engine.runs.wait, run, wait, abandon_on_cancel=True)
        record = await to_thread.run_sync(engine.runs.get, actor, run)
    return shapes.RunOut.model_validate(record)


@router.post("/runs/{run}/cancel", summary="Cancel a run")
def cancel_run(engine: TheEngine, actor: Acting, run: str) -> shapes.RunOut:
    """Everything that it started is ended within two seconds. A finished run stays as it is."""
    engine.runs.cancel(actor, run)
    return shapes.RunOut.model_validate(engine.runs.get(actor, run))


@router.post("/runs/{run}/again", status_code=201, summary="Run again with exactly the same inputs")
def run_again(engine: TheEngine, actor: Acting, run: str, response: Response) -> shapes.RunOut:
    """The same model version, values, datasets and seed."""
    record = engine.runs.again(actor, run)
    response.headers["Location"] = f"/api/v1/runs/{record.id}"
    return shapes.RunOut.model_validate(record)


@router.get("/runs/{run}/log", summary="A run's printed output")
def get_log(engine: TheEngine, actor: Acting, run: str, offset: Offset = 0) -> shapes.LogOut:
    """From byte ``offset`` on; ask again with ``next_offset`` while it runs."""
    text, next_offset = engine.runs.log(actor, run, offset=offset)
    return shapes.LogOut(text=text, next_offset=next_offset)


@router.get("/runs/{run}/outputs", summary="What a run produced")
def list_outputs(engine: TheEngine, actor: Acting, run: str) -> shapes.Listing[shapes.RunOutputOut]:
    """Metrics and texts with their value; tables, figures and files by name."""
    outputs = [
        shapes.RunOutputOut.model_validate(plain(output)) for output in engine.runs.outputs(actor, run)
    ]
    return shapes.Listing(items=outputs, total=len(outputs))


@router.get("/runs/{run}/outputs/{name}/page", summary="A page of an output table")
def output_page(
    engine: TheEngine,
    actor: Acting,
    run: str,
    name: str,
    offset: Offset = 0,
    limit: Limit = 100,
    sort: str | None = None,
    descending: bool = False,
    filters: Annotated[str, Query(description=FILTERS_HELP)] = "",
) -> shapes.TableOut:
    """Sorted and filtered over the whole table, not over the page."""
    found = [o for o in engine.runs.outputs(actor, run) if o.name == name]
    if not found or found[0].kind != "table":
        raise NotFound("output table", name, f"GET /api/v1/runs/{run}/outputs lists what the run produced.")
    path = engine.runs.output_path(actor, run, name)
    page = engine.datasets.warehouse.page(
        path, offset=offset, limit=limit, sort=sort, descending=descending, filters=parse_filters(filters)
    )
    return table(page, offset)


def table(page: Any, offset: int) -> shapes.TableOut:
    """A page of the warehouse as the API shows it."""
    columns = [column.as_json() for column in page.columns]
    rows = [[plain(cell) for cell in row] for row in page.rows]
    return shapes.TableOut(columns=columns, rows=rows, total=page.total, offset=offset)


def parse_filters(raw: str) -> list[dict[str, Any]]:
    """The ``filters`` parameter. Raises Invalid."""
    if not raw:
        return []
    try:
        parsed = json.loads(raw)
    except ValueError:
        parsed = None
    if not isinstance(parsed, list) or not all(isinstance(item, dict) for item in parsed):
        sentence = f"“filters” must be a JSON list of objects. {FILTERS_HELP}"
        raise Invalid("the request", [Problem("query.filters", sentence, raw[:80], "filters")])
    return parsed
