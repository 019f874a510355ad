"""Models: what there is, its versions, its fields, and the real-time call."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query

from app.api import schema, shapes
from app.api.acting import Acting, TheEngine
from app.api.plain import plain

router = APIRouter(tags=["models"])
Version = Annotated[str, Query(description="A version number or an alias, for instance live.")]


@router.get("/models", summary="List the models")
def list_models(
    engine: TheEngine,
    actor: Acting,
    search: Annotated[str, Query(description="Words in name, title, summary or tags.")] = "",
    department: str | None = None,
) -> shapes.Listing[dict[str, Any]]:
    """Every model that the caller may see: name, title, department, language, summary, live version."""
    cards = [plain(card) for card in engine.catalog.list(actor, search=search, department=department)]
    return shapes.Listing(items=cards, total=len(cards))


@router.get("/models/{name}", summary="One model")
def get_model(engine: TheEngine, actor: Acting, name: str) -> dict[str, Any]:
    """The model's card, versions, history of aliases and README."""
    page: dict[str, Any] = plain(engine.catalog.get(actor, name))
    return page


@router.get("/models/{name}/versions", summary="A model's versions")
def list_versions(engine: TheEngine, actor: Acting, name: str) -> shapes.Listing[dict[str, Any]]:
    """All versions, as the catalog lists them."""
    versions = [plain(version) for version in engine.catalog.get(actor, name).versions]
    return shapes.Listing(items=versions, total=len(versions))


@router.get("/models/{name}/versions/{version}", summary="One version with its manifest")
def get_version(engine: TheEngine, actor: Acting, name: str, version: str) -> dict[str, Any]:
    """The version's number, environment and whole manifest. ``version`` is a number or an alias."""
    loaded = engine.catalog.version(actor, name, reference(version))
    return {
        "id": loaded.id,
        "model": loaded.model,
        "number": loaded.number,
        "language": loaded.language,
        "environment_id": loaded.environment_id,
        "manifest": plain(loaded.manifest),
    }


@router.get("/models/{name}/fields", summary="A model's fields as JSON Schema (2020-12)")
def get_fields(engine: TheEngine, actor: Acting, name: str, version: Version = "live") -> dict[str, Any]:
    """A schema of ``values`` for runs and real-time calls; inputs and rules are given beside it."""
    loaded = engine.catalog.version(actor, name, reference(version))
    manifest = loaded.manifest
    described = schema.of_fields(loaded.model, loaded.number, manifest.fields)
    described["x-inputs"] = plain(manifest.inputs)
    described["x-outputs"] = plain(manifest.outputs)
    described["x-rules"] = plain(manifest.rules)
    return described


def reference(version: int | str) -> int | str:
    """``3`` and ``"3"`` are the version number, anything else is an alias."""
    return int(version) if isinstance(version, str) and version.isascii() and version.isdigit() else version
