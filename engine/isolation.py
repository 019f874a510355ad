"""The sandbox rule: several people share a server only where models are confined.

With one account, its owner's models can read what its owner may read anyway. With more, a model that is not
confined could read the database, the keys and everybody's data. So where no sandbox works, a second account is
not added (also not re-enabled, nor made by an identity provider), and a server with several does not start,
unless ``allow_unsandboxed`` says so; then that is audited and shown by ``doctor`` and on the health page.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Connection, func, select

from engine.access import SYSTEM
from engine.errors import Unavailable
from engine.events import ModelsNotConfined
from engine.runtimes.sandbox import Sandbox
from engine.store.tables_access import ACCOUNT

if TYPE_CHECKING:
    from engine.engine import Engine
    from engine.settings import Settings
    from engine.store.database import Change

REMEDY = (
    "Make bubblewrap work on this machine (./quarterdeck doctor says how), or set QUARTERDECK_ALLOW_UNSANDBOXED=true "
    "if everybody who registers models here may see everything."
)


def active_accounts(connection: Connection) -> int:
    """How many accounts can sign in."""
    found = connection.execute(select(func.count()).select_from(ACCOUNT).where(ACCOUNT.c.state == "active"))
    return int(found.scalar_one())


def trouble(settings: Settings) -> str:
    """Why models are not confined here; empty when they are."""
    return Sandbox(settings.sandbox).reason


def check_start(engine: Engine) -> None:
    """Before a server starts. Raises Unavailable when several people would share it without a sandbox."""
    with engine.database.look() as connection:
        accounts = active_accounts(connection)
    if accounts < 2 or not (why := trouble(engine.settings)):
        return
    if not engine.settings.allow_unsandboxed:
        raise Unavailable(
            f"The server does not start: {accounts} people can sign in, but models are not confined "
            f"({why.rstrip('.')}), so each model could read everybody's data. {REMEDY}"
        )
    with engine.database.change(SYSTEM) as change:
        change.emit(ModelsNotConfined(accounts=accounts, reason=why))


def check_another(change: Change, settings: Settings) -> None:
    """Before one more account becomes active, in its transaction. Raises Unavailable: see the rule above."""
    accounts = active_accounts(change.connection) + 1
    if accounts < 2 or not (why := trouble(settings)):
        return
    if not settings.allow_unsandboxed:
        raise Unavailable(
            f"No second person can be added here: models are not confined on this server ({why.rstrip('.')}), so each "
            f"model could read everybody's data. {REMEDY}"
        )
    if accounts == 2:
        change.emit(ModelsNotConfined(accounts=accounts, reason=why))
