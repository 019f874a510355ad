"""Feeds of parameter sets on the command line: ``params feeds …``. A feed is named by its field (and place)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli.opening import actor, opened
from app.cli.output import FAILED, Json, note, say, table, write_json
from app.cli.params_sets import Model, Name, PlaceOption, _short

if TYPE_CHECKING:
    from engine.engine import Engine
    from engine.parameters.feeds.records import Feed, FeedTry

feeds = typer.Typer(
    no_args_is_help=True,
    help="Fields of a parameter set that are filled from data, files, addresses or metrics.",
)
Field = Annotated[str, typer.Argument(help="The fed field.")]
Reason = Annotated[str, typer.Option(help="Why, in a sentence; kept in the history.")]
Kind = Annotated[str, typer.Option(help="sql, dataset, file, url or metric.")]
Parts = Annotated[
    list[str] | None,
    typer.Option(
        "--with",
        help="part=value of the source, such as sql=SELECT…, datasets=fx,rates, url=https://…, format=json, "
        "value=rates.USD; may be repeated. See “Feeds” in the user guide.",
    ),
]
Guards = Annotated[
    list[str] | None,
    typer.Option(
        "--guard",
        help="minimum=…, maximum=…, change=… (largest step; 5% is relative), stale_days=…; may be repeated.",
    ),
]
EMPTY = "No feeds. Make one: params feeds add MODEL SET FIELD --kind sql --with sql=… --with datasets=…"


@feeds.command("list")
def list_feeds(model: Model, set_: Name, as_json: Json = False) -> None:
    """List a set's feeds: what they last found, how old each value is, what waits for a decision."""
    with opened() as engine:
        found = engine.feeds.list(actor(), model, set_)
        ages = {
            place: engine.feeds.freshness(actor(), model, set_, place)
            for place in {one.place for one in found}
        }
    if as_json:
        write_json(found)
        return
    rows = ((one.field, one.place or "(company)", one.source["kind"], one.mode, _state(one),
             _age(ages[one.place].get(one.field)), _waits(one), one.title) for one in found)  # fmt: skip
    table(("field", "place", "from", "mode", "state", "age", "waits", "title"), rows, empty=EMPTY)


@feeds.command("look")
def look(
    model: Model,
    set_: Name,
    field: Field,
    kind: Kind,
    parts: Parts = None,
    guard: Guards = None,
    place: PlaceOption = "",
    as_json: Json = False,
) -> None:
    """Try a source: show what a feed would bring. Nothing is stored."""
    with opened() as engine:
        found = engine.feeds.look(actor(), model, set_, field, _source(kind, parts), place, _guards(guard))
    if as_json:
        write_json(found)
        return
    say(f"{field}: {_short(found.old)} → {_short(found.value)}, observed on {found.observed_on}.")
    if found.held:
        note(f"It would not be taken by itself: {found.held}")


@feeds.command("add")
def add(
    model: Model,
    set_: Name,
    field: Field,
    kind: Kind,
    parts: Parts = None,
    guard: Guards = None,
    place: PlaceOption = "",
    title: Annotated[str, typer.Option(help="What it is called.")] = "",
    mode: Annotated[str, typer.Option(help="suggest (waits for somebody) or apply.")] = "suggest",
    trigger: Annotated[str, typer.Option(help="hand, or new-data: also when there is newer data.")] = "hand",
    reason: Reason = "",
    as_json: Json = False,
) -> None:
    """Make a feed. It reads with the rights of whoever makes it."""
    with opened() as engine:
        made = engine.feeds.add(
            actor(), model, set_, field, _source(kind, parts), place=place, title=title, guard=_guards(guard),
            mode=mode, trigger=trigger, reason=reason,
        )  # fmt: skip
    if as_json:
        write_json(made)
        return
    say(f"The feed of {field} is made. Fetch: params feeds fetch {model} {set_} {field}")


@feeds.command("fetch")
def fetch(model: Model, set_: Name, field: Field, place: PlaceOption = "", as_json: Json = False) -> None:
    """Fetch now. Exit code 1 when it fails; then the last value stays in force."""
    with opened() as engine:
        feed = _named(engine, model, set_, field, place)
        done = engine.feeds.fetch(actor(), model, set_, feed.id)
    _say_try(done, as_json)
    if done.outcome == "failed":
        raise typer.Exit(FAILED)


@feeds.command("accept")
def accept(
    model: Model,
    set_: Name,
    field: Field,
    place: PlaceOption = "",
    reason: Reason = "",
    as_json: Json = False,
) -> None:
    """Take the value that waits: it becomes a new version."""
    with opened() as engine:
        feed, wanted = _waiting(engine, model, set_, field, place)
        done = engine.feeds.accept(actor(), model, set_, feed, wanted, reason)
    _say_try(done, as_json)


