"""API tokens and the identity provider on the command line."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli.opening import actor, opened_auth
from app.cli.output import FAILED, Json, note, say, table, write_json

if TYPE_CHECKING:
    from auth.service import Auth
    from auth.token_shape import Token

commands = typer.Typer()
tokens = typer.Typer(no_args_is_help=True, help="API tokens: what programs sign in with.")
identity = typer.Typer(no_args_is_help=True, help="The identity provider that people sign in by.")
commands.add_typer(tokens, name="tokens")
commands.add_typer(identity, name="identity")
Name = Annotated[str, typer.Argument(help="Sign-in name of the account.")]
Reason = Annotated[str, typer.Option(help="Kept in the audit log.")]


@tokens.command("list")
def list_tokens(
    name: Annotated[str, typer.Argument(help="Only this account's (its sign-in name).")] = "",
    every: Annotated[bool, typer.Option("--all", help="Ended ones too.")] = False,
    as_json: Json = False,
) -> None:
    """List tokens, never their text."""
    with opened_auth() as auth:
        account = _account(auth, name) if name else None
        found = [one for one in auth.tokens.list(actor(), account) if every or one.state == "active"]
        names = auth.accounts.names({one.account for one in found})
    if as_json:
        write_json([_plain(one) for one in found])
        return
    rows = (
        (one.id, names.get(one.account, one.account), one.title, one.state, one.expires_at, one.used_at)
        for one in found
    )
    table(("id", "account", "title", "state", "until", "last used"), rows, empty="No tokens.")


@tokens.command("create")
def create(
    name: Name,
    title: Annotated[str, typer.Option(help="What it is for.")],
    days: Annotated[int, typer.Option(help="Days until it ends.")] = 90,
    role: Annotated[list[str] | None, typer.Option(help="Only this role (again for more).")] = None,
    department: Annotated[list[str] | None, typer.Option(help="Only in this department.")] = None,
    as_json: Json = False,
) -> None:
    """Make a token that acts as an account, for instance one made for a program. Its text is shown once."""
    with opened_auth() as auth:
        made, text = auth.tokens.create_for(
            actor(),
            _account(auth, name),
            title,
            days=days,
            roles=role or (),
            departments=department or (),
        )
    if as_json:
        write_json({"token": text, "about": _plain(made)})
        return
    note(f"Until {made.expires_at:%Y-%m-%d}. Keep it now: it is not shown again.")
    say(text)


@tokens.command("revoke")
def revoke(
    token: Annotated[str, typer.Argument(help="The token's id (tokens list).")],
    reason: Reason = "",
    as_json: Json = False,
) -> None:
    """End a token; a running server refuses it within two seconds."""
    with opened_auth() as auth:
        ended = auth.tokens.revoke(actor(), token, reason)
    if as_json:
        write_json(_plain(ended))
        return
    say(f"The token “{ended.title}” has ended.")


@identity.command("show")
def show(as_json: Json = False) -> None:
    """Show how the identity provider is set up, without the client's secret."""
    with opened_auth() as auth:
        options = auth.identity.options(actor()).as_dict()
    if as_json:
        write_json(options)
        return
    table(("what", "value"), options.items())


@identity.command("test")
def try_provider(
    base: Annotated[str, typer.Option(help="Address that people open, where no setting says it.")] = "",
    as_json: Json = False,
) -> None:
    """Ask the provider and say what is good and what is not. Exit code 1 if something is wrong."""
    with opened_auth() as auth:
        report = auth.identity.test(actor(), base)
    if as_json:
        write_json(report)
    else:
        marks = {True: "✓", False: "✗", None: "–"}
        for check in report.checks:
            say(f"{marks[check.ok]} {check.name}: {check.sentence}")
        say(f"\nTo be registered at the provider:\n  redirect address      {report.redirect_address}")
        say(f"  after signing out     {report.sign_out_address}")
        say(f"  back-channel logout   {report.back_channel_address}")
    if not report.ok:
        raise typer.Exit(FAILED)


@identity.command("off")
def off(reason: Reason = "") -> None:
    """Switch the provider off: people sign in by password only. The settings stay."""
    from dataclasses import replace

    with opened_auth() as auth:
        auth.identity.configure(
            actor(), replace(auth.identity.options(actor()), enabled=False), reason=reason
        )
    say("Signing in by the identity provider is off.")


@identity.command("disconnect")
def disconnect(name: Name, reason: Reason = "") -> None:
    """Let an account sign in by password again (reset it next); roles by groups are taken away."""
    with opened_auth() as auth:
        auth.identity.disconnect(actor(), _account(auth, name), reason)
    say(f"{name} signs in by password from now on: reset it for them.")


def _account(auth: Auth, name: str) -> str:
    from engine.errors import NotFound

    row = auth.accounts.find_by_name(name)
    if row is None:
        raise NotFound("account", name, "The page of people lists them; a new one is made there.")
    return row.id


def _plain(token: Token) -> dict[str, Any]:
    return {**asdict(token), "state": token.state}
