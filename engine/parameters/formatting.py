"""How a value is written for a person: ``parse_text(format_text(value)) == value`` for every type."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal
from typing import Any, cast

from engine.parameters import field_types as f
from engine.parameters.compound import format_table
from engine.parameters.durations import parse_duration, spoken_duration
from engine.parameters.moments import is_relative
from engine.parameters.money import format_money
from engine.parameters.numbers import EXACT, decimal_of, format_decimal, signs, trimmed

TIMES = frozenset({"seconds", "minutes", "hours", "days", "weeks", "months", "quarters", "years"})


def format_text(field: f.FieldBase, value: Any, locale: str = "en") -> str:
    """The text that the form shows for a canonical value; an empty text for None."""
    if value is None:
        return ""
    match field.type:
        case "integer":
            whole = cast(f.IntegerField, field)
            return format_decimal(Decimal(value), locale, group=whole.grouping, most_decimals=0)
        case "number":
            return format_decimal(
                decimal_of(float(value)), locale, most_decimals=cast(f.NumberField, field).decimals
            )
        case "percent":
            percent = cast(f.PercentField, field)
            number = decimal_of(float(value))
            shown = EXACT.scaleb(number, 2) if percent.scale == "fraction" and number.is_finite() else number
            return f"{format_decimal(trimmed(shown), locale, most_decimals=percent.decimals)} %"
        case "money":
            return format_money(cast(f.MoneyField, field), value, locale)
        case "boolean":
            return "yes" if value else "no"
        case "choice":
            return label_of(cast(f.ChoiceField, field).choices, value)
        case "multi-choice":
            return "; ".join(_quoted(label_of(cast(f.MultiChoiceField, field).choices, v)) for v in value)
        case "date-time":
            return value if is_relative(value) else datetime.fromisoformat(value).isoformat(" ")
        case "duration":
            known = signs(locale)
            return spoken_duration(parse_duration(value), known.decimal if known else ".")
        case "list":
            return _list(cast(f.ListField, field), value, locale)
        case "table":
            return format_table(cast(f.TableField, field), value, locale)
        case "file":
            return f"{value['name']} [{value['blob']}]"
        case "secret":
            return str(value["secret"])
        case _:
            return str(value)


def _list(field: f.ListField, value: list[Any], locale: str) -> str:
    texts = [format_text(field.item, item, locale) for item in value]
    if field.item.type in {"text", "choice"}:
        texts = [_quoted(t) for t in texts]
    # one number with grouped thousands would read as several: leave the signs out
    if len(texts) == 1 and field.item.type in {"integer", "number", "percent", "money"}:
        return texts[0] + ";" if "," in texts[0] else texts[0]
    return "; ".join(texts)


def _quoted(item: str) -> str:
    plain = item.strip() == item and item not in ("", "[]") and not re.search(r'[;,"\n\r]', item)
    return item if plain else '"' + item.replace('"', '""') + '"'


def label_of(choices: list[f.Choice], value: str) -> str:
    """The label of a choice, or its value where the label does not tell it apart from the others."""
    found = next((c for c in choices if c.value == value), None)
    if found is None or not found.label.strip():
        return value
    words = [w for c in choices for w in (c.value, c.label) if c is not found]
    label = found.label.strip()
    return value if label.lower() in [w.strip().lower() for w in words] else label


def describe(field: f.FieldBase, value: Any, locale: str = "en") -> str:
    """A value for reading only: with its unit, thousands grouped, relative dates in words."""
    text = format_text(field, value, locale)
    if isinstance(field, f.NumberField) and value is not None and abs(float(value)) < 1e15:
        known = signs(locale) or signs("en")
        assert known is not None
        number = decimal_of(float(value))
        grouped = (
            f"{number:,f}".translate({ord(","): known.group, ord("."): known.decimal})
            if number.is_finite()
            else text
        )
        text = grouped.removesuffix(f"{known.decimal}0")
    return f"{text} {_unit(field.unit, value)}" if text and field.unit and not text.endswith("%") else text


def _unit(unit: str, value: Any) -> str:
    """A unit of time in the singular where there is one of it; other units are the model's own words."""
    return unit[:-1] if value in (1, -1) and unit in TIMES else unit
