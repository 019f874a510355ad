"""Stored secrets, the master key, and mail on the command line. A value is never an argument: others can read those."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from app.cli.opening import actor, opened_auth
from app.cli.output import FAILED, Json, note, say, table, write_json

commands = typer.Typer()
secrets = typer.Typer(
    no_args_is_help=True, help="Secrets that models and data sources need, and the key they are sealed under."
)
notify = typer.Typer(no_args_is_help=True, help="Notices and e-mail.")
commands.add_typer(secrets, name="secrets")
commands.add_typer(notify, name="notify")
Name = Annotated[str, typer.Argument(help="Name of the secret.")]
Reason = Annotated[str, typer.Option(help="Kept in the audit log.")]


@secrets.command("list")
def list_secrets(as_json: Json = False) -> None:
    """List secrets, never their values."""
    with opened_auth() as auth:
        found = auth.secrets.list(actor())
        names = auth.accounts.names({one.changed_by for one in found})
    if as_json:
        write_json(found)
        return
    rows = (
        (
            one.name,
            one.department or "(company)",
            one.description,
            one.changed_at,
            names.get(one.changed_by, one.changed_by),
            "lost: set it again" if one.lost else "",
        )
        for one in found
    )
    table(("name", "department", "description", "changed", "by", ""), rows, empty="No secrets.")


@secrets.command("set")
def set_secret(
    name: Name,
    department: Annotated[
        str, typer.Option(help="Only models of this department may be given it. Default: all.")
    ] = "",
    description: Annotated[str, typer.Option(help="What it is for.")] = "",
    reason: Reason = "",
) -> None:
    """Store a secret or replace it. Its value is asked for, or read from the standard input (one line end is cut)."""
    value = _value(name)
    with opened_auth() as auth:
        auth.secrets.set(
            actor(), name, value, department=department or None, description=description, reason=reason
        )
    say(f"“{name}” is stored. Its value is not shown again.")


@secrets.command("remove")
def remove(name: Name, reason: Reason = "") -> None:
    """Remove a secret for good."""
    with opened_auth() as auth:
        auth.secrets.remove(actor(), name, reason)
    say(f"“{name}” is removed.")


@secrets.command("keys")
def keys(as_json: Json = False) -> None:
    """Show the master keys by their ids, and what is sealed under each. Exit code 1 if one is lost."""
    with opened_auth() as auth:
        found = auth.keeper.report(actor())
    if as_json:
        write_json(found)
    else:
        rows = (
            (
                one.id,
                "seals" if one.seals else "opens" if one.here else "LOST",
                ", ".join(f"{kind}: {count}" for kind, count in one.values.items()) or "nothing",
            )
            for one in found
        )
        table(
            ("key", "state", "sealed under it"), rows, empty="No master key yet: the first secret makes one."
        )
    if any(not one.here for one in found):
        raise typer.Exit(FAILED)


@secrets.command("rotate-key")
def rotate_key(
    finish: Annotated[
        bool, typer.Option("--finish", help="Only take keys that nothing uses any more out of the key file.")
    ] = False,
) -> None:
    """Seal everything under a new master key; one that was interrupted goes on. The server may keep running."""
    with opened_auth() as auth:
        if finish:
            gone = auth.keeper.finish(actor())
            say(f"Taken out: {', '.join(gone)}." if gone else "Every key is still in use.")
            return
        done = auth.keeper.rotate(actor())
    say(f"Sealed under the key {done.new} now: {done.values} values.")
    for place in done.unreadable:
        say(f"✗ {place} could not be opened and stays as it is (see “quarterdeck secrets keys”).")
    note("Take a new copy of the key file now, and keep the copy before it as long as backups from before.")
    note("The old key stays in the file. In a minute: quarterdeck secrets rotate-key --finish takes it out.")
    if done.unreadable:
        raise typer.Exit(FAILED)


@secrets.command("give-up-key")
def give_up_key(
    yes: Annotated[
        bool, typer.Option("--yes", help="Do it; without this, only what is lost is listed.")
    ] = False,
    reason: Reason = "",
) -> None:
    """List what was sealed under a lost master key; with --yes clear it, so that it can be set again."""
    with opened_auth() as auth:
        lost = auth.keeper.lost(actor())
        for kind, places in lost.items():
            say(f"{kind}: {', '.join(sorted(places)[:50])}{' …' if len(places) > 50 else ''}")
        if not yes:
            note(
                "Nothing was changed. With --yes these are cleared, and a new key is made where there is none."
            )
            return
        counts = auth.keeper.give_up(actor(), reason)
    say(", ".join(f"{kind}: {count} cleared" for kind, count in counts.items()) or "Nothing was lost.")


@notify.command("test")
def send_test(
    address: Annotated[str, typer.Argument(help="Mail address that gets the test mail.")],
    as_json: Json = False,
) -> None:
    """Send a test mail with the stored settings and say what happened. Exit code 1 if it was not taken."""
    with opened_auth() as auth:
        outcome = auth.engine.notify.test(actor(), address)
    if as_json:
        write_json(outcome)
    else:
        say(outcome.sentence)
    if not outcome.ok:
        raise typer.Exit(FAILED)


@notify.command("outbox")
def outbox(
    state: Annotated[str, typer.Option(help="Only waiting, sent or failed ones.")] = "", as_json: Json = False
) -> None:
    """List mails on their way, sent lately and given up; never their texts."""
    with opened_auth() as auth:
        found = auth.engine.notify.outbox(actor(), state or None)
    if as_json:
        write_json(found)
        return
    rows = ((one.created_at, one.recipient, one.subject, one.state, one.attempts, one.error) for one in found)
    table(("written", "to", "subject", "state", "attempts", "error"), rows, empty="The outbox is empty.")


def _value(name: str) -> str:
    if sys.stdin.isatty():
        return str(typer.prompt(f"Value of {name}", hide_input=True, confirmation_prompt=True))
    text = sys.stdin.read()
    return text[:-1].removesuffix("\r") if text.endswith("\n") else text
