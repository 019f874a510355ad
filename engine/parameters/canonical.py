"""From any natural value to canonical JSON, and the rules each value must keep.

``validate`` accepts what a program has (canonical JSON, or Python's ``date``, ``Decimal``, ``timedelta`` …).
What a person types goes through ``parsing.parse_text``, which ends here as well.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, cast

from engine.errors import Invalid, Problem
from engine.parameters import field_types as f
from engine.parameters.bounds import Broken, at_most_decimals, between, counted, in_steps
from engine.parameters.canonical_moments import CANONICAL_MOMENTS, Context
from engine.parameters.compound import canonical_file, canonical_secret, canonical_table
from engine.parameters.moments import is_relative, resolve_date, resolve_instant, resolve_period
from engine.parameters.money import canonical_money
from engine.parameters.numbers import (
    EXACT,
    MOST_DIGITS,
    PLAIN,
    Unreadable,
    as_float,
    decimal_of,
    format_decimal,
    trimmed,
)


def validate(
    name: str, field: f.FieldBase, value: Any, *, today: date | None = None, now: datetime | None = None,
    choices: Collection[str] | None = None,
) -> Any:  # fmt: skip
    """The canonical JSON of a value. Raises Invalid with one Problem whose ``where`` is the field's name.

    ``None`` stays None where the field is not required. ``choices`` are the values read from the column that
    ``choices_from`` names; without them any text is accepted there.
    """
    try:
        return canonical(field, value, Context(today, now, choices))
    except Unreadable as error:
        raise Invalid("the form", [problem(name, field, value, error)]) from None


def problem(name: str, field: f.FieldBase, value: Any, error: Unreadable) -> Problem:
    """The sentence of what is wrong: title, value, rule, remedy."""
    label = field.label(name)
    raw = value if isinstance(value, str) else "" if value is None else str(value)
    typed = raw if len(raw) <= 80 else raw[:77] + "…"
    shown = error.shown if isinstance(error, Broken) else f"“{typed}”"
    return Problem(
        name, f"{label} {shown} {error.rule}. {error.remedy}".replace("  ", " ", 1), typed, error.rule
    )


def canonical(field: f.FieldBase, value: Any, context: Context) -> Any:
    """The canonical JSON of a value. Raises Unreadable."""
    if value == "" and not (isinstance(field, f.TextField) and allows_empty(field)):
        value = None
    if value is None:
        return _missing(field)
    return _CANONICAL[field.type](field, value, context)


def _missing(field: f.FieldBase) -> Any:
    if isinstance(field, f.TextField) and allows_empty(field):
        return ""
    if field.required:
        raise Broken("", "is needed", "Enter a value.")
    return None


def allows_empty(field: f.TextField) -> bool:
    """Is the empty text a value of this field (else it means “not given”)?"""
    return field.min_length == 0 or field.default == ""


def _wrong(value: Any, what: str, remedy: str) -> Unreadable:
    return Unreadable(f"is not {what}", remedy)


def whole_number(value: Any) -> int:
    """An exact whole number; a float only up to 2^53, where each one is exact."""
    if isinstance(value, str) and re.fullmatch(rf"[+-]?\d{{1,{MOST_DIGITS}}}", value.strip(), re.ASCII):
        return int(value)
    if isinstance(value, float) and value.is_integer() and abs(value) <= 2**53:
        return int(value)
    if (
        isinstance(value, Decimal)
        and value.is_finite()
        and value.adjusted() <= MOST_DIGITS
        and value == int(value)
    ):
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise _wrong(value, "a whole number", "Enter digits only, for instance 12.")
    return value


def _integer(field: f.FieldBase, value: Any, context: Context) -> int:
    field = cast(f.IntegerField, field)
    value = whole_number(value)
    if abs(value) >= 10**MOST_DIGITS:
        raise Broken("", "has too many digits", f"Enter at most {MOST_DIGITS} digits.")
    exact, show = Decimal(value), lambda n: format_decimal(Decimal(n), group=field.grouping, most_decimals=0)
    between(value, field.minimum, field.maximum, show, field.unit)
    in_steps(exact, _dec(field.step), _dec(field.minimum), show, field.unit)
    _chosen(str(value), field.choices, show(value))
    return value


def _dec(number: float | int | None) -> Decimal | None:
    return None if number is None else decimal_of(number)


def _float(value: Any) -> float:
    if isinstance(value, str) and value in {"Infinity", "-Infinity", "NaN"}:
        return float(value)
    if isinstance(value, str):
        if not PLAIN.fullmatch(value.strip()):
            raise _wrong(value, "a number", "Enter digits, for instance 12.5.")
        return as_float(EXACT.create_decimal(value.strip()))
    if isinstance(value, Decimal | int) and not isinstance(value, bool):
        return as_float(Decimal(value))
    if isinstance(value, bool) or not isinstance(value, float):
        raise _wrong(value, "a number", "Enter digits, for instance 12.5.")
    return value


def number_json(value: float) -> float | str:
    """A float in JSON: infinities and NaN as text."""
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _number(field: f.FieldBase, value: Any, context: Context) -> float | str:
    field = cast(f.NumberField, field)
    number = _float(value)
    between(number, field.minimum, field.maximum, _written, field.unit)
    if field.decimals is not None or field.step is not None:  # decimals cost time in a real-time call
        exact = decimal_of(number)
        at_most_decimals(exact, field.decimals, format_decimal)
        in_steps(exact, _dec(field.step), _dec(field.minimum), format_decimal, field.unit)
    if field.choices and number not in [float(c.value) for c in field.choices]:
        _chosen("", field.choices, _written(number))
    return number_json(number)


def _written(number: float) -> str:
    return format_decimal(decimal_of(number))


def _percent(field: f.FieldBase, value: Any, context: Context) -> float | str:
    field = cast(f.PercentField, field)
    number = _float(value)
    times = 100 if field.scale == "fraction" else 1
    show = lambda n: format_decimal(trimmed(decimal_of(n) * times))  # noqa: E731
    between(number, field.minimum, field.maximum, show, "%", shown=f"{show(number)} %")
    exact = decimal_of(number) * times
    at_most_decimals(exact, field.decimals, format_decimal)
    step, origin = _dec(field.step), _dec(field.minimum)
    in_steps(exact, step and step * times, origin and origin * times, format_decimal, "%")
    return number_json(number)


def _money(field: f.FieldBase, value: Any, context: Context) -> dict[str, str]:
    return canonical_money(cast(f.MoneyField, field), value)


def _boolean(field: f.FieldBase, value: Any, context: Context) -> bool:
    if value in ("true", "false"):
        return bool(value == "true")
    if not isinstance(value, bool):
        raise _wrong(value, "yes or no", "Enter yes or no.")
    return value


def _text(field: f.FieldBase, value: Any, context: Context) -> str:
    field = cast(f.TextField, field)
    if not isinstance(value, str):
        raise _wrong(value, "a text", "Put it in quotes.")
    clean_text(value)
    if not value.strip() and field.required and not allows_empty(field):
        raise Broken("", "is needed", "Enter a text.")
    shown = f"“{value if len(value) <= 60 else value[:57] + '…'}”"
    counted(len(value), field.min_length, field.max_length, "characters", shown)
    if field.pattern and not re.fullmatch(field.pattern, value):
        hint = field.pattern_hint or f"something that matches {field.pattern}"
        raise Broken(shown, f"must be {hint}", "Change it to that form.")
    return value


def clean_text(value: str) -> None:
    """Raise Unreadable for text that no language can hold (NUL, half of a surrogate pair)."""
    if "\0" in value:
        raise Unreadable("holds a NUL character", "Remove it.")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise Unreadable("holds half a character", "Type the text again.") from None


def _chosen(value: str, choices: list[f.Choice], shown: str) -> None:
    if choices and value not in [c.value for c in choices]:
        raise Broken(shown, "is not one of the choices", f"Choose {listed([c.shown for c in choices])}.")


def listed(words: list[str], most: int = 8) -> str:
    """Words for a sentence: ``a, b or c``."""
    if len(words) > most:
        return ", ".join(words[:most]) + f" or one of {len(words) - most} more"
    return " or ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)


def _choice(field: f.FieldBase, value: Any, context: Context) -> str:
    field = cast("f.ChoiceField | f.MultiChoiceField", field)
    if not isinstance(value, str):
        value = (
            value.value
            if isinstance(value, f.Choice)
            else str(value)
            if isinstance(value, int | float)
            else value
        )
    if not isinstance(value, str):
        raise _wrong(value, "one of the choices", "Choose one.")
    clean_text(value)
    _chosen(value, field.choices, f"“{value}”")
    if field.choices_from and context.choices is not None and value not in context.choices:
        from difflib import get_close_matches

        near = get_close_matches(value, list(context.choices), 1)
        remedy = f"Did you mean {near[0]}?" if near else "Choose one of the list."
        raise Broken(f"“{value}”", f"does not occur in column {field.choices_from.column}", remedy)
    return value


def _multi_choice(field: f.FieldBase, value: Any, context: Context) -> list[str]:
    field = cast(f.MultiChoiceField, field)
    if isinstance(value, str) or not isinstance(value, Collection) or isinstance(value, Mapping):
        raise _wrong(value, "a list of choices", 'Give a list, for instance ["a", "b"].')
    items = [_choice(field, item, context) for item in value]
    twice = next((i for i in items if items.count(i) > 1), None)
    if twice is not None:
        raise Broken(f"“{twice}”", "is chosen twice", "Choose it once.")
    counted(len(items), field.min_items, field.max_items, "values", f"“{', '.join(items)}”" if items else "")
    return items


def _list(field: f.FieldBase, value: Any, context: Context) -> list[Any]:
    field = cast(f.ListField, field)
    if isinstance(value, str | Mapping) or not isinstance(value, Collection):
        raise _wrong(value, "a list", "Give a list, for instance [1, 2].")
    items = []
    for n, item in enumerate(value, 1):
        try:
            items.append(canonical(field.item, item, context))
        except Unreadable as error:
            shown = error.shown if isinstance(error, Broken) else f"“{item}”"
            raise Broken(f"(value {n}) {shown}", error.rule, error.remedy) from None
    counted(len(items), field.min_items, field.max_items, "values", "")
    if field.unique:
        twice = next((i for i in items if items.count(i) > 1), None)
        if twice is not None:
            raise Broken(f"“{twice}”", "occurs twice", "Enter each value once.")
    return items


_CANONICAL: dict[str, Callable[[f.FieldBase, Any, Context], Any]] = {
    "integer": _integer, "number": _number, "percent": _percent, "money": _money, "boolean": _boolean, "text": _text,
    "choice": _choice, "multi-choice": _multi_choice, "list": _list, **CANONICAL_MOMENTS,
    "table": lambda field, value, context: canonical_table(cast(f.TableField, field), value),
    "file": lambda field, value, context: canonical_file(cast(f.FileField, field), value),
    "secret": lambda field, value, context: canonical_secret(value),
}  # fmt: skip


def resolve(field: f.FieldBase, value: Any, today: date, now: datetime) -> Any:
    """The value with relative dates made absolute: what is stored with a run."""
    if value is None:
        return None
    if isinstance(field, f.ListField):
        return [resolve(field.item, item, today, now) for item in value]
    if not isinstance(value, str) or not is_relative(value):
        return value
    if isinstance(field, f.DateField):
        return resolve_date(value, today).isoformat()
    if isinstance(field, f.DateTimeField):
        return resolve_instant(value, now).isoformat()
    if isinstance(field, f.PeriodField):
        return str(resolve_period(value, today, field.granularity))
    return value
