"""Values of a run out of a parameter set, what was changed on top of them, and the record of both."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert

from engine.errors import Conflict
from engine.parameters.in_force import lineage
from engine.parameters.merging import MISSING, same
from engine.parameters.set_reading import parse_reference
from engine.store.tables_parameters import RUN_PARAMETER

if TYPE_CHECKING:
    from engine.access import Actor
    from engine.engine import Engine
    from engine.parameters.set_records import InForce
    from engine.store.database import Change


def values(
    engine: Engine, actor: Actor, model: str, reference: str, place: str, given: Mapping[str, Any]
) -> tuple[dict[str, Any], InForce]:
    """The values of a set (``name@3``, or ``name``: what is in force today) with those given on top.

    Raises NotFound and Refused for the set, Conflict where nothing is in force yet.
    """
    name, _ = parse_reference(reference)
    engine.sets.get(actor, model, name)  # asks whether this person may read it
    found = engine.sets.resolved(actor, model, reference, place=place)
    if not found.versions:
        raise Conflict(
            f"No version of the parameter set “{name}” is in force on {found.valid_on.isoformat()}. Have one "
            f"approved, or name a version: {name}@NUMBER."
        )
    return {**found.values, **given}, found


def record(
    found: InForce, reference: str, given: Mapping[str, Any], checked: Mapping[str, Any]
) -> dict[str, Any]:
    """What a run remembers: the set, the version at each place, and which fields were set otherwise.

    The values themselves are the run's own; here are only names, so that what is masked there stays so.
    """
    changed = [name for name in sorted(given) if not same(checked.get(name), found.values.get(name, MISSING))]
    return {
        "name": found.set,
        "set_id": found.set_id,
        "asked": reference,
        "place": found.place,
        "versions": {
            place: found.versions[place] for place in lineage(found.place) if place in found.versions
        },
        "valid_on": found.valid_on.isoformat(),
        "known_at": found.known_at.isoformat(),
        "overrides": changed,
    }


def note(change: Change, run_id: str, parameters: Mapping[str, Any]) -> None:
    """Write which versions the run used, so that each version can list its runs."""
    if parameters:
        rows = [
            {"run_id": run_id, "set_id": parameters["set_id"], "place": place, "number": number}
            for place, number in parameters["versions"].items()
        ]
        change.connection.execute(insert(RUN_PARAMETER), rows)
