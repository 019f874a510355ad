"""What the engine asks of whoever knows the people (``auth``): to decide, to keep the trail, to give out secrets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from engine.access import Actor, Decision, Resource, Scope
    from engine.events import Event


class Authorizer(Protocol):
    """Decides. Implementations are pure look-ups: at most 0.2 ms a decision."""

    def decide(self, actor: Actor, permission: str, resource: Resource | None) -> Decision:
        """May this actor do that (to this object)?"""

    def scope(self, actor: Actor, permission: str) -> Scope:
        """Which departments and single objects a list filtered by this permission may show."""


class Auditor(Protocol):
    """Keeps the trail. Called by the database for each change, and by ``require`` for each refusal."""

    def append(self, connection: Connection, told: Sequence[tuple[Actor, Event, str | None]]) -> None:
        """Write the entries of a change (actor, event, department) in its own transaction, before its commit."""

    def refused(self, actor: Actor, permission: str, resource: Resource | None, reason: str) -> None:
        """Note a refusal, by itself. Must be cheap when there are very many."""

    def start(self) -> None:
        """The server runs here: begin what is to be done from time to time."""

    def close(self) -> None:
        """Write what is still in memory, before the database is closed. May be called again."""


class Secrets(Protocol):
    """Where the engine gets a secret's value at the moment it is needed."""

    def usable(self, actor: Actor, name: str, department: str | None) -> None:
        """May this person give that secret to a model of that department? Raises NotFound and Refused."""

    def reveal(self, actor: Actor, name: str, **use: str | None) -> str:
        """The value, for ``department``, ``purpose``, ``model`` and ``run``. Raises NotFound and Refused; audited."""

    def stamp(self, name: str) -> str:
        """Changes whenever the value does; empty: no such secret."""

    def acting(self, account: str, run: str) -> Actor:
        """The person of a run, with the rights they have now. Raises Refused for a disabled account."""

    def seal(self, value: str, context: str) -> str:
        """Encrypt what the engine must keep for a while, for the place that ``context`` names."""

    def unseal(self, sealed: str, context: str) -> str:
        """The value again. Raises Unavailable when its key is lost."""

    def own(self, name: str) -> str | None:
        """One of the server's own secrets, such as the mail server's password; None: not set."""

    def offered(self, actor: Actor, department: str | None) -> Sequence[tuple[str, str]]:
        """Names and descriptions of the secrets that this person may give to a model of that department."""
