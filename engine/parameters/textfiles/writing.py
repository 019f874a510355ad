"""From the canonical value of a field to what a file gets, in the style of what stood there."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, cast

from engine.errors import Invalid
from engine.parameters import field_types as f
from engine.parameters.durations import parse_duration, spoken_duration
from engine.parameters.moments import is_relative
from engine.parameters.money import SYMBOLS
from engine.parameters.numbers import EXACT
from engine.parameters.textfiles import spelling
from engine.parameters.textfiles.document import Entry, Item, Unwritable, shown
from engine.parameters.textfiles.values import REFUSED, Reading, value_of
from engine.runtimes.interface import Value

_GROUPED = re.compile(r"[-+]?[1-9]\d{0,2}[.,]\d{3}")
_DIGITS = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?")
TABLES = "Use a JSON, YAML or TOML file for it, or give it as a dataset."


def same_value(one: Any, other: Any) -> bool:
    """Equal to the bit: -0.0 is not 0.0."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def file_value(
    name: str, field: f.FieldBase, value: Any, entry: Entry, reading: Reading, *, typed: bool, tables: bool
) -> Value:
    """What the format is to write. Raises Unwritable."""
    if field.type in REFUSED:
        raise Unwritable(f"{field.label(name)} {REFUSED[field.type]}")
    if isinstance(field, f.TableField) and value is not None:
        if not tables:
            raise Unwritable(f"{field.label(name)} is a table, which such a file cannot hold. {TABLES}")
        names = [column["name"] for column in value["columns"]]
        return Value("table", [dict(zip(names, row, strict=True)) for row in value["rows"]])
    if not typed or (entry.item.kind == "text" and value is not None and not _several(field)):
        return Value("text", bare_text(name, field, value, entry.item, reading))
    if value is None:
        return Value(field.type, None)
    if isinstance(field, f.ListField):
        items = [_scalar(cast(f.FieldBase, field.item), one, Item("missing", None), reading) for one in value]
        kinds = {item.type for item in items} or {"text"}
        if len(kinds) > 1:  # amounts in several currencies
            return Value("list", [_as_text(item) for item in items], {"item": "text"})
        return Value("list", [item.value for item in items], {"item": kinds.pop()})
    return _scalar(field, value, entry.item, reading)


def _several(field: f.FieldBase) -> bool:
    return isinstance(field, f.ListField | f.MultiChoiceField)


def _as_text(item: Value) -> str:
    if item.type != "money":
        return str(item.value)
    return f"{item.value['amount']} {item.value['currency']}"


def _scalar(field: f.FieldBase, value: Any, old: Item, reading: Reading) -> Value:
    if isinstance(field, f.PercentField) and _shift(field, reading.scale):
        return Value("number", _scaled(field, value, reading.scale))
    if isinstance(field, f.MoneyField) and value["currency"] != reading.usual(field):
        return Value("text", f"{value['amount']} {value['currency']}")
    if isinstance(field, f.BooleanField) and old.kind in ("integer", "number"):
        return Value("integer", int(value))
    digits = isinstance(value, str) and _DIGITS.fullmatch(value)
    if field.type in ("text", "choice", "period") and old.kind in ("integer", "number") and digits:
        return Value("money", {"amount": value})  # the digits as they are, without quotes
    return Value(field.type, value, {"item": "text"} if isinstance(field, f.MultiChoiceField) else {})


def _shift(field: f.PercentField, scale: str) -> int:
    return {("fraction", "points"): 2, ("points", "fraction"): -2}.get((field.scale, scale or field.scale), 0)


def _scaled(field: f.PercentField, value: Any, scale: str) -> Any:
    shift = _shift(field, scale)
    return EXACT.scaleb(Decimal(repr(value)), shift) if shift and not isinstance(value, str) else value


def bare_text(name: str, field: f.FieldBase, value: Any, old: Item, reading: Reading) -> str:
    """The text that stands for the value where the file has no types. Raises Unwritable where it would not read
    back as the same value.
    """  # fmt: skip
    before = str(old.content) if old.kind in ("bare", "text") else ""
    for text in _candidates(field, value, before, reading):
        try:
            if same_value(value_of(name, field, Item("bare", text, text), reading), value):
                return text
        except Invalid:
            continue
    told = json.dumps(value, ensure_ascii=False)
    raise Unwritable(
        f"{field.label(name)} {shown(told)} cannot be written there so that it reads back the same"
        + (f" beside {shown(before)}" if before else "")
        + ". Use a JSON, YAML or TOML file, or write the old value in the file differently first."
    )


