"""Uploads in parts. PUT a part at the offset where the upload stands; after a broken line ask and go on."""

from __future__ import annotations

from typing import Annotated, Any

from anyio import to_thread
from fastapi import APIRouter, Query, Request
from starlette.requests import ClientDisconnect

from app.api import shapes
from app.api.acting import Acting, TheEngine
from app.api.plain import plain
from app.uploads import Upload, Uploads
from engine.access import DATASET_WRITE, Actor, require
from engine.engine import Engine

router = APIRouter(tags=["uploads"])
BUFFER = 1 << 20
PART_BYTES = 8 << 20


def uploads_of(engine: Engine) -> Uploads:
    """The one object that knows this engine's uploads."""
    return engine.__dict__.setdefault("_uploads", Uploads(engine.settings))


@router.post("/uploads", status_code=201, summary="Begin an upload")
def begin(engine: TheEngine, actor: Acting, request: shapes.UploadRequest) -> shapes.UploadOut:
    """Then send parts (8 MB are a good size) with PUT, and finish. For who may add data or run a model."""
    require(engine.authorizer, actor, DATASET_WRITE, None, engine.auditor)
    return shapes.UploadOut.model_validate(uploads_of(engine).begin(actor, request.name, request.bytes))


@router.get("/uploads/{upload}", summary="How far an upload is")
def get_upload(engine: TheEngine, actor: Acting, upload: str) -> shapes.UploadOut:
    """``offset`` is where to go on."""
    return shapes.UploadOut.model_validate(uploads_of(engine).get(actor, upload))


@router.delete("/uploads/{upload}", status_code=204, summary="Give an upload up")
def delete_upload(engine: TheEngine, actor: Acting, upload: str) -> None:
    """What came so far is deleted."""
    uploads_of(engine).remove(uploads_of(engine).get(actor, upload))


@router.put(
    "/uploads/{upload}",
    summary="Send a part",
    openapi_extra={"requestBody": {"content": {"application/octet-stream": {}}, "required": True}},
)
async def put_part(
    engine: TheEngine,
    actor: Acting,
    upload: str,
    request: Request,
    offset: Annotated[int, Query(ge=0, description="Byte at which this part begins.")],
) -> shapes.UploadOut:
    """The body is the bytes. What arrived before a broken line is kept."""
    uploads = uploads_of(engine)
    claimed = await to_thread.run_sync(uploads.claim, actor, upload, offset)
    try:
        await receive(uploads, claimed, request)
    finally:
        uploads.release(claimed)
    return shapes.UploadOut.model_validate(await to_thread.run_sync(uploads.get, actor, upload))


@router.post("/uploads/{upload}/finish", summary="Finish an upload")
def finish(
    engine: TheEngine, actor: Acting, upload: str, request: shapes.FinishRequest
) -> shapes.FileOut | dict[str, Any]:
    """With ``dataset`` the file becomes that dataset's next version; without, the value of a file field."""
    uploads = uploads_of(engine)
    found = uploads.get(actor, upload)
    uploads.complete(found, request.hash)
    if request.dataset:
        version = ingest(engine, actor, found, request.dataset, request)
        uploads.remove(found)
        return plain(version)
    made = engine.runs.add_file(actor, found.path, found.name)
    uploads.remove(found)
    return shapes.FileOut(**made)


async def receive(uploads: Uploads, upload: Upload, request: Request) -> None:
    """Write the request's body, a megabyte at a time, in a thread."""
    buffer = bytearray()
    try:
        async for chunk in request.stream():
            buffer += chunk
            if len(buffer) >= BUFFER:
                data, buffer = bytes(buffer), bytearray()
                await to_thread.run_sync(uploads.write, upload, data)
    except ClientDisconnect:
        if buffer:
            await to_thread.run_sync(uploads.write, upload, bytes(buffer))
        raise
    if buffer:
        await to_thread.run_sync(uploads.write, upload, bytes(buffer))


def ingest(engine: Engine, actor: Actor, upload: Upload, dataset: str, about: shapes.FinishRequest) -> Any:
    """Make an upload's file a dataset version; errors name the file as the person does."""
    return engine.datasets.ingest(
        actor,
        dataset,
        upload.path,
        title=about.title,
        department=about.department,
        source=about.source,
        licence=about.licence,
        file_name=upload.name,
    )
