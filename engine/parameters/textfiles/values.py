"""From a file's value to the canonical value of a field. What has two readings is asked, never guessed."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, cast

from engine.errors import Invalid
from engine.parameters import field_types as f
from engine.parameters.bounds import Broken
from engine.parameters.canonical import problem, validate
from engine.parameters.numbers import EXACT, Unreadable, as_float, parse_decimal
from engine.parameters.parsing import choice_value, items_of, parse_text
from engine.parameters.textfiles.document import Item

SCALES = ("points", "fraction")
NUMERIC = ("integer", "number", "percent", "money", "duration")
REFUSED = {
    "secret": "is a secret: it is never read from or written to a text file. Store it under Secrets and choose it by "
    "name.",
    "file": "is an uploaded file: a text file cannot hold it. Upload it where the values are edited.",
}  # fmt: skip


@dataclass(frozen=True)
class Reading:
    """How the values of a file are meant.

    ``decimal`` is the decimal sign that a person said (empty: nobody did), ``proven`` the one that other numbers
    of the file prove; ``zone`` the time zone meant where none is written; ``scale`` how the file writes this
    field's percentages (empty: as the field does, asked where that is doubtful); ``days`` what comes first in
    03/04/2026 (``day`` or ``month``, empty: asked); ``currency`` that of amounts of this field that name none.
    """

    decimal: str = ""
    proven: str = "."
    zone: str | None = None
    scale: str = ""
    choices: Collection[str] | None = None
    days: str = ""
    currency: str = ""

    def locale(self, text: str) -> str:
        """The language whose rules read this number: none where the sign could mean either."""
        if self.decimal:
            return "de" if self.decimal == "," else "en"
        return "" if "," in text or self.proven == "," else "en"

    def digits(self, text: str) -> str:
        """A number without the sign that groups thousands, where a person said which one the decimal sign is."""
        if not self.decimal:
            return text
        mark = "." if self.decimal == "," else ","
        grouped = rf"(?<![\d.,])[1-9]\d{{0,2}}(?:\{mark}\d{{3}})+(?![\d{mark}])"
        return re.sub(grouped, lambda found: found[0].replace(mark, ""), text)

    @property
    def order(self) -> str:
        """The language whose rules read days with slashes: none where either order could be meant."""
        return {"day": "en-GB", "month": "en-US"}.get(self.days, "")

    def usual(self, field: f.MoneyField) -> str:
        """The currency of an amount of this field that names none; empty where that must be asked."""
        fits = not field.currencies or self.currency in field.currencies
        return usual_currency(field) or (self.currency if fits else "")


def value_of(name: str, field: f.FieldBase, item: Item, reading: Reading) -> Any:
    """The canonical value. Raises Invalid with one Problem; its rule says “could mean” where two readings exist."""
    try:
        found = _natural(field, item, reading)
        if isinstance(field, f.TextField | f.ChoiceField) and isinstance(found, str) and not found:
            found = found if isinstance(field, f.TextField) else None
        return validate(name, field, found, choices=reading.choices)
    except Unreadable as error:
        raise Invalid("the form", [problem(name, field, item.text, error)]) from None


def _natural(field: f.FieldBase, item: Item, reading: Reading) -> Any:
    if field.type in REFUSED:
        raise Broken("", REFUSED[field.type].partition(". ")[0], REFUSED[field.type].partition(". ")[2])
    if item.kind == "computed":
        raise Unreadable(f"is {item.content}", "Write a plain value in the file, or enter it here.")
    if item.kind == "missing":
        return [] if isinstance(field, f.ListField | f.MultiChoiceField) else None
    if isinstance(field, f.TableField):
        return _table(field, item)
    if item.kind == "table":
        raise Unreadable("is a table", "This field holds one value.")
    if isinstance(field, f.ListField | f.MultiChoiceField):
        return _several(field, item, reading)
    if item.kind == "list":
        if len(item.content) == 1:
            return _natural(field, item.content[0], reading)
        raise Unreadable("is a list", "This field holds one value.")
    if item.kind in ("integer", "number"):
        return _number(field, item, reading)
    if item.kind == "boolean":
        return _boolean(field, item)
    return _text(field, str(item.content), reading)


def _boolean(field: f.FieldBase, item: Item) -> Any:
    if isinstance(field, f.BooleanField):
        return bool(item.content)
    if isinstance(field, f.TextField | f.ChoiceField):
        return item.text
    raise Unreadable(
        f"is yes or no, but the field is of type {field.type}", "Correct the file, or enter it here."
    )


def _number(field: f.FieldBase, item: Item, reading: Reading) -> Any:
    """A number that the file's own rules make certain."""
    digits = str(item.content)
    if isinstance(field, f.TextField | f.ChoiceField):
        return item.text
    if isinstance(field, f.BooleanField):
        if digits in ("0", "1"):
            return digits == "1"
        raise Unreadable("is not yes or no", "Write 1 or 0, or true or false.")
    if field.type not in NUMERIC or field.type == "duration":
        return _text(field, digits, reading)
    try:
        number = EXACT.create_decimal(int(digits, 0) if digits[:2].lower() == "0x" else digits)
    except (ValueError, ArithmeticError):
        raise Unreadable("is not a number that can be held", "Enter a smaller one.") from None
    if number.is_infinite() and "nf" not in digits:
        raise Unreadable("is too large", "Enter a smaller number.")
    if isinstance(field, f.PercentField):
        return _percent(field, number, digits, reading, marked=False)
    if isinstance(field, f.MoneyField):
        return {"amount": number, "currency": reading.usual(field)}
    if isinstance(field, f.IntegerField):
        if not number.is_finite() or number != number.to_integral_value():
            raise Unreadable("is not a whole number", "Enter digits only, for instance 12.")
        return int(number)
    return as_float(number)


