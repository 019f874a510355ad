"""Showing an earlier result instead of running again: only where nothing that matters differs.

Version, values, data, seed and environment must be equal, the run seeded or the model declared
deterministic, the outputs still kept, and the person allowed to read the earlier run.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select

from engine.access import RUN_READ, Actor
from engine.runs import reading, states
from engine.runs.records import canonical
from engine.runs.submission import Checked
from engine.store.base import utc_now
from engine.store.database import Change
from engine.store.references import refer
from engine.store.tables_runs import BLOB_REFERENCE, RUN, RUN_OUTPUT

if TYPE_CHECKING:
    from engine.engine import Engine


def reuse_key(checked: Checked) -> str | None:
    """Equal for requests that must give equal results; None when results may differ each time."""
    version = checked.version
    if checked.seed is None and not version.manifest.model.deterministic:
        return None
    same = {
        "version": version.id,
        "environment": version.environment_id,
        "values": checked.values,
        "inputs": {use.name: use.content_hash for use in checked.inputs},
        "seed": checked.seed,
    }
    if checked.secrets:
        same["secrets"] = checked.secrets
    return hashlib.blake2b(canonical(same).encode(), digest_size=20).hexdigest()


def earlier(engine: Engine, actor: Actor, key: str) -> Any | None:
    """The newest run with this key whose outputs this person may read, or None."""
    query = (
        select(RUN)
        .where(
            RUN.c.reuse_key == key,
            RUN.c.state == states.SUCCEEDED,
            RUN.c.reused_from.is_(None),
            RUN.c.expired_at.is_(None),
        )
        .order_by(RUN.c.id.desc())
        .limit(10)
    )
    with engine.database.look() as connection:
        rows = list(connection.execute(query))
        known = reading.resources(connection, [row.id for row in rows])
    for row in rows:
        if engine.authorizer.decide(actor, RUN_READ, known[row.id]).allowed:
            return row
    return None


def reused(row: dict[str, Any], found: Any) -> dict[str, Any]:
    """The new run's columns when an earlier result is shown."""
    now = utc_now()
    return row | {
        "state": states.SUCCEEDED,
        "reused_from": found.id,
        "started_at": now,
        "finished_at": now,
        "progress": 1.0,
        "warnings": found.warnings,
        "environment": found.environment,
        "result_blob": found.result_blob,
        "retain_until": found.retain_until,
    }


def copy_outputs(change: Change, run_id: str, source: str) -> bool:
    """Give the new run the same outputs; False when the earlier ones have just been removed."""
    connection = change.connection
    still = select(RUN.c.id).where(RUN.c.id == source, RUN.c.expired_at.is_(None))
    if connection.execute(still).one_or_none() is None:
        return False
    rows = connection.execute(select(RUN_OUTPUT).where(RUN_OUTPUT.c.run_id == source)).mappings()
    copies = [dict(row) | {"run_id": run_id} for row in rows]
    if copies:
        connection.execute(insert(RUN_OUTPUT), copies)
    kept = select(BLOB_REFERENCE.c.blob).where(
        BLOB_REFERENCE.c.kind == "run-output", BLOB_REFERENCE.c.owner == source
    )
    refer(change.connection, "run-output", run_id, [r.blob for r in connection.execute(kept)])
    return True
