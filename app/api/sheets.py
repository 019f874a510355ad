"""Parameter sets as XLSX: download, look at an edited file, store what it changes."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path
from typing import Annotated, Any

from anyio import to_thread
from fastapi import APIRouter, Query, Request
from starlette.responses import FileResponse

from app import files
from app.api.acting import Acting, TheEngine
from app.api.files import download, send
from app.api.sets_shapes import VersionOut
from app.api.sheets_shapes import SheetPreviewOut
from engine.data.jobs import scratch_folder
from engine.engine import Engine
from engine.errors import Invalid, Problem
from engine.parameters.merging import SIDES

router = APIRouter(tags=["parameter sets"], prefix="/models/{name}/sets/{set}")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
BODY: dict[str, Any] = {"requestBody": {"content": {XLSX: {}}, "required": True}}
AtPlace = Annotated[str, Query(max_length=200, description="For instance DE/S001; empty: the company.")]
FileName = Annotated[str, Query(max_length=200, description="The file's name, kept as the values' source.")]


@download("/api/v1/models/{name}/sets/{set}/xlsx", "A parameter set as XLSX", "set_xlsx")
async def set_xlsx(
    engine: TheEngine,
    actor: Acting,
    name: str,
    set: str,
    place: AtPlace = "",
    version: Annotated[int | None, Query(ge=1, le=2**31 - 1, description="The newest, if left out.")] = None,
    beside: Annotated[
        list[str] | None, Query(max_length=5, description="Versions to compare with: `name@3`, `name:DE`.")
    ] = None,
) -> FileResponse:
    """With drop-downs, bounds, units and locked cells; each table on a sheet of its own."""
    return await send(files.set_workbook(engine, actor, name, set, place, version, beside or ()))


@router.post("/xlsx", summary="What an edited workbook would change", openapi_extra=BODY)
async def preview_set_xlsx(
    engine: TheEngine,
    actor: Acting,
    name: str,
    set: str,
    request: Request,
    file: FileName = "upload.xlsx",
    place: AtPlace = "",
) -> SheetPreviewOut:
    """The body is the file. Nothing is stored. `place` counts only where the file does not name one."""
    async with _body(engine, request, file) as path:
        found = await to_thread.run_sync(engine.sheets.preview, actor, name, set, path, file, place)
        return SheetPreviewOut.model_validate(found)


@router.post(
    "/xlsx/versions", status_code=201, summary="Submit an edited workbook as a version", openapi_extra=BODY
)
async def submit_set_xlsx(
    engine: TheEngine,
    actor: Acting,
    name: str,
    set: str,
    request: Request,
    file: FileName = "upload.xlsx",
    place: AtPlace = "",
    reason: Annotated[str, Query(max_length=2000)] = "",
    effective_from: Annotated[date | None, Query(description="The day from which it holds; today.")] = None,
    review: Annotated[bool, Query(description="Have it reviewed in any case.")] = False,
    choose: Annotated[
        list[str] | None,
        Query(max_length=1000, description="`field=yours` or `field=theirs`, for what both sides changed."),
    ] = None,
) -> VersionOut:
    """What others stored since the download stays; 409 `changed-meanwhile` where both changed one field."""
    decided = _chosen(choose or [])
    async with _body(engine, request, file) as path:

        def store() -> Any:
            return engine.sheets.submit(
                actor,
                name,
                set,
                path,
                file,
                reason=reason,
                place=place,
                effective_from=effective_from,
                review=review,
                choose=decided,
            )

        return VersionOut.model_validate(await to_thread.run_sync(store))


def _chosen(texts: list[str]) -> dict[str, str]:
    pairs = [text.rpartition("=") for text in texts]
    wrong = next((text for text, (_, _, side) in zip(texts, pairs, strict=True) if side not in SIDES), None)
    if wrong is not None:
        sentence = (
            f"“{wrong[:80]}”: write field=yours for the file's value, or field=theirs for the stored one."
        )
        raise Invalid("the request", [Problem("choose", sentence, wrong[:80], "field=yours or field=theirs")])
    return {field: side for field, _, side in pairs}


@asynccontextmanager
async def _body(engine: Engine, request: Request, name: str) -> AsyncIterator[Path]:
    """The request's body in a file, no larger than a workbook may be."""
    from engine.parameters.spreadsheet.workbook import MOST_FILE_BYTES, refuse_size

    with tempfile.TemporaryDirectory(prefix="sheet-", dir=scratch_folder(engine.settings.data)) as folder:
        path, size = Path(folder) / "upload.xlsx", 0
        with path.open("wb") as file:
            async for chunk in request.stream():
                size += len(chunk)
                if size > MOST_FILE_BYTES:
                    refuse_size(name, size)
                await to_thread.run_sync(file.write, chunk)
        yield path