def usual_currency(field: f.MoneyField) -> str:
    """The currency of an amount that names none; empty where the field has several."""
    return field.currency or (field.currencies[0] if len(field.currencies) == 1 else "")


def _percent(field: f.PercentField, number: Decimal, typed: str, reading: Reading, *, marked: bool) -> float:
    scale = "points" if marked else reading.scale
    if field.scale == "fraction" and not scale and number.is_finite() and abs(number) >= 1:
        hundred = EXACT.normalize(EXACT.scaleb(number, 2))
        raise Unreadable(
            f"could mean {typed} % or {hundred:f} %", f"Enter {typed} % or {hundred:f} %, or say how the file "
            "writes percentages.",
        )  # fmt: skip
    shift = {("points", "fraction"): -2, ("fraction", "points"): 2}.get(
        (scale or field.scale, field.scale), 0
    )
    return as_float(EXACT.scaleb(number, shift) if number.is_finite() and shift else number)


def _text(field: f.FieldBase, text: str, reading: Reading) -> Any:
    """Text without a type of its own, as the form would read it."""
    if isinstance(field, f.TextField):
        return text
    if not text.strip():
        return None
    if isinstance(field, f.ChoiceField):
        return choice_value(field.choices, text)
    if isinstance(field, f.PercentField):
        bare = text.strip()
        marked = bare.endswith("%") or bare.startswith("%")
        inner = reading.digits(bare.strip("%").strip())
        most = field.decimals if (marked or field.scale == "points") and reading.scale != "fraction" else None
        number = parse_decimal(inner, reading.locale(inner), most)
        return _percent(field, number, bare, reading, marked=marked)
    text = reading.digits(text) if field.type in NUMERIC else text
    if isinstance(field, f.NumberField | f.IntegerField) and field.choices:
        numbers = field.model_copy(update={"choices": []})  # labels are for forms
        return parse_text("x", numbers, text, reading.locale(text))
    locale = reading.locale(text) if field.type in NUMERIC else reading.order
    return _parsed(field, text, locale, reading)


def _parsed(field: f.FieldBase, text: str, locale: str, reading: Reading) -> Any:
    free = without_bounds(field)
    try:
        return parse_text("x", free, text, locale, zone=reading.zone)
    except Invalid as error:
        told = error.problems[0]
    if isinstance(free, f.MoneyField) and told.rule.startswith(("has no currency", "could be in")):
        named = free.model_copy(update={"currency": reading.usual(free) or None})
        if named.currency:
            return _parsed(named, text, locale, replace(reading, currency=""))
    raise Unreadable(told.rule, told.sentence.partition(f"{told.rule}. ")[2])


_BOUNDS = (
    "minimum",
    "maximum",
    "step",
    "decimals",
    "min_length",
    "max_length",
    "pattern",
    "min_items",
    "max_items",
)


def without_bounds(field: f.FieldBase) -> f.FieldBase:
    """The same field that allows every value of its type."""
    free = {name: None for name in _BOUNDS if name in type(field).model_fields}
    if isinstance(field, f.MoneyField):
        free.pop("decimals", None)  # they say how 1.234 reads
    return field.model_copy(update=free)


def _several(field: f.ListField | f.MultiChoiceField, item: Item, reading: Reading) -> list[Any]:
    if item.kind == "list":
        items = list(item.content)
    elif item.kind in ("bare", "text"):
        items = [Item(item.kind, part, part) for part in _parts(field, str(item.content), reading)]
    else:
        items = [item]
    if isinstance(field, f.MultiChoiceField):
        choices = f.ChoiceField(choices=field.choices)
        return [_located(n, choices, one, reading) for n, one in enumerate(items, 1)]
    return [_located(n, cast(f.FieldBase, field.item), one, reading) for n, one in enumerate(items, 1)]


def _located(n: int, field: f.FieldBase, item: Item, reading: Reading) -> Any:
    try:
        return _natural(field, item, reading)
    except Unreadable as error:
        raise Broken(f"(value {n}) “{item.text[:60]}”", error.rule, error.remedy) from None


def _parts(field: f.ListField | f.MultiChoiceField, text: str, reading: Reading) -> list[str]:
    if not text.strip():
        return []
    if "|" in text and not re.search("[;,\n]", text):
        return [part.strip() for part in text.split("|")]
    numbers = isinstance(field, f.ListField) and field.item.type in NUMERIC
    sign = reading.decimal or reading.proven
    return items_of(text, numbers=numbers, locale="de" if sign == "," else "en")


def _table(field: f.TableField, item: Item) -> Any:
    empty = item.kind == "list" and not item.content
    if item.kind != "table" and not empty:
        raise Unreadable("is not a table", "Write a list of rows, each with its columns by name.")
    names = list(field.columns)
    rows = [] if empty else item.content
    unknown = next((name for row in rows for name in row if name not in field.columns), None)
    if unknown is not None:
        raise Broken("", f"has a column too many: {unknown}", f"Give only {', '.join(names)}.")
    cells = [[_cell(row[name]) if name in row else None for name in names] for row in rows]
    return {"columns": [{"name": n, "type": t} for n, t in field.columns.items()], "rows": cells}


def _cell(item: Item) -> Any:
    if item.kind == "integer":
        return int(item.content)
    if item.kind == "number":
        return Decimal(item.content) if item.content not in ("Infinity", "-Infinity", "NaN") else item.content
    return item.content
