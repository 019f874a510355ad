"""People on the command line: who there is, and letting somebody in again who is locked out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.opening import actor, opened_auth
from app.cli.output import Json, say, table, write_json
from engine.errors import NotFound

if TYPE_CHECKING:
    from auth.service import Auth

commands = typer.Typer()
people = typer.Typer(no_args_is_help=True, help="People: list them, reset how they sign in, sign them out.")
commands.add_typer(people, name="people")
Name = Annotated[str, typer.Argument(help="Sign-in name.")]
Reason = Annotated[str, typer.Option(help="Kept in the audit log.")]


@people.command("list")
def list_people(
    search: Annotated[str, typer.Argument(help="Only who has this in the name.")] = "", as_json: Json = False
) -> None:
    """List people with their roles."""
    with opened_auth() as auth:
        found = auth.accounts.list(actor(), search)
    if as_json:
        write_json(found)
        return
    rows = (
        (one.name, one.title, one.state, " ".join(held.text for held in one.grants), one.last_sign_in)
        for one in found
    )
    table(("name", "title", "state", "roles", "last sign-in"), rows, empty="Nobody.")


@people.command("reset-password")
def reset_password(name: Name, reason: Reason = "", as_json: Json = False) -> None:
    """Give somebody a one-time password (shown once), and end all their sign-ins.

    It must be changed at the first sign-in. Waiting times after too many tries end as well.
    """
    with opened_auth() as auth:
        given = auth.credentials.reset(actor(), _account(auth, name), reason)
    if as_json:
        write_json({"name": name, "one_time_password": given})
    else:
        say(f"One-time password of {name}: {given}")


@people.command("remove-second-factor")
def remove_second_factor(name: Name, reason: Reason = "") -> None:
    """Let somebody sign in by password alone: the phone and the recovery codes are lost."""
    with opened_auth() as auth:
        auth.factor.remove(actor(), _account(auth, name), reason)
    say(f"{name} signs in by password alone from now on.")


@people.command("sign-out")
def sign_out(name: Name, reason: Reason = "") -> None:
    """End all sign-ins of somebody, in every browser; open pages close within seconds."""
    with opened_auth() as auth:
        ended = auth.sessions.revoke_all(actor(), _account(auth, name), reason)
    say(f"Ended: {ended}")


def _account(auth: Auth, name: str) -> str:
    row = auth.accounts.find_by_name(name)
    if row is None:
        raise NotFound("account", name, "The command “quarterdeck people list” shows all there are.")
    return row.id
