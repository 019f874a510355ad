"""The parameter set that a run's form is filled from: chosen on top of it, and what each field is compared with.

What is shown is what runs: the form remembers the day and moment of the values that it shows, and hands both over
with what was set otherwise. A version that comes into force meanwhile is told, never taken silently.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from app.components.form_state import FormModel, raw_of, read
from app.state import actor, engine
from engine.data.classes import MASK
from engine.errors import Conflict, Invalid, NotFound, QuarterdeckError
from engine.parameters.equality import same
from engine.parameters.fields import validate
from engine.parameters.set_part import parse_reference
from engine.parameters.set_records import PRESET

if TYPE_CHECKING:
    from engine.parameters.set_records import InForce, SetCard
    from engine.runs.records import RunRecord


@dataclass(frozen=True)
class Taken:
    """The values of a set as the form took them: ``raws`` as widgets hold them, of the fields that the form has."""

    reference: str
    place: str
    title: str
    valid_on: date
    known_at: datetime
    versions: dict[str, int]
    raws: dict[str, Any]
    left_out: tuple[str, ...] = ()
    unfit: tuple[str, ...] = ()  # fields whose value is none for this version of the model: the default shows

    @property
    def name(self) -> str:
        """The set's name, without a version."""
        return self.reference.partition("@")[0]

    @property
    def number(self) -> int | None:
        """The fixed version; None: what is in force."""
        return parse_reference(self.reference)[1]

    @property
    def personal(self) -> bool:
        """Is it a preset of one's own?"""
        return self.name.startswith(PRESET)

    @property
    def version(self) -> int:
        """The version at the place itself, or the nearest one above that has one."""
        held = [number for place, number in self.versions.items() if place == self.place]
        return held[0] if held else list(self.versions.values())[-1]

    def kept(self) -> dict[str, Any]:
        """What a draft keeps of it."""
        at = {"valid_on": self.valid_on.isoformat(), "known_at": self.known_at.isoformat()}
        return {"reference": self.reference, "place": self.place, **at}


def take(
    form: FormModel,
    reference: str,
    place: str = "",
    valid_on: date | None = None,
    known_at: datetime | None = None,
) -> Taken:
    """The values of ``name@3``, or of what is in force (today, as known now). Raises NotFound, Conflict, Refused."""
    who, sets = actor(), engine().sets
    name, _ = parse_reference(reference)
    title = sets.get(who, form.model, name).title
    found = sets.in_force(who, form.model, reference, valid_on, known_at, place)
    if not found.versions:
        raise Conflict(
            f"No version of {title} is in force on {found.valid_on.isoformat()}. Choose one of its versions, or have "
            "one approved."
        )
    return _taken(form, reference, title, found)


def _taken(form: FormModel, reference: str, title: str, found: InForce) -> Taken:
    known = {name: value for name, value in found.values.items() if name in form.fields}
    raws = {
        name: raw_of(form.fields[name], value) for name, value in known.items() if _fits(form, name, value)
    }
    return Taken(
        reference,
        found.place,
        title,
        found.valid_on,
        found.known_at,
        found.versions,
        raws,
        left_out=tuple(sorted(found.values.keys() - known.keys())),
        unfit=tuple(sorted(known.keys() - raws.keys())),
    )


def _fits(form: FormModel, name: str, value: Any) -> bool:
    """Is the value one for this form? A field may have another type or rule in another version of the model."""
    if masked(value):
        return True
    try:
        validate(name, form.fields[name], value)
    except Invalid:
        return False
    return True


def masked(value: Any) -> bool:
    """Does this person see only a mask here?"""
    return value == MASK or (isinstance(value, list) and bool(value) and all(one == MASK for one in value))


def from_draft(form: FormModel, kept: dict[str, Any] | None) -> Taken | None:
    """The set that a draft was filled from, exactly as it was then; None where it is gone."""
    if not kept:
        return None
    day, moment = date.fromisoformat(kept["valid_on"]), datetime.fromisoformat(kept["known_at"])
    try:
        return take(form, kept["reference"], kept["place"], day, moment)
    except QuarterdeckError:  # a removed preset, a right that is gone: what was typed stays
        return None


def from_run(form: FormModel, run: RunRecord) -> Taken | None:
    """The set that a run took its values from, as it was then; None: none, or it is gone."""
    told, card = run.parameter_set, origin_of(run)
    if told is None or card is None:
        return None
    return from_draft(form, {**told, "reference": reference_of(told, card)})


def origin_of(run: RunRecord) -> SetCard | None:
    """The set that a run took its values from, under the name that it has today; None: none, or it is gone."""
    told = run.parameter_set
    if not told:
        return None
    return next((c for c in engine().sets.list(actor(), run.model) if c.id == told["set_id"]), None)


def reference_of(told: dict[str, Any], card: SetCard) -> str:
    """What the run asked for (``name`` or ``name@3``), by today's name."""
    _, sign, number = told["asked"].partition("@")
    return f"{card.name}{sign}{number}"


def is_from(taken: Taken | None, reference: str, place: str) -> bool:
    """Is the form filled from that set, version and place already?"""
    return taken is not None and taken.reference == reference and place in ("", taken.place)


def newer(form: FormModel, taken: Taken) -> Taken | None:
    """What is in force now, where that is another version than the form was filled from; else None."""
    if taken.number is not None:
        return None
    try:
        found = take(form, taken.reference, taken.place)
    except (NotFound, Conflict):
        return None
    return found if found.versions != taken.versions else None


def base(form: FormModel, taken: Taken | None, name: str) -> Any:
    """The raw that a field is compared with: the set's, else the model's default."""
    if taken is not None and name in taken.raws:
        return taken.raws[name]
    return form.defaults[name]


def same_raw(form: FormModel, name: str, one: Any, other: Any) -> bool:
    """Do two raws mean the same? An emptied list gives None, a table its own spelling of numbers."""
    if one == other or (one in (None, "", []) and other in (None, "", [])):
        return True
    if form.fields[name].type != "table":
        return False
    values = [read(name, form.fields[name], raw) for raw in (one, other)]
    return values[0].problem is None and same(values[0].value, values[1].value)


def submitted(form: FormModel, taken: Taken | None, values: dict[str, Any]) -> dict[str, Any]:
    """What is handed to the run: all values, or the set with what differs from it."""
    if taken is None:
        return {"values": values}
    return {
        "values": set_otherwise(form, taken, values),
        "parameter_set": taken.reference,
        "place": taken.place,
        "valid_on": taken.valid_on,
        "known_at": taken.known_at,
    }


def set_otherwise(form: FormModel, taken: Taken, values: dict[str, Any]) -> dict[str, Any]:
    """Of the values of a form those that the set (or, where it sets nothing, the model) has otherwise."""
    changed = {}
    for name, value in values.items():
        held = read(name, form.fields[name], base(form, taken, name))
        if name in taken.unfit or held.problem is not None or not same(held.value, value):
            changed[name] = value
    return changed
