"""From what a person typed (or a command line's ``--set``) to the canonical value."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import date, datetime
from typing import Any, cast

from engine.errors import Invalid
from engine.parameters import field_types as f
from engine.parameters.bounds import Broken
from engine.parameters.canonical import allows_empty, canonical, listed, problem
from engine.parameters.canonical_moments import Context
from engine.parameters.compound import parse_table
from engine.parameters.durations import parse_duration
from engine.parameters.moments import parse_any_period, parse_date, parse_instant
from engine.parameters.money import parse_money
from engine.parameters.numbers import EXACT, Unreadable, as_float, parse_decimal, signs

YES = frozenset({"yes", "y", "true", "t", "on", "1", "ja", "j", "wahr", "an", "oui", "vrai", "si", "sí"})
NO = frozenset({"no", "n", "false", "f", "off", "0", "nein", "falsch", "aus", "non", "faux"})


def parse_text(
    name: str, field: f.FieldBase, text: str, locale: str = "en", *, zone: str | None = None,
    today: date | None = None, now: datetime | None = None, choices: Collection[str] | None = None,
) -> Any:  # fmt: skip
    """The canonical value of a text. Raises Invalid with one Problem that names the readings of unclear text.

    ``locale`` (``en``, ``de``, ``en-GB``) is the reader's language, ``""`` when unknown; ``zone`` the business
    time zone, meant for date-times where neither the text nor the field names one.
    """
    try:
        return canonical(field, _read(field, text, locale, zone), Context(today, now, choices))
    except Unreadable as error:
        raise Invalid("the form", [problem(name, field, text, error)]) from None


def _read(field: f.FieldBase, text: str, locale: str, zone: str | None) -> Any:
    """A natural value of the field's type; rules are checked afterwards by ``canonical``."""
    if not text.strip() and not isinstance(field, f.TextField):
        return [] if isinstance(field, f.ListField | f.MultiChoiceField) else None
    match field.type:
        case "text":
            return "" if not text and allows_empty(cast(f.TextField, field)) else text
        case "integer":
            return _integer(cast(f.IntegerField, field), text, locale)
        case "number":
            return _number(cast(f.NumberField, field), text, locale)
        case "percent":
            return _percent(cast(f.PercentField, field), text, locale)
        case "money":
            amount, currency = parse_money(cast(f.MoneyField, field), text, locale)
            return {"amount": amount, "currency": currency}
        case "boolean":
            return _boolean(text)
        case "choice":
            return choice_value(cast(f.ChoiceField, field).choices, text)
        case "multi-choice":
            return [
                choice_value(cast(f.MultiChoiceField, field).choices, t)
                for t in items_of(text, numbers=False, locale=locale)
            ]
        case "date":
            return parse_date(text, locale)
        case "date-time":
            return parse_instant(text, locale, cast(f.DateTimeField, field).zone or zone)
        case "duration":
            return parse_duration(text, locale)
        case "period":
            return parse_any_period(text)
        case "list":
            return _list(cast(f.ListField, field), text, locale, zone)
        case "table":
            return parse_table(cast(f.TableField, field), text, locale)
        case "file":
            return _file(text)
        case _:
            return text.strip()


def _without_unit(text: str, unit: str) -> str:
    bare = text.strip()
    if unit and bare.lower().endswith(unit.lower()):
        return bare[: -len(unit)].rstrip()
    return bare


def _labelled(choices: list[f.Choice], text: str) -> str | None:
    return next((c.value for c in choices if text.strip() in (c.value, c.label)), None)


def _integer(field: f.IntegerField, text: str, locale: str) -> int:
    if (chosen := _labelled(field.choices, text)) is not None:
        return int(chosen)
    number = parse_decimal(_without_unit(text, field.unit), locale, 0)
    if not number.is_finite() or number != number.to_integral_value():
        raise Unreadable("is not a whole number", "Enter digits only, for instance 12.")
    return int(number)


def _number(field: f.NumberField, text: str, locale: str) -> float:
    if (chosen := _labelled(field.choices, text)) is not None:
        return float(chosen)
    return as_float(parse_decimal(_without_unit(text, field.unit), locale, field.decimals))


