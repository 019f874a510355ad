"""What a form holds: per field what was typed (raw), the value it means, and what is wrong with it.

No Streamlit here. *Raw* is what a widget keeps: text for everything typed, bool, a choice, a list of choices,
or the canonical JSON of a table or file. A draft is the raw of every field, so that a wrong value is kept too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from app.state import engine
from engine.errors import Invalid, Problem, Unavailable
from engine.parameters import fields
from engine.parameters.checking import shown_by
from engine.parameters.field_types import FieldBase
from engine.settings import Settings

LOCALE = "en"
PLAIN_TYPES = frozenset({"boolean", "choice", "multi-choice", "table", "file"})
EMPTY_LIST = "[]"  # how an empty list is written in a field that may as well stay empty
ECHOED = frozenset({"integer", "number", "percent", "money", "duration", "period", "date", "date-time"})


@dataclass(frozen=True)
class Read:
    """A field's raw, read: ``value`` is canonical (None: empty), ``problem`` the first thing wrong with it."""

    value: Any = None
    problem: Problem | None = None


def raw_of(field: FieldBase, value: Any) -> Any:
    """What the widget of a field holds for a canonical value."""
    if field.type == "multi-choice":
        return list(value or [])
    if field.type == "boolean":
        return bool(value) if value is not None else (None if not field.required else False)
    if field.type in PLAIN_TYPES:
        return value
    if value is None:
        return ""
    if value == [] and not field.required:
        return EMPTY_LIST
    return fields.format_text(field, value, LOCALE)


def business_zone() -> str:
    """The zone meant when a date-time is typed without one; the echo says it with its offset."""
    try:
        return engine().settings.business_timezone
    except Unavailable:  # a form read outside of a server
        return Settings().business_timezone


def read(name: str, field: FieldBase, raw: Any) -> Read:
    """The value that a raw means. Never raises: what is wrong is in the answer."""
    try:
        if field.type in PLAIN_TYPES:
            empty = raw is None or (field.type == "multi-choice" and not raw and not field.required)
            return Read(fields.validate(name, field, None if empty else raw))
        typed = str(raw or "").strip()
        if field.type == "list" and (typed == EMPTY_LIST or (field.required and not typed)):
            return Read(fields.validate(name, field, []))  # its rules say whether it may be empty
        if not typed and field.type != "text":
            return Read(fields.validate(name, field, None))
        return Read(fields.parse_text(name, field, str(raw or ""), LOCALE, zone=business_zone()))
    except Invalid as error:
        return Read(problem=error.problems[0])


def echo(field: FieldBase, raw: Any, value: Any) -> str:
    """How we understood what was typed, where that is not the same text: ``1250000`` → ``1,250,000``."""
    if field.type not in ECHOED or value is None:
        return ""
    shown = fields.describe(field, value, LOCALE)
    same = str(raw).strip()
    return "" if shown in (same, f"{same} {field.unit}".strip()) else shown


@dataclass(frozen=True)
class FormModel:
    """A model version as far as its form needs it: built once, kept while the version is in use."""

    version_id: str
    model: str
    number: int
    manifest: Any
    page: str = "form"  # what tells this form's widgets from those of another one over the same fields
    extras: tuple[str, ...] = ("seed",)  # what it asks for beside the fields

    @cached_property
    def fields(self) -> dict[str, FieldBase]:
        """Fields by name, in the manifest's order."""
        found: dict[str, FieldBase] = self.manifest.fields
        return found

    @cached_property
    def groups(self) -> list[tuple[str, list[str]]]:
        """Headings with the names of their fields, in the manifest's order."""
        grouped: dict[str, list[str]] = {}
        for name, field in self.fields.items():
            grouped.setdefault(field.group, []).append(name)
        return list(grouped.items())

    @cached_property
    def defaults(self) -> dict[str, Any]:
        """The default of each field as its widget holds it."""
        return {name: raw_of(field, self._default(name, field)) for name, field in self.fields.items()}

    @cached_property
    def _conditional(self) -> bool:
        return any(field.show_when for field in self.fields.values())

    def visible(self, values: Mapping[str, Any]) -> frozenset[str]:
        """The fields that show for these values (None where one is empty or wrong)."""
        if not self._conditional:
            return self._all
        return self._all - fields.hidden_fields(self.manifest, values)

    @cached_property
    def _all(self) -> frozenset[str]:
        return frozenset(self.fields)

    @cached_property
    def deciders(self) -> frozenset[str]:
        """The fields that decide whether others show."""
        return frozenset(name for field in self.fields.values() for name in shown_by(field, self.fields))

    @cached_property
    def feeding(self) -> frozenset[str]:
        """The inputs whose table gives a field its choices."""
        sources = [getattr(field, "choices_from", None) for field in self.fields.values()]
        return frozenset(source.input for source in sources if source is not None and source.input)

    def values(self, raws: Mapping[str, Any]) -> tuple[dict[str, Any], list[Problem]]:
        """The values of all fields that show, and every problem with them: of single fields and across fields."""
        reads = {name: read(name, field, raws[name]) for name, field in self.fields.items()}
        shown = self.visible({name: found.value for name, found in reads.items()})
        problems = {name: found.problem for name, found in reads.items() if found.problem and name in shown}
        given = {
            name: raws[name] if name in problems else reads[name].value for name in reads if name in shown
        }
        try:
            fields.check_values(self.manifest, given)
        except Invalid as error:
            across = [p for p in error.problems if p.where not in problems]
        else:
            across = []
        return given, [*problems.values(), *across]

    def _default(self, name: str, field: FieldBase) -> Any:
        if field.default is None:
            return None
        try:
            return fields.validate(name, field, field.default)
        except Invalid:
            return field.default  # a relative date such as today is a default, but no date yet

    def key(self, name: str) -> str:
        """The key of a field's widget: one form of one model version in a session."""
        return f"{self.page}-{self.model}-{self.number}-{name}"

    def raws(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The raw of each field for the values of a run."""
        return {
            name: raw_of(field, values.get(name)) for name, field in self.fields.items() if name in values
        }
