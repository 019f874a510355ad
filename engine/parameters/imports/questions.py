"""What a file leaves open, found by trying: a question is asked where its answer decides whether a value reads.

Each question is found as if it had not been answered, so that an answer can be seen and changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import product
from typing import Any, cast

from engine.errors import Invalid
from engine.parameters.field_types import FieldBase, MoneyField, PercentField
from engine.parameters.formatting import format_text
from engine.parameters.imports.records import Answers, Option, Question
from engine.parameters.textfiles.document import Document, Entry
from engine.parameters.textfiles.matching import Preview, reading_of
from engine.parameters.textfiles.suggesting import doubtful_scale
from engine.parameters.textfiles.values import Reading, value_of, without_bounds

CURRENCIES = ("EUR", "USD", "GBP", "CHF")  # offered where a field allows any
_ASKS: dict[str, tuple[str, ...]] = {
    "integer": ("decimal",), "number": ("decimal",), "percent": ("decimal", "scale"), "money": ("decimal", "currency"),
    "duration": ("decimal",), "date": ("days",), "date-time": ("days", "zone"),
}  # fmt: skip
_ANSWER_OF = {"scale": "scales", "currency": "currencies"}
_NO_VALUE = object()


@dataclass(frozen=True)
class _Value:
    """One value of the file that may have several readings; ``free`` is its field without bounds."""

    name: str
    field: FieldBase
    free: FieldBase
    entry: Entry
    reading: Reading

    def read(self, answers: Mapping[str, str]) -> Any:
        """The value by these answers; ``_NO_VALUE`` where it cannot be read so."""
        try:
            return value_of(self.name, self.free, self.entry.item, replace(self.reading, **answers))
        except Invalid:
            return _NO_VALUE

    def shown(self, answers: Mapping[str, str]) -> str:
        """What the value comes to by these answers, as text."""
        value = self.read(answers)
        return "" if value is _NO_VALUE else _short(format_text(self.free, value))


def questions(
    document: Document, preview: Preview, fields: Mapping[str, FieldBase], answers: Answers, zones: tuple[str, ...]
) -> tuple[Question, ...]:  # fmt: skip
    """All that the file leaves open; ``zones`` are the time zones to offer. Those already answered say so."""
    found: dict[tuple[str, str], list[_Value]] = {}
    for line in preview.lines:
        entry = document.entry(line.path)
        if entry is None or line.state == "refused":
            continue
        field = fields[line.name]
        plain = reading_of(document, preview.options, line.name, field, entry)
        value = _Value(line.name, field, _free(field), entry, _unanswered(plain, entry))
        for about in _open(value, zones):
            whole = about in ("decimal", "days", "zone")
            found.setdefault((about, "" if whole else line.name), []).append(value)
    return tuple(_question(about, name, values, answers, zones) for (about, name), values in found.items())


def _free(field: FieldBase) -> FieldBase:
    """Bounds are told at the line itself; the item of a list decides what is asked."""
    return without_bounds(field)


def _unanswered(reading: Reading, entry: Entry) -> Reading:
    scale = reading.scale if entry.unit == "%" else ""  # the file's own unit column says it
    return replace(reading, decimal="", days="", zone=None, currency="", scale=scale)


def _type(field: FieldBase) -> FieldBase:
    item = getattr(field, "item", None)
    return cast(FieldBase, item) if field.type == "list" and item is not None else field


def _open(value: _Value, zones: tuple[str, ...]) -> Iterator[str]:
    kinds = _ASKS.get(_type(value.field).type, ())
    doubtful = "scale" in kinds and _doubtful(value)
    if doubtful:
        yield "scale"
    if value.read({}) is not _NO_VALUE:
        return
    for about in kinds:
        if (about != "scale" or not doubtful) and _decides(about, value, kinds, zones):
            yield about


def _decides(about: str, value: _Value, kinds: tuple[str, ...], zones: tuple[str, ...]) -> bool:
    """Is there an answer to the other questions with which only this one is left?"""
    others = [[{}, *_choices(other, value, zones)] for other in kinds if other != about]
    for combination in product(*others):
        said: dict[str, str] = {}
        for part in combination:
            said |= part
        readings = [value.read(said | choice) for choice in _choices(about, value, zones)]
        if value.read(said) is _NO_VALUE and any(one is not _NO_VALUE for one in readings):
            return True
    return False


def _doubtful(value: _Value) -> bool:
    """A percentage that reads in both scales, where the other one is as likely."""
    field = value.field
    return isinstance(field, PercentField) and doubtful_scale(
        value.name, field, value.entry.item, value.reading
    )


def _choices(about: str, value: _Value, zones: tuple[str, ...]) -> list[dict[str, str]]:
    match about:
        case "decimal":
            return [{"decimal": ","}, {"decimal": "."}]
        case "days":
            return [{"days": "day"}, {"days": "month"}]
        case "zone":
            return [{"zone": zone} for zone in zones]
        case "scale":
            return [{"scale": "points"}, {"scale": "fraction"}]
        case _:
            field = _type(value.field)
            offered = field.currencies if isinstance(field, MoneyField) else []
            return [{"currency": code} for code in offered or CURRENCIES]


def _question(
    about: str, name: str, values: list[_Value], answers: Answers, zones: tuple[str, ...]
) -> Question:
    first = values[0]
    given = getattr(answers, _ANSWER_OF.get(about, about))
    answered = given.get(name, "") if isinstance(given, Mapping) else given
    options = []
    for choice in _choices(about, first, zones):
        (answer,) = choice.values()
        options.append(Option(answer, _label(about, answer, first, choice, zones)))
    if answered and answered not in {option.answer for option in options}:
        options.append(Option(answered, answered))
    lines = tuple(sorted({value.entry.line for value in values}))
    return Question(about, _sentence(about, first, len(values)), tuple(options), name, lines, answered)


def _label(about: str, answer: str, value: _Value, choice: dict[str, str], zones: tuple[str, ...]) -> str:
    said = {
        "decimal": {",": "Comma", ".": "Point"}.get(answer, answer),
        "days": {"day": "The day", "month": "The month"}.get(answer, answer),
        "scale": {"points": "In percent", "fraction": "As fractions"}.get(answer, answer),
    }.get(about, answer)
    if about == "zone":
        return said
    meant = value.shown(choice) or next(
        (text for other in _fill(about, value, zones) if (text := value.shown(other | choice))), ""
    )
    shown = _short(value.entry.item.text)
    return f"{said}: {shown} is {meant}" if meant else f"{said}: {shown} is then no value of this field"


def _fill(about: str, value: _Value, zones: tuple[str, ...]) -> Iterator[dict[str, str]]:
    """First answers to what else is open, to show what an answer comes to."""
    others = [k for k in _ASKS.get(_type(value.field).type, ()) if k != about]
    for other in others:
        yield from _choices(other, value, zones)


def _sentence(about: str, value: _Value, count: int) -> str:
    shown, line = _short(value.entry.item.text), value.entry.line
    where = f"“{shown}” on line {line}" + (f" and {count - 1} more" if count > 1 else "")
    label = value.field.label(value.name)
    match about:
        case "decimal":
            return f"Which is the file's decimal sign? {where} reads either way."
        case "days":
            return f"What comes first in the file's days, the day or the month? {where} reads either way."
        case "zone":
            return f"Which time zone do the file's times mean? {where} names none."
        case "scale":
            return f"How does the file write “{label}”? {where} reads as percent and as a fraction."
        case _:
            return f"In which currency is “{label}”? {where} names none."


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= 40 else flat[:39] + "…"
