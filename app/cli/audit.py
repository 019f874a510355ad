"""The audit log on the command line: verify, search, export, anchor, prune, forget."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli.audit_options import Asked, asking
from app.cli.opening import actor, opened_auth
from app.cli.output import FAILED, Json, note, say, table, write_json

if TYPE_CHECKING:
    from auth.audit.checking import Progress

commands = typer.Typer()
audit = typer.Typer(
    no_args_is_help=True, help="The audit log: who did what, and the proof that it is as it was."
)
commands.add_typer(audit, name="audit")
Reason = Annotated[str, typer.Option(help="Why: kept in the audit log.")]


@audit.command("verify")
def verify(
    file: Annotated[Path | None, typer.Option(help="Verify an exported segment instead of the log.")] = None,
    as_json: Json = False,
) -> None:
    """Verify that nothing was changed, deleted, inserted or reordered. Exit code 1 if something was."""
    if file is not None:
        _verify_segment(file, as_json)
        return
    with opened_auth() as auth:
        report = auth.audit.verify(actor(), _shown_progress("verified"))
    if as_json:
        write_json({"ok": report.ok, "sentence": report.sentence, "report": report})
    else:
        for finding in report.findings.listed:
            say(f"✗ {finding.sentence}")
        if report.findings.total > len(report.findings.listed):
            say(f"… and {report.findings.total - len(report.findings.listed)} more.")
        for warning in report.warnings:
            note(f"! {warning}")
        say(report.sentence)
        note(f"{report.entries} entries in {report.seconds:.1f} s. The newest entry's hash: {report.hash}")
    if not report.ok:
        raise typer.Exit(FAILED)


def _verify_segment(file: Path, as_json: bool) -> None:
    from auth.audit import checkpoints, segments

    found = segments.check(file)
    with opened_auth() as auth:
        points = checkpoints.all_of(auth.engine.database)
    known = next((point for point in points if point.segment == found.sha256), None)
    if as_json:
        write_json({"ok": not found.wrong, "known": known is not None, "segment": found})
    else:
        for number in found.wrong:
            say(f"✗ Entry {number} does not follow from the one before it: it was changed.")
        if known is None:
            note("! No checkpoint of this log names this file: compare its SHA-256 with the one you kept.")
        say(
            f"Entries {found.first} to {found.last}, {len(found.wrong)} of them changed. SHA-256 {found.sha256}"
        )
    if found.wrong:
        raise typer.Exit(FAILED)


@audit.command("search")
@asking
def search(
    wanted: Asked,
    limit: Annotated[int, typer.Option(min=1, max=500, help="At most so many.")] = 50,
    before: Annotated[int | None, typer.Option(help="Go on behind this entry.")] = None,
    as_json: Json = False,
) -> None:
    """List entries, newest first."""
    with opened_auth() as auth:
        page = auth.audit.search(actor(), wanted.search(auth), before=before, limit=limit)
    if as_json:
        write_json(page)
        return
    rows = ((e.seq, e.at, e.actor_name, e.action, _about(e), e.result, _what(e)) for e in page.entries)
    table(("entry", "at", "who", "what", "object", "result", "more"), rows, empty="No entry was found.")
    if page.before is not None:
        note(f"There are more: --before {page.before}")


@audit.command("export")
@asking
def export(
    wanted: Asked,
    target: Annotated[Path | None, typer.Argument(help="File to write; without it standard output.")] = None,
    form: Annotated[str, typer.Option("--format", help="csv or jsonl.")] = "csv",
) -> None:
    """Write entries to a file, oldest first; that somebody did so is an entry itself."""
    with opened_auth() as auth:
        pieces = auth.audit.export(actor(), wanted.search(auth), form)  # type: ignore[arg-type]
        if target is None:
            for piece in pieces:
                sys.stdout.buffer.write(piece)
            return
        with target.open("wb") as file:
            for piece in pieces:
                file.write(piece)
    note(f"Written: {target}")


@audit.command("anchor")
def anchor(as_json: Json = False) -> None:
    """Write a signed anchor of the newest entry now; copy its line to where you keep such things."""
    with opened_auth() as auth:
        made = auth.audit.anchor(actor())
        path = auth.audit.anchors.first
    if as_json:
        write_json(made)
        return
    if made is None:
        note("Nothing came since the last anchor.")
        return
    note(f"Anchor {made.number} of entry {made.seq}, in {path}:")
    say(made.line)


@audit.command("prune")
def prune(
    keep_days: Annotated[int, typer.Option(help="Entries of the last so many days stay (at least 30).")],
    reason: Reason,
    even_damaged: Annotated[
        bool, typer.Option("--even-damaged", help="Also entries that do not verify; this is kept as well.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Export old entries to files and remove them behind signed checkpoints."""
    with opened_auth() as auth:
        progress = _shown_progress("pruned")
        done = auth.audit.prune(actor(), keep_days, reason, even_damaged=even_damaged, progress=progress)
        folder = auth.settings.data / "audit" / "segments"
    if as_json:
        write_json(done)
        return
    for name in done.files:
        note(str(folder / name))
    say(done.sentence)


@audit.command("forget")
def forget(
    person: Annotated[str, typer.Argument(help="Sign-in name or id of the account.")],
    reason: Reason,
    as_json: Json = False,
) -> None:
    """Erase a person's addresses and typed names beside the log. The chain still verifies."""
    with opened_auth() as auth:
        row = auth.accounts.find_by_name(person)
        values = auth.audit.erase(actor(), row.id if row is not None else person, reason)
    if as_json:
        write_json({"values": values})
        return
    say(
        f"{values} personal values were erased."
        if values
        else "There were no personal values of that account."
    )


def _shown_progress(what: str) -> Progress | None:
    """How far it is, where a person watches."""
    if not sys.stderr.isatty():
        return None

    def show(done: int, total: int) -> None:
        typer.echo(f"\r{done:,} of {total:,} entries {what}", nl=done >= total, err=True)

    return show


def _about(entry: Any) -> str:
    return f"{entry.object_kind} {entry.object_id}".strip()


def _what(entry: Any) -> str:
    """Old → new, other details, the reason, from where: in a line."""
    from auth.audit.words import in_words

    return in_words(entry)