def _candidates(field: f.FieldBase, value: Any, old: str, reading: Reading) -> list[str]:
    if value is None:
        return [""]
    if isinstance(field, f.ListField):
        return _lists([_one(cast(f.FieldBase, field.item), one, "", reading)[0] for one in value], old)
    if isinstance(field, f.MultiChoiceField):
        return _lists([str(one) for one in value], old)
    return _one(field, value, old, reading)


def _lists(items: list[str], old: str) -> list[str]:
    """Written with the old signs between the items, else with semicolons.

    Always with semicolons where an item has a comma: that it is a decimal one, the rest of the file may not prove.
    """
    quoted = [_quoted(item) for item in items]
    if any("," in item for item in quoted):
        return ["; ".join(quoted) + (";" if len(quoted) == 1 else ""), "; ".join(quoted)]
    marks = [mark for mark in (", ", "; ", ";", "|", ",") if mark in old][:1]
    return [*(mark.join(quoted) for mark in marks), "; ".join(quoted), "; ".join(quoted) + ";"]


def _quoted(item: str) -> str:
    simple = item.strip() == item and item and not re.search(r'[;,"\n\r|]', item)
    numeric = re.fullmatch(r"[-+]?[\d.,]+(?:[eE][-+]?\d+)?(?: %| [A-Z]{3})?", item)
    return item if simple or numeric else '"' + item.replace('"', '""') + '"'


def _one(field: f.FieldBase, value: Any, old: str, reading: Reading) -> list[str]:
    match field.type:
        case "integer" | "number":
            return _united(field, spelling.number(value, old), old, reading)
        case "percent":
            return [_percent(cast(f.PercentField, field), value, old, reading)]
        case "money":
            return _money(cast(f.MoneyField, field), value, old, reading)
        case "boolean":
            return [spelling.boolean(value, old)]
        case "date":
            return [spelling.day(value, old.strip(), reading.days)]
        case "date-time":
            apart = " " in old.strip() and not is_relative(value)
            return [datetime.fromisoformat(value).isoformat(" ") if apart else value]
        case "duration":
            return _duration(parse_duration(value), value, old)
        case _:
            return [str(value)]


def _signed(digits: str, old: str, reading: Reading) -> str:
    """With the decimal sign of the old text, else the file's; a zero more where 1,234 would be asked about."""
    point = re.search(r"\d\.\d", old) and "," not in old and reading.decimal != ","
    sign = "," if re.search(r"\d,\d", old) and "." not in old else reading.decimal or reading.proven
    text = digits if point else digits.replace(".", sign)
    return text + "0" if _GROUPED.fullmatch(text) and ("," in text or reading.proven == ",") else text


def _united(field: f.FieldBase, digits: str, old: str, reading: Reading) -> list[str]:
    text = _signed(digits, old, reading)
    unit = re.fullmatch(r"[-+\d.,eE]+(\s*\S.*)", old.strip())
    if field.unit and unit and unit[1].strip().lower() == field.unit.lower():
        return [text + unit[1], text]
    return [text]


def _percent(field: f.PercentField, value: Any, old: str, reading: Reading) -> str:
    marked = re.search(r"\s*%\s*$", old)
    scaled = _scaled(field, value, "points" if marked else reading.scale)
    text = spelling.number(scaled, old.rstrip("% "))
    return _signed(text, old.rstrip("% "), reading) + (marked[0] if marked else "")


def _money(field: f.MoneyField, value: dict[str, str], old: str, reading: Reading) -> list[str]:
    amount, currency = value["amount"], value["currency"]
    code = re.search(r"(?<![A-Za-z])[A-Za-z]{3}(?![A-Za-z])", old)
    symbol = None if code else next((s for s in SYMBOLS if s in old), None)
    bare = re.sub(r"[^\d.,+-]", "", old)
    digits = _signed(amount, bare, reading)
    named = f"{digits} {currency}"
    if not code and not symbol:
        return [digits, named] if currency == reading.usual(field) else [named]
    mark = code[0] if code else str(symbol)
    new = mark if symbol and currency in SYMBOLS[symbol] else currency
    before = re.match(rf"\s*{re.escape(mark)}(\s*)", old)
    behind = re.search(rf"(\s*){re.escape(mark)}\s*$", old)
    styled = f"{new}{before[1]}{digits}" if before else f"{digits}{behind[1] if behind else ' '}{new}"
    return [styled, named]


def _duration(length: timedelta, iso: str, old: str) -> list[str]:
    seconds = length.total_seconds()
    if re.fullmatch(r"\d+:\d\d:\d\d", old.strip()) and seconds >= 0 and not length.microseconds:
        whole = int(seconds)
        return [f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}", iso]
    spoken = old.strip() and not old.strip().upper().lstrip("+-").startswith("P")
    return [spoken_duration(length), iso] if spoken else [iso]
