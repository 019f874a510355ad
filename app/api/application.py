"""The REST API: ``/api/v1`` (FastAPI, OpenAPI) and ``/files`` (streamed downloads)."""

from __future__ import annotations

from fastapi import FastAPI

from app.api import errors, health

PREFIX = "/api/v1"


def create_api() -> FastAPI:
    """Make the API application. It asks ``app.state`` for the engine at each request."""
    api = FastAPI(
        title="Quarterdeck",
        version="1",
        summary="Run a company's models, follow the runs and fetch the results.",
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    errors.install(api)
    api.include_router(health.router, prefix=PREFIX)
    return api
