"""Values of a run out of a parameter set, what was changed on top of them, and the record of both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select

from engine.access import PARAMS_READ, require
from engine.errors import Conflict, Invalid, Problem
from engine.parameters.equality import MISSING, same
from engine.parameters.in_force import lineage
from engine.parameters.set_part import parse_reference
from engine.runs import submission
from engine.runs.submission import Checked, InputRef
from engine.store.tables_parameters import RUN_PARAMETER, SET

if TYPE_CHECKING:
    from engine.access import Actor
    from engine.engine import Engine
    from engine.parameters.set_records import InForce
    from engine.store.database import Change


@dataclass(frozen=True)
class Asked:
    """The values of which set: ``reference`` is ``name@3``, or ``name``: what is in force on a day, known by a moment.

    ``valid_on`` and ``known_at`` are for callers that have shown these values already: what comes into force
    between showing and running changes nothing. Without them: today, and what is known now.
    """

    reference: str
    place: str = ""
    valid_on: date | None = None
    known_at: datetime | None = None


def check(
    engine: Engine,
    actor: Actor,
    model: str,
    asked: Asked,
    given: Mapping[str, Any],
    inputs: dict[str, InputRef],
    version: int | str | None,
    seed: int | None,
) -> Checked:
    """As ``submission.check``, with the values of a set below those given. Raises as ``values`` besides."""
    if not asked.reference:
        _nothing_else(asked)
        return submission.check(engine, actor, model, dict(given), inputs, version, seed)
    merged, taken = values(engine, actor, model, asked, given, version)
    settled = merged.keys() - given.keys()
    checked = submission.check(engine, actor, model, merged, inputs, version, seed, settled)
    return replace(checked, parameters=record(taken, asked.reference, given, checked.values))


def _nothing_else(asked: Asked) -> None:
    """Where no set is named, what belongs to one must not be passed over in silence. Raises Invalid."""
    given = {"place": asked.place, "valid_on": asked.valid_on, "known_at": asked.known_at}
    problems = [
        Problem(
            name,
            f"“{name}” belongs to a parameter set: name one as parameter_set, or leave it out.",
            str(value)[:80],
            "with a parameter set",
        )
        for name, value in given.items()
        if value
    ]
    if problems:
        raise Invalid("the run", problems)


def values(
    engine: Engine,
    actor: Actor,
    model: str,
    asked: Asked,
    given: Mapping[str, Any],
    version: int | str | None,
) -> tuple[dict[str, Any], InForce]:
    """The values of a set with those given on top, as far as the model's ``version`` has such fields.

    Raises NotFound and Refused for the set, Conflict where nothing is in force yet.
    """
    name, _ = parse_reference(asked.reference)
    require(engine.authorizer, actor, PARAMS_READ, engine.sets.resource(actor, model, name), engine.auditor)
    found = engine.sets.resolved(actor, model, asked.reference, asked.valid_on, asked.known_at, asked.place)
    if not found.versions:
        raise Conflict(
            f"No version of the parameter set “{name}” is in force on {found.valid_on.isoformat()}. Have one "
            f"approved, or name a version: {name}@NUMBER."
        )
    fields = engine.catalog.version(actor, model, version).manifest.fields
    taken = {field: value for field, value in found.values.items() if field in fields}
    return {**taken, **given}, found


def record(
    found: InForce, reference: str, given: Mapping[str, Any], checked: Mapping[str, Any]
) -> dict[str, Any]:
    """What a run remembers: the set, the version at each place, and which fields were set otherwise.

    The values themselves are the run's own; here are only names, so that what is masked there stays so.
    ``left_out`` are fields of the set that the version of the model does not have.
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
        "left_out": sorted(found.values.keys() - checked.keys()),
    }


def note(change: Change, run_id: str, parameters: Mapping[str, Any]) -> None:
    """Write which versions the run used, so that each version can list its runs."""
    if not parameters:
        return
    there = select(SET.c.id).where(SET.c.id == parameters["set_id"])
    if (
        change.connection.execute(there).scalar() is not None
    ):  # a preset may be gone when its run is run again
        rows = [
            {"run_id": run_id, "set_id": parameters["set_id"], "place": place, "number": number}
            for place, number in parameters["versions"].items()
        ]
        change.connection.execute(insert(RUN_PARAMETER), rows)
