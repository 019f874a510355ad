"""Reading the log in its order, a page at a time: memory stays flat and no long transaction holds others up.

Rows come as plain tuples of the driver, the time as the text that is hashed: what is verified is what is stored,
not what a mapping makes of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection

from auth.audit.chain import COLUMNS

if TYPE_CHECKING:
    from engine.store.database import Database

PAGE = 2_000
Row = tuple[Any, ...]  # the values of COLUMNS, then the hash
Side = tuple[int, str, str, str, str]  # entry, field, account, salt, value
SEQ, AT, ACTOR, ACTION, KIND, OBJECT = 0, 1, 2, 7, 8, 9
DETAILS, PERSONAL, HASH = 13, 14, 15
_AT = {"sqlite": "at", "postgresql": "to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')"}


@dataclass(frozen=True)
class Page:
    """Consecutive entries, the personal values beside them, and numbers of entries that cannot be read at all."""

    rows: list[Row]
    side: dict[int, list[Side]]
    unreadable: list[int]


def columns(dialect: str) -> str:
    """The columns as SQL, in the order of ``Row``."""
    return ", ".join([COLUMNS[0], _AT[dialect], *(f'"{name}"' for name in COLUMNS[2:]), "hash"])


def pages(database: Database, after: int, through: int, size: int = PAGE) -> Iterator[Page]:
    """All entries with ``after`` < number ≤ ``through``; each page is a transaction of its own."""
    while after < through:
        with database.look() as connection:
            page = _page(connection, after, through, size)
        if not page.rows and not page.unreadable:
            return
        after = max([row[SEQ] for row in page.rows[-1:]] + page.unreadable[-1:])
        yield page


def _page(connection: Connection, after: int, through: int, size: int) -> Page:
    dialect = connection.dialect.name
    where = f"FROM audit WHERE seq > {after:d} AND seq <= {through:d} ORDER BY seq LIMIT {size:d}"
    unreadable: list[int] = []
    try:
        rows = fetch(connection, f"SELECT {columns(dialect)} {where}")
    except Exception:  # text that is no text: found one by one, and said by number
        rows = []
        for (seq,) in fetch(connection, f"SELECT seq {where}"):
            try:
                rows += fetch(connection, f"SELECT {columns(dialect)} FROM audit WHERE seq = {seq:d}")
            except Exception:
                unreadable.append(int(seq))
    found = [row[SEQ] for row in rows[-1:]] + unreadable[-1:]
    return Page(rows, _side(connection, after, max(found, default=after)), unreadable)


def _side(connection: Connection, after: int, through: int) -> dict[int, list[Side]]:
    found: dict[int, list[Side]] = {}
    query = "SELECT seq, field, account, salt, value FROM audit_personal"
    for row in fetch(connection, f"{query} WHERE seq > {after:d} AND seq <= {through:d}"):
        found.setdefault(row[0], []).append(row)
    return found


def fetch(connection: Connection, query: str) -> list[Any]:
    """All rows of a query without parameters, as the driver gives them."""
    with closing(connection.connection.cursor()) as cursor:
        cursor.execute(query)
        return list(cursor.fetchall())


@dataclass(frozen=True)
class Ends:
    """What the record of the newest entry holds (``recorded`` None: there is no record), and the last entry there."""

    recorded: int | None
    hash: str
    last: int


def ends(database: Database) -> Ends:
    """The end of the log, seen at one moment."""
    query = (
        "SELECT (SELECT seq FROM audit_head WHERE id = 1), (SELECT hash FROM audit_head WHERE id = 1), "
        "(SELECT max(seq) FROM audit)"
    )
    with database.look() as connection:
        ((recorded, digest, last),) = fetch(connection, query)  # one statement: nothing commits in between
    return Ends(None if recorded is None else int(recorded), str(digest or ""), int(last or 0))


def one(database: Database, seq: int) -> Row | None:
    """One entry, if it is there and can be read."""
    found = [row for page in pages(database, seq - 1, seq) for row in page.rows]
    return found[0] if found else None
