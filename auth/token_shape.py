"""What an API token looks like: its text, its row as people see it, and the rules for a new one."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import string
from dataclasses import dataclass
from datetime import datetime

from auth.rights import ROLES
from auth.scope import held
from engine.access import ACCOUNT_OWN, EVERYWHERE, Actor
from engine.errors import Invalid, Problem, Refused
from engine.store.base import utc_now
from engine.store.tables_access import TokenRow

FORM = re.compile(r"qd_([0-9A-HJKMNP-TV-Z]{26})_([0-9A-Za-z]{43})")
LETTERS = string.ascii_letters + string.digits
LONGEST_TITLE = 80


@dataclass(frozen=True)
class Token:
    """A token as people see it; empty ``roles`` or ``departments``: all of the account's."""

    id: str
    account: str
    title: str
    roles: tuple[str, ...]
    departments: tuple[str, ...]
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None
    revoked_at: datetime | None

    @property
    def state(self) -> str:
        """active, expired or revoked."""
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if self.expires_at <= utc_now() else "active"


@dataclass(frozen=True)
class Wish:
    """A token to be: ``days`` until it ends; empty ``roles`` or ``departments`` ask for all of the account's."""

    title: str
    days: int
    roles: tuple[str, ...]
    departments: tuple[str, ...]

    def check(self, holder: Actor, longest: int) -> None:
        """Raise Invalid with all that is wrong: title, days (at most ``longest``), roles, departments."""
        problems = [*self._form(longest), *self._roles(holder), *self._departments(holder)]
        if problems:
            raise Invalid("the token", problems)

    def _form(self, longest: int) -> list[Problem]:
        problems = []
        if not self.title or len(self.title) > LONGEST_TITLE:
            sentence = f"The title must have 1 to {LONGEST_TITLE} letters: say what the token is for."
            problems.append(Problem("title", sentence, self.title[:LONGEST_TITLE]))
        if not 1 <= self.days <= longest:
            sentence = f"A token lives 1 to {longest} days; {self.days} is outside. Choose other days."
            problems.append(Problem("days", sentence, str(self.days)))
        return problems

    def _roles(self, holder: Actor) -> list[Problem]:
        problems = []
        for role in self.roles:
            if role not in ROLES:
                sentence = f"There is no role “{role}”. Choose from {', '.join(ROLES)}."
                problems.append(Problem("roles", sentence, role))
            elif not held(holder, role):
                sentence = f"The role “{role}” allows more than the account may. Choose one that it holds."
                problems.append(Problem("roles", sentence, role))
        return problems

    def _departments(self, holder: Actor) -> list[Problem]:
        reached = {grant.department for grant in holder.grants}
        return [
            Problem(
                "departments",
                f"The account holds no role in the department “{department}”. Leave it out.",
                department,
            )
            for department in self.departments
            if not department or (department not in reached and EVERYWHERE not in reached)
        ]


def refuse_tokens(actor: Actor, what: str) -> None:
    """Raise Refused when a program asks for what only a person in person may."""
    if actor.kind == "token":
        raise Refused(ACCOUNT_OWN, f"an API token cannot {what}; sign in yourself.")


def new_text(token_id: str) -> str:
    """The text of a new token: 43 letters and digits hold 256 bits, and a double click selects all of it."""
    return f"qd_{token_id}_{''.join(secrets.choice(LETTERS) for _ in range(43))}"


def digest(text: str) -> str:
    """What is stored of a token."""
    return hashlib.sha256(text.encode()).hexdigest()


def shown(row: TokenRow) -> Token:
    """The row as people see it."""
    return Token(
        row.id,
        row.account,
        row.title,
        tuple(json.loads(row.roles)),
        tuple(json.loads(row.departments)),
        row.created_at,
        row.expires_at,
        row.used_at,
        row.revoked_at,
    )
