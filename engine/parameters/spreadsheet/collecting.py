"""What goes into a workbook: the values of a version (or what is newest), as known at a moment, at a place."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from engine.access import DATASET_READ, Actor
from engine.errors import Invalid, QuarterdeckError
from engine.parameters import set_queries, set_values
from engine.parameters.canonical import validate
from engine.parameters.in_force import DEFAULT
from engine.parameters.set_records import SetVersion
from engine.parameters.spreadsheet.content import Beside, Content
from engine.parameters.spreadsheet.layout import Meta
from engine.parameters.spreadsheet.rules import MOST_LISTED
from engine.store.base import utc_now

if TYPE_CHECKING:
    from engine.catalog.manifest import Manifest
    from engine.engine import Engine

STATES = {
    "in-review": "waits for a review", "approved": "approved", "superseded": "no longer in force",
    "rejected": "rejected", "expired": "expired",
}  # fmt: skip


def newest(engine: Engine, actor: Actor, model: str, name: str, place: str) -> SetVersion | None:
    """The version that a next one must be based on; None where there is none at the place."""
    with engine.database.look() as connection:
        row = set_queries.set_row(connection, model, name, engine.sets.holder(actor, name))
        found = set_queries.newest(connection, row.id, place, utc_now())
    return None if found is None else engine.sets.version(actor, model, name, found.number)


def defaults_of(manifest: Manifest) -> dict[str, Any]:
    """The model's own defaults that are values."""
    found = {}
    for name, one in manifest.fields.items():
        if one.default is None or one.type == "file":
            continue
        try:
            found[name] = validate(name, one, one.default)
        except Invalid:
            continue  # its own check says so where the model is registered
    return found


def collect(
    engine: Engine,
    actor: Actor,
    model: str,
    name: str,
    version: SetVersion | None,
    place: str,
    valid_on: date,
    known_at: datetime,
    beside: Sequence[str] = (),
) -> Content:
    """The content of a workbook: the same again for the same version, day and moment. Raises NotFound."""
    loaded = engine.catalog.version(actor, model)
    manifest = loaded.manifest
    reference = f"{name}@{version.number}" if version is not None else name
    held = engine.sets.in_force(actor, model, reference, valid_on, known_at, place)
    above: dict[str, Any] = {}
    origins: dict[str, str] = {}
    if place:
        parent = engine.sets.in_force(actor, model, name, valid_on, known_at, place.rpartition("/")[0])
        above, origins = parent.values, parent.origin
    defaults = defaults_of(manifest)
    own = frozenset(n for n, origin in held.origin.items() if origin == place and version is not None)
    card = engine.sets.get(actor, model, name)
    meta = Meta(model, name, place, version.number if version else None, valid_on, known_at, loaded.number)
    others = [_beside(engine, actor, model, one, valid_on, known_at, defaults) for one in beside]
    return Content(
        meta,
        manifest.fields,
        manifest.model.title,
        card.title,
        _state(name, version, valid_on),
        defaults | {n: v for n, v in held.values.items() if n in manifest.fields},
        frozenset(n for n in own if n in manifest.fields),
        defaults | {n: v for n, v in above.items() if n in manifest.fields},
        {n: origin for n, origin in origins.items() if origin != DEFAULT},
        frozenset(set_values.masked_fields(engine, actor, manifest)),
        offered(engine, actor, model, manifest),
        others,
    )


def _beside(
    engine: Engine,
    actor: Actor,
    model: str,
    reference: str,
    valid_on: date,
    known_at: datetime,
    defaults: dict[str, Any],
) -> Beside:
    """``name@3``, ``name`` or ``name:DE`` beside the values."""
    stem, _, place = reference.partition(":")
    held = engine.sets.in_force(actor, model, stem, valid_on, known_at, place)
    heading = reference
    if "@" not in stem and (number := held.versions.get(held.place)):
        heading = f"{stem}@{number}" + (f":{place}" if place else "")
    return Beside(heading, defaults | held.values)


def _state(name: str, version: SetVersion | None, day: date) -> str:
    told = f"Downloaded on {day.isoformat()}."
    if version is None:
        return f"No version yet: the values are inherited. {told}"
    state = STATES.get(version.state, version.state)
    return f"Version {version.number} of “{name}”, {state}, from {version.effective_from.isoformat()}. {told}"


def offered(engine: Engine, actor: Actor, model: str, manifest: Manifest) -> dict[str, list[str]]:
    """The values to choose from data, and the names of secrets, that this person may see."""
    found: dict[str, list[str]] = {}
    for name, one in manifest.fields.items():
        source = getattr(one, "choices_from", None)
        if one.type == "secret" and engine.secrets is not None:
            department = engine.catalog.resource(model).department
            found[name] = [secret for secret, _ in engine.secrets.offered(actor, department)]
        elif source is not None and source.dataset:
            found[name] = _distinct(engine, actor, source.dataset, source.column)
    return {name: values for name, values in found.items() if values}


def _distinct(engine: Engine, actor: Actor, dataset: str, column: str) -> list[str]:
    stem, _, number = dataset.partition("@")
    try:
        about = engine.datasets.resource(stem)
        if not engine.authorizer.decide(actor, DATASET_READ, about).allowed:
            return []
        version = int(number) if number else None
        if any(
            one.masked for one in engine.datasets.version(actor, stem, version).schema if one.name == column
        ):
            return []
        values = engine.datasets.values(actor, stem, column, version, MOST_LISTED)
    except QuarterdeckError:
        return []  # the list is a help; what is typed is checked again when it is stored
    return [str(value) for value in values if value is not None]
