"""People for tests, signed in without passwords: rows written as sign-in would write them.

Argon2 takes 0.1 s on purpose; only the tests of sign-in itself pay that.
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlmodel import select

from app.signin.cookies import SESSION
from auth.token_shape import digest
from engine.access import EVERYWHERE, SYSTEM
from engine.store.base import utc_now
from engine.store.tables_access import AccountRow, DepartmentRow, GrantRow, SessionRow

if TYPE_CHECKING:
    from auth.service import Auth
    from engine.engine import Engine
    from engine.store.database import Database

ADMIN = "test-admin"
PASSWORD = "walnut fjord treacle"  # of people whose tests type one


def person(
    part: Auth | Engine,
    name: str = ADMIN,
    *roles: str,
    password: str | None = None,
    must_change: bool = False,
    title: str = "",
    email: str = "",
) -> str:
    """Id of an account of that name, made with these roles (``analyst@Marketing``; ``administrator@``) if new.

    Without roles: an administrator everywhere. ``password`` costs a tenth of a second.
    """
    from auth import passwords

    hashed = passwords.hashed(password) if password else None
    with _database(part).change(SYSTEM) as change:
        session = change.session
        row = session.exec(select(AccountRow).where(AccountRow.name == name)).first()
        if row is not None:
            return row.id
        row = AccountRow(
            name=name,
            title=title or name.replace("-", " ").title(),
            email=email,
            password_hash=hashed,
            password_at=utc_now() if hashed else None,
            must_change=must_change,
        )
        session.add(row)
        session.flush()
        for text in roles or ("administrator@",):
            role, _, department = text.partition("@")
            if department != EVERYWHERE and session.get(DepartmentRow, department) is None:
                session.add(DepartmentRow(name=department))
            session.add(GrantRow(account=row.id, role=role, department=department))
        return row.id


def cookie(part: Auth | Engine, account: str = "", *, stage: str = "full", hours: float = 12.0) -> str:
    """The value of a session's cookie for an account (an administrator without one)."""
    account = account or person(part)
    token = secrets.token_urlsafe(32)
    with _database(part).change(SYSTEM) as change:
        change.session.add(
            SessionRow(
                token_hash=digest(token),
                account=account,
                stage=stage,
                expires_at=utc_now() + timedelta(hours=hours),
            )
        )
    return token


def cookies(part: Auth | Engine, account: str = "") -> dict[str, str]:
    """Cookies of a signed-in browser, for a client of the API."""
    return {SESSION: cookie(part, account)}


def header(part: Auth | Engine, account: str = "") -> dict[str, str]:
    """The same as a header, for clients without a jar of cookies."""
    return {"Cookie": f"{SESSION}={cookie(part, account)}"}


def header_for(data_folder: Path) -> dict[str, str]:
    """The same for a server that runs on this data folder in another process."""
    return {"Cookie": f"{SESSION}={cookie_for(data_folder)}"}


def cookie_for(data_folder: Path, name: str = ADMIN, *roles: str) -> str:
    """Cookie of a person (made if new) for a server that runs on this data folder in another process."""
    from engine.settings import Settings
    from engine.store.database import Database

    database = Database(Settings(data_folder=data_folder).database_address)
    try:
        only = _Only(database)
        return cookie(only, person(only, name, *roles))  # type: ignore[arg-type]
    finally:
        database.close()


class _Only:
    """As much of an engine as the functions above use."""

    def __init__(self, database: Database) -> None:
        self.database = database


def _database(part: Auth | Engine | _Only) -> Database:
    engine: Any = getattr(part, "engine", part)
    found: Database = engine.database
    return found