def _percent(field: f.PercentField, text: str, locale: str) -> float:
    """``12.5 %`` in either scale; without the sign, the number in the field's own scale where that is certain."""
    bare = text.strip()
    marked = bare.endswith("%") or bare.startswith("%")
    number = parse_decimal(
        bare.strip("%").strip(), locale, field.decimals if marked or field.scale == "points" else None
    )
    if field.scale == "points":
        return as_float(number)
    if marked:
        return as_float(EXACT.scaleb(number, -2) if number.is_finite() else number)
    if number.is_finite() and abs(number) >= 1:
        hundred = EXACT.normalize(EXACT.scaleb(number, 2))
        raise Unreadable(f"could mean {bare} % or {hundred:f} %", f"Enter {bare} % or {hundred:f} %.")
    return as_float(number)


def _boolean(text: str) -> bool:
    word = text.strip().lower()
    if word in YES or word in NO:
        return word in YES
    raise Unreadable("is not yes or no", "Enter yes or no.")


def choice_value(choices: list[f.Choice], text: str) -> str:
    """The value of a choice by its value or label; the case of letters matters only where it tells two apart."""
    if not choices:
        return text
    bare = text.strip()
    for same in (lambda a: a == text, lambda a: a == bare, lambda a: a.lower() == bare.lower()):
        by_value = [c.value for c in choices if same(c.value)]
        found = by_value or [c.value for c in choices if same(c.label)]
        if len(found) == 1:
            return found[0]
    from difflib import get_close_matches

    shown = [c.shown for c in choices]
    near = get_close_matches(bare, shown, 1)
    raise Broken(
        f"“{text}”",
        "is not one of the choices",
        f"Did you mean {near[0]}?" if near else f"Choose {listed(shown)}.",
    )


def items_of(text: str, *, numbers: bool, locale: str) -> list[str]:
    """The items of a list: by line or ``;`` where there is one, else by comma.

    An item in double quotes may hold any sign. Between numbers a comma splits only when a space follows it, or
    when the reader's language does not use it as the decimal sign and all parts cannot be one number.
    """
    unquoted = re.sub(r'"(?:[^"]|"")*"', "", text)
    if re.search("[;\n]", unquoted.strip()):
        return _split(text, ";\n")
    if not numbers:
        return _split(text, ",")
    if re.search(r",\s", unquoted):
        return [item.strip() for item in re.split(r",\s+", text.strip()) if item.strip()]
    known = signs(locale)
    if unquoted.count(",") and known and known.decimal != ",":
        try:
            parse_decimal(text, locale)
        except Unreadable as error:
            if "could mean" in error.rule:
                raise Unreadable(
                    "could be one number or several", "Put a semicolon between the values."
                ) from None
            return _split(text, ",")
    return [text.strip()]


def _split(text: str, marks: str) -> list[str]:
    """Parts between the marks; a part in double quotes is taken as it is (``""`` is one quote in it)."""
    part = rf'\s*(?:"(?P<q>(?:[^"]|"")*)"\s*(?=[{marks}]|$)|(?P<p>[^{marks}]*))(?P<end>[{marks}]|$)'
    items = []
    for found in re.finditer(part, text):
        if found["q"] is not None:
            items.append(found["q"].replace('""', '"'))
        elif found["p"].strip():
            items.append(found["p"].strip())
    return items


def _list(field: f.ListField, text: str, locale: str, zone: str | None) -> list[Any]:
    numbers = field.item.type in {"integer", "number", "percent", "money", "duration"}
    items = []
    for n, item in enumerate(items_of(text, numbers=numbers, locale=locale), 1):
        try:
            items.append(_read(field.item, item, locale, zone))
        except Unreadable as error:
            raise Broken(f"(value {n}) “{item}”", error.rule, error.remedy) from None
    return items


def _file(text: str) -> dict[str, str]:
    found = re.fullmatch(r"(?P<name>.+?) \[(?P<blob>[a-z0-9:]+)\]", text.strip(), re.DOTALL)
    if not found:
        raise Unreadable("is not a stored file", "Choose a file to upload.")
    return {"name": found["name"], "blob": found["blob"]}
