"""Parameter text files: what one says, importing it into a set, and a set in the file that it came from."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from anyio import to_thread
from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import FileResponse

from app import files
from app.api import shapes
from app.api.acting import Acting, TheEngine
from app.api.files import download, send
from app.api.parameter_files_shapes import FilePreviewOut, LayoutOut, StoredOut
from engine.parameters.imports.answering import answers_from, pairs_of
from engine.parameters.imports.records import Answers, GivenFile
from engine.parameters.imports.service import NEWEST
from engine.parameters.textfiles.document import MOST_BYTES, unreadable
from engine.parameters.textfiles.encodings import too_large

router = APIRouter(tags=["parameter sets"], prefix="/models/{name}")
BODY: dict[str, Any] = {"requestBody": {"content": {"application/octet-stream": {}}, "required": True}}
FileName = Annotated[str, Query(max_length=200, description="The file's name, which also names the layout.")]
AtPlace = Annotated[str, Query(max_length=200, description="For instance DE/S001; empty: the company.")]
Word = Annotated[str, Query(max_length=100)]
Pairs = Annotated[list[str] | None, Query(max_length=1000, description="`field=…`; may be repeated.")]
Names = Annotated[list[str] | None, Query(max_length=1000, description="Fields not to take from the file.")]


async def _said(
    kind: Annotated[str, Query(max_length=20, description="key=value, ini, csv, json, yaml, toml …")] = "",
    encoding: Annotated[str, Query(max_length=20, description="Where it is guessed wrongly.")] = "",
    decimal: Annotated[str, Query(max_length=1, description="The decimal sign: `,` or `.`.")] = "",
    days: Annotated[
        str, Query(max_length=10, description="What comes first in 03/04/2026: day, month.")
    ] = "",
    zone: Annotated[str, Query(max_length=60, description="Of times that name none.")] = "",
    scale: Annotated[Pairs, Query(description="`field=points` or `field=fraction`.")] = None,
    currency: Annotated[Pairs, Query(description="`field=EUR`.")] = None,
    path: Annotated[Pairs, Query(description="`field=NAME`: what the file calls it.")] = None,
    leave_out: Names = None,
) -> Answers | None:
    """What is said about the file; None: what was said about the layout of that name holds."""
    return answers_from(
        {"kind": kind, "encoding": encoding, "decimal": decimal, "days": days, "zone": zone},
        pairs_of(scale, "scale"), pairs_of(currency, "currency"), pairs_of(path, "path"), leave_out or (),
    )  # fmt: skip


Said = Annotated[Answers | None, Depends(_said)]


async def _body(request: Request, name: str) -> GivenFile:
    """The file in the request's body. Raises Invalid as soon as it is larger than a parameter file may be."""
    announced = request.headers.get("content-length", "")
    if announced.isdigit() and int(announced) > MOST_BYTES:
        raise unreadable(name, too_large(int(announced)))
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > MOST_BYTES:
            raise unreadable(name, too_large(len(data)))
    return GivenFile(name, bytes(data))


@router.post("/parameter-files", summary="What a parameter file says", openapi_extra=BODY)
async def preview_parameter_file(
    engine: TheEngine,
    actor: Acting,
    name: str,
    request: Request,
    said: Said,
    file: FileName = "params.txt",
    set: Annotated[str, Query(max_length=80, description="Also: what importing it there would change.")] = "",
    place: AtPlace = "",
    effective_from: Annotated[date | None, Query(description="On which day; today.")] = None,
) -> FilePreviewOut:
    """The body is the file. Matched, unknown, missing, out of range, and what must be asked. Nothing is stored."""
    given = await _body(request, file)

    def look() -> FilePreviewOut:
        found = engine.parameter_files.preview(
            actor, name, given, said, name=set, place=place, effective_from=effective_from
        )
        return FilePreviewOut.model_validate(found)

    return await to_thread.run_sync(look)


@router.post(
    "/sets/{set}/imports", status_code=201, summary="Import a parameter file into a set", openapi_extra=BODY
)
async def import_parameter_file(
    engine: TheEngine,
    actor: Acting,
    name: str,
    set: str,
    request: Request,
    said: Said,
    file: FileName = "params.txt",
    reason: Annotated[str, Query(max_length=2000)] = "",
    base: Annotated[
        int | None, Query(ge=1, le=2**31 - 1, description="The version that the preview was against.")
    ] = None,
    place: AtPlace = "",
    effective_from: Annotated[date | None, Query(description="The day from which it holds; today.")] = None,
    review: Annotated[bool, Query(description="Have it reviewed in any case.")] = False,
    keep_layout: Annotated[bool, Query(description="Keep the file, to write the set back into it.")] = True,
    title: Annotated[str, Query(max_length=200, description="Where the set is new.")] = "",
) -> StoredOut:
    """The body is the file. A set that is not there is made. Where nothing differs only the layout is kept."""
    given = await _body(request, file)

    def store() -> StoredOut:
        done = engine.parameter_files.store(
            actor,
            name,
            set,
            given,
            said,
            reason=reason,
            base=NEWEST if base is None else base,
            effective_from=effective_from,
            place=place,
            review=review,
            keep_layout=keep_layout,
            title=title,
        )
        return StoredOut.model_validate(done)

    return await to_thread.run_sync(store)


@router.get("/sets/{set}/layouts", summary="The files that a set came from")
def list_layouts(engine: TheEngine, actor: Acting, name: str, set: str) -> shapes.Listing[LayoutOut]:
    """A set can be written back into each of them."""
    found = engine.parameter_files.layouts(actor, name, set)
    return shapes.Listing(items=[LayoutOut.model_validate(one) for one in found], total=len(found))


@router.delete("/sets/{set}/layouts/{layout}", status_code=204, summary="Remove a layout")
def remove_layout(
    engine: TheEngine,
    actor: Acting,
    name: str,
    set: str,
    layout: str,
    reason: Annotated[str, Query(max_length=2000)] = "",
) -> None:
    """The set's versions stay."""
    engine.parameter_files.remove_layout(actor, name, set, layout, reason=reason)


@download("/api/v1/models/{name}/sets/{set}/layouts/{layout}/file", "A set in its own file", "layout_file")
async def layout_file(
    engine: TheEngine,
    actor: Acting,
    name: str,
    set: str,
    layout: str,
    place: Annotated[str | None, Query(max_length=200, description="Whose values; the layout's own.")] = None,
    on: Annotated[date | None, Query(description="The business day; today.")] = None,
    original: Annotated[bool, Query(description="As it was imported, instead.")] = False,
) -> FileResponse:
    """The values in force (of `name@3` that version's), written into the file; the rest stays byte for byte.

    The layout `model` is the file that the model's own script reads.
    """
    return await send(files.layout_file(engine, actor, name, set, layout, place, on, original=original))


@download("/api/v1/models/{name}/sets/{set}/text", "A set in a new text file", "set_text")
async def set_text(
    engine: TheEngine,
    actor: Acting,
    name: str,
    set: str,
    kind: Annotated[
        str, Query(max_length=20, description="key=value, ini, csv, json, yaml, toml …")
    ] = "json",
    place: AtPlace = "",
    on: Annotated[date | None, Query(description="The business day; today.")] = None,
) -> FileResponse:
    """The values in force (of `name@3` that version's), for sets that came from no file."""
    return await send(files.set_text(engine, actor, name, set, kind, place, on))
