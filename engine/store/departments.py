"""Departments as the tables name them: renaming moves every row, and the old name leads to the new one."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update
from sqlmodel import SQLModel

from engine.store.base import utc_now
from engine.store.metadata import metadata

# the audit log tells what was; a rename never rewrites it
UNTOUCHED = frozenset({"audit"})
RENAMES = "department-renames"  # option: old name → new name


def current(connection: Connection, name: str | None) -> str | None:
    """The name that a department has now, for the name in a manifest (which is never rewritten)."""
    return _renames(connection).get(name, name) if name else name


def ensure(connection: Connection, name: str | None) -> None:
    """Have a department in the list that a registered model names."""
    table = metadata().tables["department"]
    if name and connection.execute(select(table).where(table.c.name == name)).first() is None:
        connection.execute(insert(table).values(name=name, created_at=utc_now()))


def rename(connection: Connection, old: str, new: str) -> int:
    """Move everything that names a department; returns how many rows it were."""
    moved = 0
    for table in metadata().sorted_tables:
        if "department" in table.columns and table.name not in UNTOUCHED:
            column = table.c.department
            moved += connection.execute(update(table).where(column == old).values(department=new)).rowcount
    share = metadata().tables["share"]
    holders = update(share).where(share.c.holder == f"department:{old}")
    moved += connection.execute(holders.values(holder=f"department:{new}")).rowcount
    moved += _rename_in_tokens(connection, old, new) + _rename_in_options(connection, old, new)
    names = metadata().tables["department"]
    connection.execute(update(names).where(names.c.name == old).values(name=new))
    renames = {was: new if now == old else now for was, now in _renames(connection).items()} | {old: new}
    renames.pop(new, None)  # the name is in use again
    _keep(connection, renames)
    return moved


def in_use_again(connection: Connection, name: str) -> None:
    """A department is added under a name that another one had: from now on it means the new one."""
    renames = _renames(connection)
    if renames.pop(name, None) is not None:
        _keep(connection, renames)


def _rename_in_tokens(connection: Connection, old: str, new: str) -> int:
    table = metadata().tables["api_token"]
    moved = 0
    for row in connection.execute(select(table.c.id, table.c.departments)).all():
        departments = json.loads(row.departments)
        if old in departments:
            text = json.dumps([new if name == old else name for name in departments])
            moved += connection.execute(
                update(table).where(table.c.id == row.id).values(departments=text)
            ).rowcount
    return moved


def _rename_in_options(connection: Connection, old: str, new: str) -> int:
    """Options that administrators set may name departments (groups of the identity provider stand for roles there)."""
    table, moved = metadata().tables["option"], 0
    for row in connection.execute(select(table.c.name, table.c.value).where(table.c.name != RENAMES)).all():
        value = json.loads(row.value)
        if _renamed(value, old, new):
            text = json.dumps(value, sort_keys=True, ensure_ascii=False)
            moved += connection.execute(
                update(table).where(table.c.name == row.name).values(value=text)
            ).rowcount
    return moved


def _renamed(value: Any, old: str, new: str) -> bool:
    """Change every ``department`` inside of a JSON value; did any change?"""
    if isinstance(value, list):
        return any(_renamed(one, old, new) for one in value)
    if not isinstance(value, dict):
        return False
    mine = value.get("department") == old
    if mine:
        value["department"] = new
    return any([mine, *(_renamed(one, old, new) for one in value.values())])


def _renames(connection: Connection) -> dict[str, str]:
    table = SQLModel.metadata.tables.get("option")
    if table is None:
        table = metadata().tables["option"]
    text = connection.execute(select(table.c.value).where(table.c.name == RENAMES)).scalar()
    return dict(json.loads(text)) if text else {}


def _keep(connection: Connection, renames: dict[str, str]) -> None:
    table = metadata().tables["option"]
    connection.execute(delete(table).where(table.c.name == RENAMES))
    value = json.dumps(renames, sort_keys=True, ensure_ascii=False)
    row = {"name": RENAMES, "value": value, "changed_by": "", "changed_at": utc_now()}
    connection.execute(insert(table).values(**row))
