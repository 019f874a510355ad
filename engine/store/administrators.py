"""Who administers the whole company: asked by rules (somebody must) and by notices (who is told)."""

from __future__ import annotations

from sqlmodel import Session, col, select

from engine.access import EVERYWHERE
from engine.store.tables_access import AccountRow, GrantRow


def administrators(session: Session, *, lock: bool = False) -> list[str]:
    """Ids of the active accounts that are administrators everywhere.

    ``lock``: their grants stay locked until the commit, so that two changes cannot take each the other's last.
    """
    query = (
        select(GrantRow.account)
        .join(AccountRow, col(AccountRow.id) == col(GrantRow.account))
        .where(
            GrantRow.role == "administrator",
            GrantRow.department == EVERYWHERE,
            AccountRow.state == "active",
        )
        .order_by(col(GrantRow.account))
    )
    # a locked query must not say DISTINCT; somebody may hold the role twice: here and by the provider's groups
    return list(dict.fromkeys(session.exec(query.with_for_update() if lock else query)))
