"""What an entry of the audit log is about, as people read it: titles instead of ids, links where there is a page."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from markupsafe import Markup

from app.components import shown
from app.components.view import join, link, tag
from app.state import actor, engine
from app.text import has, t
from auth.audit.search import Entry

RUN_STATE = "run-state-changed"


def titles(entries: Iterable[Entry]) -> dict[str, str]:
    """Titles of the models that these entries name, as far as this person may see them; asked for once."""
    if not any(model_of(entry) for entry in entries):
        return {}
    return {card.name: card.title for card in engine().catalog.list(actor())}


def model_of(entry: Entry) -> str:
    """The model's name that an entry tells; empty where it tells none."""
    if entry.object_kind == "model":
        return entry.object_id
    return str(entry.details.get("model") or "") if entry.object_kind == "run" else ""


def what(entry: Entry) -> str:
    """What was done: a run's step by its own words (“Run submitted”), else the action's name."""
    new = entry.details.get("new")
    if entry.action == RUN_STATE and has(f"audit.run.{new}"):
        return t(f"audit.run.{new}")
    return titled(entry.action)


def titled(action: str) -> str:
    """An action as people read it: “Alias moved”; a permission that was refused stays what it is."""
    return action if "." in action else action.replace("-", " ").capitalize()


def described(entry: Entry, known: dict[str, str]) -> Markup:
    """The kind of object and its name, linked to its page; ``known`` are the models' titles."""
    draw = _DRAWN.get(entry.object_kind)
    name = draw(entry, known) if draw and entry.object_id else tag("span", entry.object_id or "–")
    return join([kind(entry.object_kind), " ", name]) if entry.object_kind else name


def kind(name: str) -> str:
    """A kind of object in words."""
    return t(f"audit.kind.{name}") if has(f"audit.kind.{name}") else name


def _model(entry: Entry, known: dict[str, str]) -> Markup:
    return link(known.get(entry.object_id, entry.object_id), "model", model=entry.object_id)


def _run(entry: Entry, known: dict[str, str]) -> Markup:
    model = model_of(entry)
    short = f"…{entry.object_id[-6:]}" if len(entry.object_id) > 12 else entry.object_id
    label = f"{known.get(model, model)} ({short})" if model else short
    return link(tag("span", label, title=entry.object_id), "run", run=entry.object_id)


def _account(entry: Entry, _known: dict[str, str]) -> Markup:
    return link(shown.person(entry.object_id), "people", person=entry.object_id)


def _signed_in(entry: Entry, _known: dict[str, str]) -> Markup:
    return tag("span", shown.person(entry.object_id))


def _dataset(entry: Entry, _known: dict[str, str]) -> Markup:
    return link(entry.object_id, "datasets", dataset=entry.object_id)


def _set(entry: Entry, _known: dict[str, str]) -> Markup:
    model, _, name = entry.object_id.partition("/")
    return link(entry.object_id, "params-set", model=model, set=name) if name else tag("span", model)


_DRAWN: dict[str, Callable[[Entry, dict[str, str]], Any]] = {
    "model": _model,
    "run": _run,
    "account": _account,
    "sign-in": _signed_in,
    "dataset": _dataset,
    "params": _set,
}
