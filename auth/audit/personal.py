"""Personal values beside the log: erased with a person, or when their time is over. The chain still verifies.

A value erased with a person leaves a mark without salt or value; an entry of the log holds how many there are and
the sum over the set of them. Values that are too old leave nothing; an entry holds up to which number.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import Connection, text

from auth.audit import reading
from auth.audit.chain import set_sum, sum_text
from auth.audit.events import PersonalValuesErased, PersonalValuesExpired
from engine.access import SYSTEM, Actor
from engine.store.base import new_id, utc_now

if TYPE_CHECKING:
    from auth.service import Auth

CHUNK = 20_000  # entries in one transaction: others wait for a fraction of a second

_LIVE = text("SELECT seq, field FROM audit_personal WHERE account = :account AND salt <> ''")
_MARK = text("UPDATE audit_personal SET salt = '', value = :erasure WHERE account = :account AND salt <> ''")
_NEXT = text("SELECT min(seq) FROM audit_personal WHERE seq > :after AND seq <= :through AND salt <> ''")
_OLD = text("SELECT seq FROM audit WHERE at < :before ORDER BY at DESC, seq DESC LIMIT 1")
_REMOVE = text("DELETE FROM audit_personal WHERE seq > :after AND seq <= :through AND salt <> ''")


def forget(auth: Auth, account: str, actor: Actor, reason: str) -> int:
    """Erase all personal values of somebody; returns how many there were. Again: what came since."""
    with auth.engine.database.change(actor) as change:
        erasure, values, total = new_id(), 0, 0
        for seq, field in change.connection.execute(_LIVE, {"account": account}):
            total = set_sum([(seq, field, account)], total)
            values += 1
        if values:
            change.connection.execute(_MARK, {"account": account, "erasure": erasure})
        told = PersonalValuesErased(
            account=account, erasure=erasure, values=values, sum=sum_text(total), reason=reason
        )
        change.emit(told)
    return values


def expire(auth: Auth, days: int) -> int:
    """Remove personal values of entries older than that; returns how many there were."""
    database = auth.engine.database
    with database.look() as connection:
        through = _last_before(connection, days)
        after = _expired(connection)
    removed = 0
    while True:
        with database.look() as connection:
            first = connection.execute(_NEXT, {"after": after, "through": through}).scalar()
        if first is None:
            return removed
        until = min(int(first) + CHUNK - 1, through)
        with database.change(SYSTEM) as change:
            gone = change.connection.execute(_REMOVE, {"after": after, "through": until}).rowcount
            change.emit(PersonalValuesExpired(through=until, values=gone))
        removed += gone
        after = until


def _last_before(connection: Connection, days: int) -> int:
    from sqlalchemy import bindparam

    from engine.store.base import UtcDateTime

    query = _OLD.bindparams(bindparam("before", type_=UtcDateTime))
    return int(connection.execute(query, {"before": utc_now() - timedelta(days=days)}).scalar() or 0)


def _expired(connection: Connection) -> int:
    query = "SELECT details FROM audit WHERE action = 'personal-values-expired' ORDER BY at DESC, seq DESC LIMIT 1"
    rows = reading.fetch(connection, query)
    return int(json.loads(rows[0][0])["through"]) if rows else 0