@feeds.command("decline")
def decline(
    model: Model, set_: Name, field: Field, reason: Reason, place: PlaceOption = "", as_json: Json = False
) -> None:
    """Turn the value that waits down; what is in force stays."""
    with opened() as engine:
        feed, wanted = _waiting(engine, model, set_, field, place)
        done = engine.feeds.decline(actor(), model, set_, feed, wanted, reason)
    _say_try(done, as_json)


@feeds.command("pause")
def pause(model: Model, set_: Name, field: Field, place: PlaceOption = "", reason: Reason = "") -> None:
    """Let a feed rest; the last value stays in force."""
    with opened() as engine:
        engine.feeds.pause(actor(), model, set_, _named(engine, model, set_, field, place).id, reason)
    say(f"The feed of {field} is paused.")


@feeds.command("resume")
def resume(model: Model, set_: Name, field: Field, place: PlaceOption = "", reason: Reason = "") -> None:
    """Let a paused feed go on, with the rights of whoever resumes it."""
    with opened() as engine:
        engine.feeds.resume(actor(), model, set_, _named(engine, model, set_, field, place).id, reason)
    say(f"The feed of {field} goes on.")


@feeds.command("remove")
def remove(model: Model, set_: Name, field: Field, place: PlaceOption = "", reason: Reason = "") -> None:
    """Take a feed away. What it brought stays."""
    with opened() as engine:
        engine.feeds.remove(actor(), model, set_, _named(engine, model, set_, field, place).id, reason)
    say(f"The feed of {field} is removed.")


@feeds.command("history")
def history(
    model: Model,
    set_: Name,
    field: Field,
    place: PlaceOption = "",
    limit: Annotated[int, typer.Option(help="How many tries.", min=1, max=200)] = 20,
    as_json: Json = False,
) -> None:
    """Show what a feed tried, newest first."""
    with opened() as engine:
        feed = _named(engine, model, set_, field, place)
        found, _ = engine.feeds.tries(actor(), model, set_, feed.id, limit=limit)
    if as_json:
        write_json(found)
        return
    rows = ((t.at, t.outcome, _short(t.old), _short(t.value), t.observed_on, t.number, t.reason or t.sentence)
            for t in found)  # fmt: skip
    table(("at", "outcome", "was", "found", "observed", "version", "remarks"), rows, empty="Not tried yet.")


# ---- helpers


def _named(engine: Engine, model: str, set_: str, field: str, place: str) -> Feed:
    from engine.errors import NotFound

    found = [one for one in engine.feeds.list(actor(), model, set_, place) if one.field == field]
    if not found:
        raise NotFound("feed", field, f"List them: params feeds list {model} {set_}")
    return found[0]


def _waiting(engine: Engine, model: str, set_: str, field: str, place: str) -> tuple[str, str]:
    from engine.errors import Conflict

    feed = _named(engine, model, set_, field, place)
    if feed.waiting is None:
        raise Conflict(f"No value of “{field}” waits. Fetch first: params feeds fetch {model} {set_} {field}")
    return feed.id, feed.waiting.id


def _source(kind: str, parts: list[str] | None) -> dict[str, Any]:
    source: dict[str, Any] = {"kind": kind}
    for part in parts or []:
        name, sign, value = part.partition("=")
        if not sign:
            raise _wrong(
                "--with",
                f"“{part[:80]}” has no “=”. Write --with part=value, for instance --with format=json",
            )
        source[name.strip()] = (
            [one.strip() for one in value.split(",")] if name.strip() == "datasets" else value
        )
    return source


def _guards(texts: list[str] | None) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for text in texts or []:
        name, sign, value = text.partition("=")
        if not sign:
            raise _wrong(
                "--guard", f"“{text[:80]}” has no “=”. Write --guard change=5% or --guard stale_days=30"
            )
        made[name.strip()] = value.strip()
    if str(made.get("change", "")).endswith("%"):
        made |= {"change": made["change"].rstrip("% "), "relative": True}
    return made


def _wrong(option: str, sentence: str) -> Exception:
    from engine.errors import Invalid, Problem

    return Invalid("the command", [Problem(option, sentence)])


def _state(feed: Feed) -> str:
    if feed.state != "active":
        return feed.state
    return f"failing ({feed.failures})" if feed.failures else "active"


def _age(found: Any) -> str:
    if found is None or found.age_days is None:
        return ""
    days = f"{found.age_days} day{'' if found.age_days == 1 else 's'}"
    return f"{days}, older than {found.stale_days}" if found.stale else days


def _waits(feed: Feed) -> str:
    return f"{_short(feed.waiting.old)} → {_short(feed.waiting.value)}" if feed.waiting else ""


def _say_try(done: FeedTry, as_json: bool) -> None:
    if as_json:
        write_json(done)
        return
    if done.outcome == "failed":
        note(done.sentence)
        return
    version = f" as version {done.number}" if done.number else ""
    say(f"{done.outcome}{version}: {_short(done.old)} → {_short(done.value)}.")
    if done.sentence:
        note(done.sentence)
