"""Downloads: ``/files/…``, streamed from disk, resumable (range requests), with the right file name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, TypeVar

from anyio import to_thread
from fastapi import APIRouter, Query
from starlette.background import BackgroundTask
from starlette.responses import FileResponse

from app import files
from app.api.acting import Acting, TheEngine
from app.security import policies

router = APIRouter(tags=["files"])
Format = Annotated[str, Query(alias="format", description="Of tables: csv, xlsx or parquet.")]
Version = Annotated[int | None, Query(description="Version number; without it the newest.")]
Handler = TypeVar("Handler", bound=Callable[..., Any])
TYPES = {
    ".csv": "text/csv; charset=utf-8",
    ".parquet": "application/vnd.apache.parquet",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".json": "application/json",
    ".txt": "text/plain; charset=utf-8",
    ".zip": "application/zip",
    ".png": "image/png",
    ".pdf": "application/pdf",
}
# A model's own SVG or HTML is never a page of this server: it could act with a person's rights.
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": policies.CONTENTS,
    "Cache-Control": policies.PRIVATE,
}
# shown inside our page: its scripts run in a frame without our origin, our cookies and any connection
FRAMED = {**HEADERS, "Content-Security-Policy": policies.FRAMED, "X-Frame-Options": "SAMEORIGIN"}


def download(path: str, summary: str, operation: str) -> Callable[[Handler], Handler]:
    """A route for GET and, unlisted, HEAD (clients ask for the size before they fetch a range)."""

    def decorate(handler: Handler) -> Handler:
        router.get(path, summary=summary, operation_id=operation, response_class=FileResponse)(handler)
        router.head(path, include_in_schema=False)(handler)
        return handler

    return decorate


@download("/files/runs/{run}", "Everything of a run as ZIP", "run_zip")
async def run_zip(engine: TheEngine, actor: Acting, run: str) -> FileResponse:
    """Tables (CSV), figures, files, the log, and run.json: how it came about."""
    return await send(files.run_archive(engine, actor, run))


@download("/files/runs/{run}/{name}", "An output of a run", "run_output")
@download("/api/v1/runs/{run}/outputs/{name}/download", "An output of a run", "run_output_download")
async def run_output(
    engine: TheEngine, actor: Acting, run: str, name: str, form: Format = "original", inline: bool = False
) -> FileResponse:
    """A table as csv, xlsx or parquet (its stored form); a figure or file as it was produced."""
    return await send(files.output_file(engine, actor, run, name, form), inline=inline)


@download("/files/datasets/{name}", "A dataset", "dataset_file")
@download("/api/v1/datasets/{name}/download", "A dataset", "dataset_download")
async def dataset(
    engine: TheEngine, actor: Acting, name: str, version: Version = None, form: Format = "parquet"
) -> FileResponse:
    """As csv, xlsx or parquet (its stored form)."""
    return await send(files.dataset_file(engine, actor, name, version, form))


async def send(context: Any, *, inline: bool = False) -> FileResponse:
    """Make the file in a thread, stream it, and remove afterwards what was made."""
    kept = await to_thread.run_sync(files.Kept, context)
    ending = "." + kept.file.name.rsplit(".", 1)[-1].lower()
    framed = inline and ending in (".html", ".htm")
    return FileResponse(
        kept.file.path,
        filename=kept.file.name,
        media_type=TYPES.get(ending),
        headers=FRAMED if framed else HEADERS,
        content_disposition_type="inline" if inline else "attachment",
        background=BackgroundTask(kept.close),
    )
