"""Checks of registered versions, kept: when the golden cases last passed, and what they said."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING

from sqlmodel import col, select

from engine.access import Actor
from engine.catalog.records import CheckReport, CheckStep, LoadedVersion, VersionCheck
from engine.events import ModelChecked
from engine.store.tables_catalog import ModelCheckRow

if TYPE_CHECKING:
    from engine.engine import Engine


def keep(
    engine: Engine, actor: Actor, version: LoadedVersion, report: CheckReport, department: str | None
) -> None:
    """Store a report beside its version, with the event, in one transaction."""
    steps = json.dumps(report.as_json()["steps"], ensure_ascii=False)
    with engine.database.change(actor) as change:
        change.session.add(
            ModelCheckRow(version_id=version.id, checked_by=actor.id, ok=report.ok, steps=steps)
        )
        change.emit(
            ModelChecked(model=version.model, version=version.number, ok=report.ok), department=department
        )


def newest(engine: Engine, version_id: str) -> VersionCheck | None:
    """The last check of a version; None when it was never checked here."""
    with engine.database.read() as session:
        wanted = select(ModelCheckRow).where(ModelCheckRow.version_id == version_id)
        row = session.exec(wanted.order_by(col(ModelCheckRow.id).desc()).limit(1)).first()
    if row is None:
        return None
    at: datetime = row.at
    return VersionCheck(at, row.checked_by, row.ok, [CheckStep(**step) for step in json.loads(row.steps)])
