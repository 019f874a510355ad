"""All tables of all areas in one place: what migrations and retention look at."""

from __future__ import annotations

import importlib
import importlib.util

from sqlalchemy import MetaData
from sqlmodel import SQLModel

AREAS = (
    "engine.store.database",
    "engine.store.tables_runs",
    "engine.store.tables_catalog",
    "engine.store.tables_data",
    "engine.store.tables_access",
    "engine.store.tables_audit",
    "engine.store.tables_notify",
    "engine.store.tables_parameters",
    "engine.store.tables_feeds",
    "engine.store.tables_layouts",
)


def metadata() -> MetaData:
    """The metadata with every area's tables loaded."""
    for area in AREAS:
        if importlib.util.find_spec(area):
            importlib.import_module(area)
    return SQLModel.metadata
