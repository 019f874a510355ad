"""From an account to the one who acts: its grants and shares looked up once and kept for a few seconds."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from sqlmodel import col, select

from engine.access import ACCOUNT_OWN, Actor, Grant, Share
from engine.errors import NotFound, Refused
from engine.store.database import EventRow
from engine.store.tables_access import AccountRow, GrantRow, ShareRow

if TYPE_CHECKING:
    from engine.engine import Engine

# What another process changes (the command line) is seen after so long; this process's own changes at once.
KNOWN_SECONDS = 2.0
MOST_KNOWN = 10_000


def changes_rights(row: EventRow) -> bool:
    """May this event change what somebody may do?"""
    return row.object_kind in ("account", "department") or row.name.endswith("shared")


@dataclass(frozen=True)
class Rights:
    """What was looked up of an account, good until ``until`` (monotonic seconds)."""

    name: str
    active: bool
    grants: frozenset[Grant]
    shares: frozenset[Share]
    until: float


class Acting:
    """Answers who acts. Thread safe."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._known: dict[str, Rights] = {}
        self._generation = 0
        self._lock = threading.Lock()
        engine.database.listen(self._heard)

    def actor_of(
        self,
        account_id: str,
        *,
        via: str = "page",
        request_id: str = "",
        credential: str = "",
        address: str = "",
        kind: Literal["person", "token", "schedule", "system"] = "person",
    ) -> Actor:
        """The account as the one who acts. Raises NotFound, and Refused when it is disabled or erased."""
        rights = self._rights(account_id)
        if not rights.active:
            raise Refused(ACCOUNT_OWN, "this account is disabled.")
        return Actor(
            account_id,
            kind,
            rights.name,
            rights.grants,
            rights.shares,
            via=via,
            request_id=request_id,
            credential=credential,
            address=address,
        )

    def forget(self) -> None:
        """Look everything up again from now on, also what is being looked up at this moment."""
        with self._lock:
            self._generation += 1
            self._known.clear()

    def _rights(self, account_id: str) -> Rights:
        held = self._known.get(account_id)
        if held is not None and held.until > time.monotonic():
            return held
        generation = self._generation
        found = self._look(account_id)
        with self._lock:
            if generation == self._generation:  # else somebody changed rights while we looked
                if len(self._known) >= MOST_KNOWN:
                    self._known.clear()
                self._known[account_id] = found
        return found

    def _look(self, account_id: str) -> Rights:
        until = time.monotonic() + KNOWN_SECONDS
        with self._engine.database.read() as session:
            row = session.get(AccountRow, account_id)
            if row is None:
                raise NotFound("account", account_id)
            held = session.exec(select(GrantRow).where(GrantRow.account == account_id)).all()
            grants = frozenset(Grant(grant.role, grant.department) for grant in held)
            holders = {f"person:{account_id}"} | {
                f"department:{g.department}" for g in grants if g.department
            }
            shared = session.exec(select(ShareRow).where(col(ShareRow.holder).in_(holders))).all()
            shares = frozenset(Share(share.object_kind, share.object_id, share.role) for share in shared)
        return Rights(row.title or row.name, row.state == "active", grants, shares, until)

    def _heard(self, row: EventRow) -> None:
        if changes_rights(row):
            self.forget()
