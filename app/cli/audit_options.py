"""What the audit log is asked for on the command line: the same options for a search and for an export."""

from __future__ import annotations

import functools
from collections.abc import Callable
from inspect import Parameter, Signature, signature
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer

if TYPE_CHECKING:
    from auth.audit.search import Search
    from auth.service import Auth

ONLY = Parameter.KEYWORD_ONLY
OPTIONS: dict[str, Any] = {
    "since": typer.Option(help="From this day (2026-11-22) or time on."),
    "until": typer.Option(help="To the end of this day, or to this time."),
    "person": typer.Option(help="Sign-in name or id of who did it."),
    "action": typer.Option(help="An event's name, or the permission that was refused."),
    "object_kind": typer.Option("--kind", help="Kind of object: model, run, dataset, account …"),
    "object_id": typer.Option("--object", help="Name or id of the object; with * at the end: its start."),
    "result": typer.Option(help="done, refused or failed."),
    "department": typer.Option(help="Department of the object."),
}


class Asked:
    """What the options asked for; it becomes a search where names can be looked up."""

    def __init__(self, **typed: str) -> None:
        self._typed = typed

    def search(self, auth: Auth) -> Search:
        """The search that is meant. Raises Invalid as ``auth.audit.asking.asked`` does."""
        from auth.audit.asking import asked

        return asked(auth, **self._typed)


def asking(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command whose first argument is an ``Asked`` the options of a search in its place.

    Typer reads options from a function's signature: the one that it is shown has them written out.
    """

    @functools.wraps(command)
    def wrapped(**given: Any) -> None:
        command(Asked(**{name: given.pop(name) for name in OPTIONS}), **given)

    _, *own = signature(command).parameters.values()
    hints = get_type_hints(command, include_extras=True)
    asked = [Parameter(k, ONLY, default="", annotation=Annotated[str, v]) for k, v in OPTIONS.items()]
    others = [one.replace(kind=ONLY, annotation=hints[one.name]) for one in own]
    wrapped.__signature__ = Signature([*asked, *others])  # type: ignore[attr-defined]
    wrapped.__annotations__ = {one.name: one.annotation for one in [*asked, *others]}
    return wrapped
