"""What a run's page says of the parameter set that its values came from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from markupsafe import Markup

from app.components import form_sets
from app.components.view import badge, join, link, tag
from app.state import actor, engine
from app.text import t
from engine.errors import QuarterdeckError
from engine.runs.records import RunRecord

LONGEST = 60  # characters of a value beside another one
UNAPPROVED = ("in-review", "rejected", "expired")


@dataclass(frozen=True)
class Origin:
    """The set of a run: its name and title of today, and the values that it held for the run then.

    ``name`` is empty where it is gone or not to be seen by who asks; ``values`` are empty then.
    """

    told: dict[str, Any]
    name: str = ""
    title: str = ""
    state: str = ""
    values: dict[str, Any] | None = None

    @property
    def number(self) -> int:
        """The version at the run's place, or the nearest one above."""
        return int(list(self.told["versions"].values())[-1])


def of(run: RunRecord) -> Origin | None:
    """Where a run's values came from; None: from no set."""
    told = run.parameter_set
    if not told:
        return None
    sets, who = engine().sets, actor()
    try:
        card = form_sets.origin_of(run)
        if card is None:
            return Origin(told)
        day, moment = date.fromisoformat(told["valid_on"]), datetime.fromisoformat(told["known_at"])
        found = sets.in_force(who, run.model, form_sets.reference_of(told, card), day, moment, told["place"])
        state = sets.version(who, run.model, card.name, list(told["versions"].values())[-1]).state
    except QuarterdeckError:
        return Origin(told)
    return Origin(told, card.name, card.title, state, found.values)


def fact(run: RunRecord, origin: Origin, manifest: Any) -> Markup:
    """The set with its version as a link, versions of other places, and what was set otherwise."""
    told, number = origin.told, origin.number
    parts: list[Any] = []
    if origin.name:
        words = t("run.set.version", title=origin.title, number=number)
        place = told["place"] or None
        parts.append(link(words, "params-set", model=run.model, set=origin.name, version=number, place=place))
    else:
        parts.append(t("run.set.gone", name=told["name"], number=number))
    if told["place"]:
        parts += [_level(place, held) for place, held in told["versions"].items()]
    if origin.state in UNAPPROVED:
        parts.append(badge(t(f"run.set.state.{origin.state}"), "orange", "hourglass_top"))
    names = [label(manifest, name) for name in told["overrides"]]
    changed = t("run.set.otherwise", fields=", ".join(names)) if names else t("run.set.nothing")
    parts.append(tag("span", changed, cls="qd-muted"))
    if told.get("left_out"):
        parts.append(tag("span", t("run.set.left_out", fields=", ".join(told["left_out"])), cls="qd-muted"))
    return join(parts, " · ")


def _level(place: str, number: int) -> str:
    return t("run.set.at", place=place or t("form.set.company"), number=number)


def label(manifest: Any, name: str) -> str:
    """A field's title, where its manifest is still there."""
    field = manifest.fields.get(name) if manifest else None
    return field.label(name) if field is not None else name


def otherwise(origin: Origin | None, name: str, shown: Callable[[Any], str]) -> str:
    """What the set held, in words, where the run had something else; empty where it had the same."""
    if origin is None or name not in origin.told["overrides"]:
        return ""
    title = origin.title or origin.told["name"]
    if origin.values is None:
        return t("run.set.not_as", title=title)
    if name not in origin.values:
        return t("run.set.extra", title=title)
    value = shown(origin.values[name])
    short = value if len(value) <= LONGEST else value[: LONGEST - 1] + "…"
    return t("run.set.held", title=title, value=short)
