"""Datasets: what there is, its versions, a page of it; a new version by upload."""

from __future__ import annotations

from typing import Annotated, Any

from anyio import to_thread
from fastapi import APIRouter, Query, Request

from app.api import shapes, uploads
from app.api.acting import Acting, TheEngine
from app.api.plain import plain
from app.api.runs import FILTERS_HELP, Limit, Offset, parse_filters, table
from engine.access import DATASET_WRITE, require

router = APIRouter(tags=["datasets"])
Number = Annotated[int | None, Query(description="Version number; without it the newest.")]


@router.get("/datasets", summary="List the datasets")
def list_datasets(engine: TheEngine, actor: Acting, search: str = "") -> shapes.Listing[dict[str, Any]]:
    """Each with its newest version."""
    found = [plain(dataset) for dataset in engine.datasets.list(actor, search=search)]
    return shapes.Listing(items=found, total=len(found))


@router.get("/datasets/{name}", summary="One dataset with its versions")
def get_dataset(engine: TheEngine, actor: Acting, name: str) -> dict[str, Any]:
    """Title, department, source, licence and versions."""
    found: dict[str, Any] = plain(engine.datasets.get(actor, name))
    return found


@router.get("/datasets/{name}/versions/{version}", summary="One version")
def get_dataset_version(engine: TheEngine, actor: Acting, name: str, version: int) -> dict[str, Any]:
    """Rows, columns with their types, content hash, size."""
    found: dict[str, Any] = plain(engine.datasets.version(actor, name, version))
    return found


@router.get("/datasets/{name}/page", summary="A page of a dataset")
def dataset_page(
    engine: TheEngine,
    actor: Acting,
    name: str,
    version: Number = None,
    offset: Offset = 0,
    limit: Limit = 100,
    sort: str | None = None,
    descending: bool = False,
    filters: Annotated[str, Query(description=FILTERS_HELP)] = "",
) -> shapes.TableOut:
    """Sorted and filtered over the whole dataset, not over the page."""
    page = engine.datasets.page(
        actor,
        name,
        version,
        offset=offset,
        limit=limit,
        sort=sort,
        descending=descending,
        filters=parse_filters(filters),
    )
    return table(page, offset)


@router.post(
    "/datasets/{name}",
    status_code=201,
    summary="Upload a file as the next version of a dataset",
    openapi_extra={"requestBody": {"content": {"application/octet-stream": {}}, "required": True}},
)
async def upload_dataset(
    engine: TheEngine,
    actor: Acting,
    name: str,
    request: Request,
    filename: Annotated[
        str, Query(description="Its ending says the format: .csv, .xlsx, .parquet.", min_length=1)
    ],
    title: str = "",
    department: str | None = None,
    source: str = "",
    licence: str = "",
) -> dict[str, Any]:
    """The body is the file, in one piece. For large files over a weak line use /uploads."""
    require(engine.authorizer, actor, DATASET_WRITE, None, engine.auditor)
    kept = uploads.uploads_of(engine)
    announced = request.headers.get("content-length")
    size = int(announced) if announced and announced.isdigit() else None
    begun = await to_thread.run_sync(kept.begin, actor, filename, size)
    try:
        await uploads.receive(kept, begun, request)
        about = shapes.FinishRequest(title=title, department=department, source=source, licence=licence)
        return plain(await to_thread.run_sync(_made, engine, actor, begun.id, name, about))
    finally:
        await to_thread.run_sync(kept.remove, begun)


def _made(engine: Any, actor: Any, upload: str, name: str, about: shapes.FinishRequest) -> Any:
    kept = uploads.uploads_of(engine)
    found = kept.get(actor, upload)
    kept.complete(found)
    return uploads.ingest(engine, actor, found, name, about)
