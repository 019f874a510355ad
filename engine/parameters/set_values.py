"""Values on their way into a parameter set and out of it: the rules they keep, and what stays masked."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from engine.access import SYSTEM, Actor
from engine.data.classes import MASK, find
from engine.errors import Invalid, Problem
from engine.parameters.canonical import validate
from engine.parameters.checking import check_values
from engine.parameters.field_types import FileField

if TYPE_CHECKING:
    from engine.catalog.manifest import Manifest
    from engine.engine import Engine

MOST_TOLD = 2000  # characters of one value in the audit log: of a longer one (a table) only its size is told
NAME = re.compile(r"~?[a-z][a-z0-9]*(-[a-z0-9]+)*")
PLACE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}(/[A-Za-z0-9][A-Za-z0-9_-]{0,39}){0,3}")
CURRENCY = re.compile(r"[A-Z]{3}")
NOBODY = Actor(id="")


def check_name(name: str) -> None:
    """Raise Invalid for a name that cannot be a set's."""
    if len(name) > 80 or not NAME.fullmatch(name):
        rule = "lower-case letters, digits and hyphens, beginning with a letter (after “~” for a preset of one's own)"
        sentence = f"“{name[:80]}” cannot name a parameter set: use {rule}, for instance summer-prices."
        raise Invalid("the name", [Problem("name", sentence, name[:80], rule)])


def check_place(place: str, currency: str = "") -> None:
    """Raise Invalid for what cannot be a place or a currency."""
    problems = []
    if not PLACE.fullmatch(place):
        rule = "a path of letters and digits such as DE or DE/S001"
        problems.append(Problem("place", f"“{place[:80]}” is no place: write {rule}.", place[:80], rule))
    if currency and not CURRENCY.fullmatch(currency):
        rule = "an ISO 4217 code of three capital letters"
        problems.append(
            Problem("currency", f"“{currency[:20]}” is no currency: write {rule}, for instance EUR.")
        )
    if problems:
        raise Invalid("the place", problems)


def clean(text: str, most: int = 2000) -> str:
    """Text of a person that every database takes, cut to a sensible length."""
    return text.encode("utf-8", "replace").decode().replace("\0", "\ufffd").strip()[:most]


def canonical_values(manifest: Manifest, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values that a set is to hold, each by its own field's rules. Raises Invalid with all problems.

    Relative dates (``today``) stay as they are: they are resolved by the day of the run.
    """
    problems: list[Problem] = []
    made: dict[str, Any] = {}
    for name, value in values.items():
        field = manifest.fields.get(name)
        if field is None:
            known = ", ".join(manifest.fields) or "none"
            sentence = f"The model has no field “{clean(str(name), 80)}”. Its fields are: {known}."
            problems.append(Problem(clean(str(name), 80), sentence, rule="unknown field"))
        elif isinstance(field, FileField):
            sentence = f"{field.label(name)} is a file: files belong to a single run, not to a parameter set."
            problems.append(Problem(name, f"{sentence} Leave it out here.", rule="no file"))
        else:
            try:
                made[name] = validate(name, field, value)
            except Invalid as failure:
                problems += failure.problems
    if problems:
        raise Invalid("the parameter set", problems)
    return made


def check_together(manifest: Manifest, merged: Mapping[str, Any]) -> None:
    """The rules across fields, over what will hold at the place. Raises Invalid.

    A required field that no place sets yet is no problem here: a run may bring it.
    """
    try:
        check_values(manifest, merged)
    except Invalid as failure:
        told = [p for p in failure.problems if p.where in merged or p.where not in manifest.fields]
        if told:
            raise Invalid("the parameter set", told) from None


def masked_fields(engine: Engine, actor: Actor | None, manifest: Manifest) -> set[str]:
    """Fields whose choices come from a column with personal data that ``actor`` sees masked (None: anybody)."""
    if not engine.datasets.column_classes.all():
        return set()
    found = set()
    for name, field in manifest.fields.items():
        source = getattr(field, "choices_from", None)
        if source is None:
            continue
        given = manifest.inputs.get(source.input) if source.input else None
        dataset = source.dataset or (given.dataset if given is not None else None)
        if dataset:
            hidden = engine.datasets.column_classes.hidden(actor or NOBODY, dataset.partition("@")[0])
            if find(source.column, hidden):
                found.add(name)
    return found


def manifest_of(engine: Engine, model: str) -> Manifest:
    """The fields as the live version has them."""
    return engine.catalog.version(SYSTEM, model).manifest


def defaults(manifest: Manifest) -> dict[str, Any]:
    """The model's own defaults as a set would hold them; one that cannot be set (a file) is left out."""
    found: dict[str, Any] = {}
    for name, field in manifest.fields.items():
        if field.default is not None:
            try:
                found |= canonical_values(manifest, {name: field.default})
            except Invalid:
                continue
    return found


def shown(values: Mapping[str, Any], masked: set[str]) -> dict[str, Any]:
    """Values as somebody may see them."""
    if not masked:
        return dict(values)
    return {name: _mark(value) if name in masked else value for name, value in values.items()}


def _mark(value: Any) -> Any:
    if value is None:
        return None
    return [MASK] * len(value) if isinstance(value, list) else MASK


def unmasked(given: Mapping[str, Any], before: Mapping[str, Any], masked: set[str]) -> dict[str, Any]:
    """What came back from somebody who saw a mask: what they left alone is what it was."""
    return {
        name: before[name] if name in masked and name in before and value == _mark(before[name]) else value
        for name, value in given.items()
    }


def told(values: Mapping[str, Any], names: list[str], masked: set[str]) -> dict[str, Any]:
    """The named fields for the audit log: personal data left out, long tables by their size."""
    found: dict[str, Any] = {}
    for name in names:
        if name in values:
            value = values[name]
            long = isinstance(value, list | dict | str) and len(json.dumps(value)) > MOST_TOLD
            found[name] = MASK if name in masked else f"({len(value)} entries)" if long else value
    return found


__all__ = [
    "canonical_values", "check_name", "check_place", "check_together", "clean", "defaults", "manifest_of",
    "masked_fields", "shown", "told", "unmasked",
]  # fmt: skip
