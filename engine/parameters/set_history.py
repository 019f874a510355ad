"""The last values of each field: what a sparkline draws, and the age and source of a value."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from sqlalchemy import Connection, select

from engine.parameters import set_queries
from engine.parameters.equality import MISSING, same
from engine.parameters.set_records import Past
from engine.store.tables_parameters import VERSION


def history(
    connection: Connection, set_id: str, place: str, field: str | None, most: int
) -> dict[str, list[Past]]:
    """Per field the last ``most`` values of approved versions at a place, the oldest first.

    In the order in which they held; a value that did not change is one value. Only versions that changed a field
    are read: a set of many versions with a long table costs what its changes cost.
    """
    query = (
        select(
            VERSION.c.number, VERSION.c.changed_json, VERSION.c.sources_json, VERSION.c.author,
            VERSION.c.effective_from, VERSION.c.approved_at,
        )
        .where(VERSION.c.set_id == set_id, VERSION.c.place == place, VERSION.c.approved_at.is_not(None))
        .order_by(VERSION.c.effective_from.desc(), VERSION.c.approved_at.desc(), VERSION.c.number.desc())
    )  # fmt: skip
    rows: dict[str, list[Any]] = {}
    for row in connection.execute(query):
        for name in json.loads(row.changed_json):
            if field in (None, name) and len(rows.setdefault(name, [])) < most:
                rows[name].append(row)
    used = {row.number: row for those in rows.values() for row in those}
    values = set_queries.values_of(connection, set_id, used)
    sources = {number: json.loads(row.sources_json) for number, row in used.items()}
    return {name: _past(name, those, values, sources) for name, those in rows.items()}


def _past(
    name: str, rows: list[Any], values: dict[int, dict[str, Any]], sources: dict[int, dict[str, str]]
) -> list[Past]:
    found: list[Past] = []
    before: Any = MISSING
    for row in reversed(rows):
        value = values[row.number].get(name, MISSING)
        if value is not MISSING and not same(value, before):
            source = sources[row.number].get(name, "typed")
            begun = date.fromisoformat(row.effective_from)
            found.append(Past(row.number, value, begun, row.approved_at, row.author, source))
        before = value
    return found
