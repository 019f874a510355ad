"""The REST API: ``/api/v1`` (FastAPI, OpenAPI) and ``/files`` (streamed downloads)."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI

from app.api import (
    audit,
    datasets,
    errors,
    events,
    feeds,
    files,
    health,
    models,
    notices,
    parameter_files,
    predict,
    query,
    runs,
    secrets,
    sets,
    sets_review,
    shapes,
    sheets,
    tokens,
    uploads,
)
from app.api.envelope import Envelope

PREFIX = "/api/v1"
SUMMARY = "Run a company's models, follow the runs and fetch the results."
DESCRIPTION = """\
Every failure has one shape: `{"error": {"code", "message", "problems": [{"where", "message", "value", "rule"}]}}`.
`code` is stable; `message` is a sentence for a person that says what to do. Each answer carries `X-Request-ID`
(the caller's own, where given): name it when you report a problem.
"""
FAILURES: dict[int | str, dict[str, Any]] = {
    "4XX": {"model": shapes.Failure, "description": "What is wrong, in words a person can act on."},
    "5XX": {"model": shapes.Failure, "description": "Something is not available, or failed inside."},
}

OPEN = {f"{PREFIX}/health", f"{PREFIX}/health/live", f"{PREFIX}/health/ready"}


def create_api() -> FastAPI:
    """Make the API application. It asks ``app.state`` for the engine at each request."""
    api = FastAPI(
        title="Quarterdeck",
        version="1",
        summary=SUMMARY,
        description=DESCRIPTION,
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        responses=FAILURES,
        generate_unique_id_function=lambda route: route.name,
    )
    errors.install(api)
    for part in (
        models,
        sets,
        sets_review,
        parameter_files,
        sheets,
        feeds,
        predict,
        runs,
        query,
        datasets,
        uploads,
        events,
        tokens,
        audit,
        secrets,
        notices,
        health,
    ):
        api.include_router(part.router, prefix=PREFIX)
    api.include_router(files.router)
    api.include_router(audit.downloads)
    api.add_middleware(Envelope)
    describe = api.openapi
    api.openapi = lambda: _with_tokens(describe())  # type: ignore[method-assign]
    return api


def _with_tokens(description: dict[str, Any]) -> dict[str, Any]:
    """The description with the way to sign in: an API token, for all but what tells whether the server lives."""
    scheme = {"type": "http", "scheme": "bearer", "description": "An API token (qd_…)."}
    description["components"]["securitySchemes"] = {"token": scheme}
    for path, methods in description["paths"].items():
        for operation in methods.values():
            operation["security"] = [] if path in OPEN else [{"token": []}]
    return description
