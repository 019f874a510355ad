"""What is shown of a stored secret, and the rules for its name, its value and whom it is for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, or_
from sqlmodel import col

from engine.access import Scope
from engine.errors import Invalid, NotFound, Problem
from engine.store.tables_access import SecretRow

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}", re.ASCII)  # as a field's value spells it
LONGEST = 65536  # bytes: a certificate with its key fits
SHORTEST = 4  # characters: a shorter value could not be hidden in what models print
OWN = "quarterdeck."  # names of the server's own secrets: neither listed nor given to models


@dataclass(frozen=True)
class SecretInfo:
    """What is shown of a secret. ``department`` None: of the whole company. ``lost``: must be set again."""

    name: str
    department: str | None
    description: str
    created_at: datetime
    changed_at: datetime
    changed_by: str
    key_id: str
    lost: bool = False


def info(row: SecretRow) -> SecretInfo:
    """What is shown of a row."""
    return SecretInfo(
        row.name,
        row.department,
        row.description,
        row.created_at,
        row.changed_at,
        row.changed_by,
        row.key_id,
        not row.sealed,
    )


def lost(row: SecretRow) -> NotFound:
    """The error for a secret whose value went with a master key."""
    return NotFound("value of the secret", row.name, "It was lost with a master key: set it again.")


def check_department(row: SecretRow, department: str | None) -> None:
    """A secret goes to models of its own department, a company-wide one to all. Raises NotFound."""
    if row.department not in (None, department):
        raise NotFound("secret", row.name, f"One of that name is of {row.department}; this model is not.")


def audited(row: SecretRow) -> dict[str, str | None]:
    """What the audit log holds of it."""
    return {"department": row.department, "description": row.description}


def within(scope: Scope) -> ColumnElement[bool] | None:
    """The scope as a condition; None: no limit."""
    if scope.departments is None:
        return None
    parts = [col(SecretRow.department).in_(scope.departments), col(SecretRow.name).in_(scope.objects)]
    if scope.unassigned:
        parts.append(col(SecretRow.department).is_(None))
    return or_(*parts)


def check(name: str, value: str, *, own: bool = False) -> None:
    """Raise Invalid for a name or a value that cannot be; ``own``: the server's own secrets."""
    problems = []
    if not NAME.fullmatch(name) or (name.startswith(OWN) and not own):
        problems.append(
            Problem(
                "name",
                f"“{name}” cannot be the name of a secret: up to 100 letters, digits, dots, dashes and "
                f"underscores, beginning with a letter or digit, not with “{OWN}”.",
                name,
            )
        )
    if len(value) < SHORTEST or len(value.encode()) > LONGEST:
        problems.append(
            Problem(
                "value",
                f"The value must have at least {SHORTEST} characters (a shorter one could not be hidden in what "
                f"models print) and at most {LONGEST // 1024} KB.",
            )
        )
    if problems:
        raise Invalid("the secret", problems)
