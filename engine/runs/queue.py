"""The queue: rows in state ``queued``, taken by claims with a lease and a rising fence number.

Every function takes an open ``Change`` and is one step of a durable transaction, except ``renew``.
A statement that changes a claimed run names owner and fence: whoever lost the claim changes nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Row, Update, bindparam, insert, select, update
from sqlmodel import Session

from engine.events import RunStateChanged
from engine.runs import states
from engine.store.base import utc_now
from engine.store.database import Change
from engine.store.tables_runs import RUN, RUN_ATTEMPT

LOOK_AHEAD = 64
PATIENCE = timedelta(seconds=30)  # smaller runs may pass one that waits for memory no longer than this

_WAITING = (
    select(RUN.c.id, RUN.c.version_id, RUN.c.memory_mb, RUN.c.submitted_at, RUN.c.submitted_by)
    .where(RUN.c.state == states.QUEUED)
    .order_by(RUN.c.id)
    .limit(LOOK_AHEAD)
)
_TAKE = (
    update(RUN)
    .where(RUN.c.id == bindparam("run_id"), RUN.c.state == states.QUEUED)
    .values(
        state=bindparam("new_state"),
        fence=RUN.c.fence + 1,
        attempt=RUN.c.attempt + 1,
        lease_owner=bindparam("owner"),
        lease_until=bindparam("until"),
        started_at=bindparam("now"),
        progress=None,
        progress_text="",
    )
    .returning(RUN)
)
_OWNED = update(RUN).where(
    RUN.c.id == bindparam("run_id"),
    RUN.c.fence == bindparam("held_fence"),
    RUN.c.lease_owner == bindparam("holder"),
    RUN.c.state == bindparam("old_state"),
)


@dataclass(frozen=True)
class Claim:
    """A run that this server may execute: ``row`` as it was when claimed."""

    row: Row[Any]
    owner: str

    @property
    def id(self) -> str:
        """Id of the run."""
        return str(self.row.id)

    @property
    def key(self) -> dict[str, Any]:
        """Names the claim in fenced statements."""
        return {"run_id": self.row.id, "held_fence": self.row.fence, "holder": self.owner}


_OTHERS = _WAITING.where(RUN.c.submitted_by != bindparam("person"))


def waiting(connection: Connection) -> list[Row[Any]]:
    """The oldest queued runs, oldest first; when one person's fill the view, the oldest of others too."""
    rows: list[Row[Any]] = list(connection.execute(_WAITING))
    if len(rows) == LOOK_AHEAD and len({row.submitted_by for row in rows}) == 1:
        rows += connection.execute(_OTHERS, {"person": rows[0].submitted_by})
    return rows


def in_turn(rows: list[Row[Any]], running: Mapping[str, int]) -> list[Row[Any]]:
    """Whose turn it is: people take turns, so that one run need not wait for somebody's five hundred.

    ``running``: how many runs of each person are being executed.
    """
    turns = Counter(running)
    placed = []
    for row in rows:
        placed.append((turns[row.submitted_by], row))
        turns[row.submitted_by] += 1
    placed.sort(key=lambda pair: (pair[0], pair[1].id))
    return [row for _, row in placed]


def choose(rows: list[Row[Any]], slots: int, memory_mb: int, *, idle: bool) -> list[Row[Any]]:
    """Which of the waiting runs to start: in order, within free slots and memory.

    When nothing else runs (``idle``) the first starts whatever it reserves.
    """
    chosen: list[Row[Any]] = []
    for row in rows:
        if len(chosen) == slots:
            break
        if row.memory_mb <= memory_mb or (idle and not chosen):
            chosen.append(row)
            memory_mb -= row.memory_mb
        elif utc_now() - row.submitted_at > PATIENCE:
            break  # it has waited long enough: nobody passes it any more
    return chosen


def claim(
    change: Change, chosen: list[Row[Any]], owner: str, lease: float, ready: Collection[str]
) -> list[Claim]:
    """Take the chosen runs. Those whose version is in ``ready`` need no preparation: running at once."""
    now = utc_now()
    until = now + timedelta(seconds=lease)
    taken = []
    for row in chosen:
        state = states.RUNNING if row.version_id in ready else states.STARTING
        found = change.connection.execute(
            _TAKE, {"run_id": row.id, "new_state": state, "owner": owner, "until": until, "now": now}
        )
        claimed = found.one_or_none()
        if claimed is None:
            continue  # cancelled, or another server was faster
        taken.append(Claim(claimed, owner))
        tell(change, claimed, states.QUEUED, states.STARTING)
        if state == states.RUNNING:
            tell(change, claimed, states.STARTING, states.RUNNING)
    return taken


@lru_cache
def _moving(columns: tuple[str, ...]) -> Update:
    """The statement that moves a run and sets these columns: building it costs more than running it."""
    return _OWNED.values({name: bindparam(f"new_{name}") for name in ("state", *columns)})


def move(change: Change, claim: Claim, old: Collection[str], new: str, **values: Any) -> bool:
    """Move a claimed run from one of the old states (the likely one first); False when it is not ours any more
    or in another state."""
    statement = _moving(tuple(values))
    given = claim.key | {"new_state": new} | {f"new_{name}": value for name, value in values.items()}
    for state in old:
        states.check_move(state, new)
        if change.connection.execute(statement, given | {"old_state": state}).rowcount == 1:
            tell(change, claim.row, state, new)
            return True
    return False


def note_attempt(change: Change, row: Any, outcome: str, sentence: str) -> None:
    """Remember an attempt that did not bring the run's end (``lost`` or ``repeated``)."""
    made = {
        "run_id": row.id,
        "attempt": row.attempt,
        "owner": row.lease_owner or "",
        "fence": row.fence,
        "started_at": row.started_at or utc_now(),
        "finished_at": utc_now(),
        "outcome": outcome,
        "sentence": sentence,
    }
    change.connection.execute(insert(RUN_ATTEMPT), [made])


def renew(session: Session, owner: str, lease: float) -> None:
    """Keep all claims of a server (through ``database.light``)."""
    session.connection().execute(
        update(RUN)
        .where(RUN.c.lease_owner == owner, RUN.c.state.in_(states.ACTIVE))
        .values(lease_until=utc_now() + timedelta(seconds=lease))
    )


def cancelling(connection: Connection, owner: str) -> list[str]:
    """Claimed runs that somebody wants ended."""
    found = connection.execute(
        select(RUN.c.id).where(RUN.c.state == states.CANCELLING, RUN.c.lease_owner == owner)
    )
    return [row.id for row in found]


def abandoned(connection: Connection, owner: str, *, before: datetime | None) -> list[Row[Any]]:
    """Claimed runs of other servers; with ``before`` only those whose lease ended earlier."""
    query = select(RUN).where(RUN.c.state.in_(states.ACTIVE), RUN.c.lease_owner != owner)
    if before is not None:
        query = query.where(RUN.c.lease_until < before)
    return list(connection.execute(query.order_by(RUN.c.id)))


def tell(change: Change, row: Any, old: str, new: str) -> None:
    """The event of a state change, in the same transaction."""
    change.emit(
        RunStateChanged(run=row.id, model=row.model, old=old, new=new, attempt=row.attempt),
        department=row.department,
    )
