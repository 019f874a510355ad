"""Accounts as they are handed out, how they are read, and what a name or an address may look like."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, or_, select

from engine.access import LOCAL_ADMIN, SYSTEM, Grant
from engine.errors import Conflict, Invalid, NotFound, Problem
from engine.notify.mail import is_address
from engine.store.tables_access import AccountRow, GrantRow

NAME = re.compile(r"[^\W_][\w.+@-]{0,79}")
LONGEST_TITLE = 120
ERASED = "Erased person"


@dataclass(frozen=True)
class Held:
    """A role that a person holds. ``source``: local, or oidc (given by the identity provider's groups)."""

    role: str
    department: str
    source: str
    granted_by: str
    at: datetime

    @property
    def text(self) -> str:
        """``role@department``, as events and exports write it."""
        return written(Grant(self.role, self.department))


@dataclass(frozen=True)
class Person:
    """An account as administrators see it. ``kind`` local or oidc, ``state`` active, disabled or erased."""

    id: str
    name: str
    title: str
    email: str
    state: str
    kind: str
    grants: tuple[Held, ...]
    two_factor: bool
    must_change: bool
    created_at: datetime
    created_by: str
    last_sign_in: datetime | None

    @property
    def shown(self) -> str:
        """What to call the person."""
        return ERASED if self.state == "erased" else self.title or self.name


@dataclass(frozen=True)
class Known:
    """As much of a person as everybody who may share something needs, to choose with whom."""

    id: str
    name: str
    title: str


def written(grant: Grant) -> str:
    """``role@department``; ``role@`` holds everywhere."""
    return f"{grant.role}@{grant.department}"


def normal(name: str) -> str:
    """A sign-in name as it is kept and compared: NFKC, lower case, without blanks around it."""
    return unicodedata.normalize("NFKC", name).strip().lower()


def checked_name(name: str) -> str:
    """The name in its kept form. Raises Invalid."""
    kept = normal(name)
    if not NAME.fullmatch(kept):
        rule = "1 to 80 letters, digits and . _ - + @, beginning with a letter or digit"
        raise Invalid("the account", [_problem("name", "sign-in name", name, rule)])
    return kept


def checked_about(title: str, email: str) -> tuple[str, str]:
    """Title and e-mail address without blanks around them. Raises Invalid."""
    title, email = title.strip(), email.strip()
    problems = []
    if len(title) > LONGEST_TITLE or any(unicodedata.category(c).startswith("C") for c in title):
        rule = f"at most {LONGEST_TITLE} characters on one line"
        problems.append(_problem("title", "full name", title, rule))
    if email and not is_address(email):
        problems.append(_problem("email", "e-mail address", email, "one address such as ada@example.com"))
    if problems:
        raise Invalid("the account", problems)
    return title, email


def _problem(where: str, what: str, value: str, rule: str) -> Problem:
    return Problem(where, f"“{value[:80]}” cannot be a {what}: it must be {rule}. Correct it.", value, rule)


def account_row(session: Session, account: str) -> AccountRow:
    """The row of an account that exists and was not erased. Raises NotFound, Conflict."""
    row = session.get(AccountRow, account)
    if row is None:
        raise NotFound("account", account)
    if row.state == "erased":
        raise Conflict("This account was erased: nothing of it can be changed. Add the person anew.")
    return row


def persons(session: Session, rows: list[AccountRow]) -> list[Person]:
    """Rows with their grants, in the order of the rows."""
    ids = [row.id for row in rows]
    held: dict[str, list[Held]] = {}
    for start in range(0, len(ids), 500):
        query = select(GrantRow).where(col(GrantRow.account).in_(ids[start : start + 500]))
        for grant in session.exec(query.order_by(col(GrantRow.department), col(GrantRow.role))):
            one = Held(grant.role, grant.department, grant.source, grant.granted_by, grant.at)
            held.setdefault(grant.account, []).append(one)
    return [_person(row, tuple(held.get(row.id, ()))) for row in rows]


def _person(row: AccountRow, held: tuple[Held, ...]) -> Person:
    return Person(
        row.id, row.name, row.title, row.email, row.state, "oidc" if row.issuer else "local", held,
        row.totp is not None, row.must_change, row.created_at, row.created_by, row.last_sign_in,
    )  # fmt: skip


def found(session: Session, search: str, state: str | None, most: int | None = None) -> list[AccountRow]:
    """Accounts in which every word of ``search`` occurs (name, full name, address), by full name."""
    query = select(AccountRow)
    query = query.where(AccountRow.state == state) if state else query.where(AccountRow.state != "erased")
    for word in search.split():
        places = (col(AccountRow.name), col(AccountRow.title), col(AccountRow.email))
        query = query.where(or_(*(place.icontains(word, autoescape=True) for place in places)))
    rows = session.exec(query.order_by(col(AccountRow.title), col(AccountRow.name)).limit(most))
    return list(rows)


def names_of(session: Session, ids: set[str]) -> dict[str, str]:
    """What to call each of these; ids that nobody has are left out."""
    shown = {known.id: known.name for known in (LOCAL_ADMIN, SYSTEM) if known.id in ids}
    for row in session.exec(select(AccountRow).where(col(AccountRow.id).in_(ids))):
        shown[row.id] = ERASED if row.state == "erased" else row.title or row.name
    return shown
