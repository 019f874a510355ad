"""SQL over datasets, and which of their columns hold personal data."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any, Literal

from fastapi import APIRouter
from pydantic import Field
from starlette.background import BackgroundTask
from starlette.responses import FileResponse, Response

from app.api import files, shapes
from app.api.acting import Acting, TheEngine
from app.api.plain import plain

router = APIRouter(tags=["datasets"])


class QueryRequest(shapes.Shape):
    """One SELECT over datasets."""

    sql: str = Field(description="One SELECT. Tables are called like the datasets, with _ for each -.")
    datasets: list[str] = Field(description="Datasets that it reads: sales, or sales@3 for its version 3.")
    limit: int = Field(1000, ge=1, le=10_000, description="Rows in a JSON answer.")
    format: Literal["json", "csv", "xlsx", "parquet"] = Field(
        "json", description="Else a file with all rows."
    )


class QueryOut(shapes.TableOut):
    """The first rows of the result; ``cut``: there are more than the server's limit."""

    cut: bool
    seconds: float
    notices: list[str]


class ClassesRequest(shapes.Shape):
    """Column → personal, sensitive or none."""

    classes: dict[str, str]
    reason: str = ""


@router.post("/query", summary="Run SQL over datasets", response_model=QueryOut)
def query(engine: TheEngine, actor: Acting, request: QueryRequest) -> Response | QueryOut:
    """Reads the named datasets with the caller's rights and nothing else; limited in time, memory and rows."""
    if request.format != "json":
        return _file(engine, actor, request)
    found = engine.datasets.query(actor, request.sql, request.datasets, limit=request.limit)
    return QueryOut(
        columns=[column.as_json() for column in found.page.columns],
        rows=[[plain(cell) for cell in row] for row in found.page.rows],
        total=found.rows,
        offset=0,
        cut=found.cut,
        seconds=found.seconds,
        notices=list(found.notices),
    )


def _file(engine: Any, actor: Any, request: QueryRequest) -> FileResponse:
    from engine.data.exports import export
    from engine.data.jobs import scratch_folder

    folder = tempfile.TemporaryDirectory(prefix="download-", dir=scratch_folder(engine.settings.data))
    try:
        made = Path(folder.name) / "result.parquet"
        engine.datasets.query(actor, request.sql, request.datasets, limit=1, target=made)
        target = export(made, Path(folder.name) / "contents", request.format, engine=engine)
    except BaseException:
        folder.cleanup()
        raise
    return FileResponse(
        target,
        filename=f"query.{request.format}",
        media_type=files.TYPES[f".{request.format}"],
        headers=files.HEADERS,
        background=BackgroundTask(folder.cleanup),
    )


@router.get("/datasets/{name}/classes", summary="Which columns of a dataset hold personal data")
def get_classes(engine: TheEngine, actor: Acting, name: str) -> shapes.Listing[dict[str, Any]]:
    """Each column with its class, and what it looks like where nobody has said yet."""
    found = [plain(column) for column in engine.datasets.classes(actor, name)]
    return shapes.Listing(items=found, total=len(found))


@router.put("/datasets/{name}/classes", summary="Say which columns hold personal data")
def put_classes(
    engine: TheEngine, actor: Acting, name: str, request: ClassesRequest
) -> shapes.Listing[dict[str, Any]]:
    """Holds for all versions. Masked at once for those who may not see personal data."""
    made = engine.datasets.classify(actor, name, request.classes, reason=request.reason)
    found = [plain(column) for column in made]
    return shapes.Listing(items=found, total=len(found))
