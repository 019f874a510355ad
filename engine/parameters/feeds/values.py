"""From what a source gave to the canonical value of a field.

Numbers are taken in the field's own scale (the number that the model gets), whether the source writes them as a
number or as text; text with a percent sign or a currency is read as a person's input is, and unclear signs
(``1,234``) are asked about, never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from engine.errors import Invalid, Problem
from engine.parameters import field_types as f
from engine.parameters.canonical import problem, validate
from engine.parameters.numbers import EXACT, Unreadable, decimal_of, parse_decimal
from engine.parameters.parsing import parse_text

NUMERIC = (f.IntegerField, f.NumberField, f.PercentField, f.MoneyField)
LOCALES = {"": "", ",": "de", ".": "en"}


def feedable(field: f.FieldBase) -> bool:
    """Can a feed fill it? Files and secrets belong to people."""
    return not isinstance(field, f.FileField | f.SecretField)


def value_for(
    name: str, field: f.FieldBase, raw: Any, *, factor: str = "", decimal: str = "", zone: str | None = None
) -> Any:
    """The canonical value. Raises Invalid with one Problem."""
    if raw is None or raw == "":
        sentence = f"The source gave no value for {field.label(name)}: what it reads is empty."
        raise Invalid("the feed", [Problem(name, sentence, rule="a value")])
    reading = _Reading(name, factor, decimal, zone)
    try:
        return reading.of(field, raw)
    except Unreadable as error:
        raise Invalid("the feed", [problem(name, field, _short(raw), error)]) from None


def amount_of(value: Any) -> Decimal | None:
    """The number in a canonical value that guard rails compare; None where there is none."""
    if isinstance(value, Mapping) and set(value) == {"amount", "currency"}:
        return Decimal(value["amount"])
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return decimal_of(value)


class _Reading:
    def __init__(self, name: str, factor: str, decimal: str, zone: str | None) -> None:
        self.name, self.decimal, self.zone = name, decimal, zone
        self.locale = LOCALES[decimal]
        self.factor = Decimal(factor) if factor else None

    def of(self, field: f.FieldBase, raw: Any) -> Any:
        if isinstance(field, f.TableField):
            return validate(self.name, field, raw)
        if isinstance(field, f.ListField):
            return validate(self.name, field, [self.of(field.item, one) for one in _several(raw)])
        if isinstance(field, f.MultiChoiceField):
            return validate(self.name, field, [str(one) for one in _several(raw)])
        if isinstance(raw, list | dict) and not isinstance(field, f.MoneyField):
            raise Unreadable("is not a single value", "Point the feed at one value.")
        if isinstance(field, f.MoneyField):
            return validate(self.name, field, self._money(field, raw))
        if isinstance(field, NUMERIC):
            return self._numeric(field, raw)
        return self._other(field, raw)

    def _numeric(self, field: f.FieldBase, raw: Any) -> Any:
        if isinstance(raw, str) and "%" in raw and isinstance(field, f.PercentField) and self.factor is None:
            return parse_text(self.name, field, raw, self.locale)
        return validate(self.name, field, self._number(raw))

    def _number(self, raw: Any) -> Decimal:
        if isinstance(raw, bool) or not isinstance(raw, int | float | Decimal | str):
            raise Unreadable("is not a number", "Point the feed at a number.")
        number = (
            parse_decimal(self._ungrouped(raw), self.locale)
            if isinstance(raw, str)
            else raw
            if isinstance(raw, Decimal)
            else decimal_of(raw)
            if isinstance(raw, int) or raw - raw == 0
            else Decimal(raw)
        )
        if not number.is_finite():
            raise Unreadable("is not a number that can be used", "Have the source leave it out.")
        return number if self.factor is None else EXACT.multiply(number, self.factor)

    def _ungrouped(self, text: str) -> str:
        """Without thousands signs, where the decimal sign is known: ``1,234`` is then clear."""
        if not self.decimal:
            return text
        group, decimal = re.escape("," if self.decimal == "." else "."), re.escape(self.decimal)
        grouped = re.fullmatch(rf"\s*[+-]?\d{{1,3}}({group}\d{{3}})+({decimal}\d+)?\s*", text, re.ASCII)
        return re.sub(group, "", text) if grouped else text

    def _money(self, field: f.MoneyField, raw: Any) -> Any:
        if isinstance(raw, Mapping):
            if set(raw) - {"amount", "currency"} or "amount" not in raw:
                raise Unreadable(
                    "is not an amount of money", "Point the feed at a number, or at amount and currency."
                )
            return {"amount": self._number(raw["amount"]), "currency": raw.get("currency") or field.currency}
        if isinstance(raw, str) and any(sign.isalpha() or sign in "€$£¥" for sign in raw):
            read = parse_text(self.name, field, raw, self.locale)
            return {"amount": self._number(read["amount"]), "currency": read["currency"]}
        return {"amount": self._number(raw), "currency": field.currency or _only(field)}

    def _other(self, field: f.FieldBase, raw: Any) -> Any:
        if isinstance(raw, bool | date | datetime):
            return validate(self.name, field, _moment(field, raw))
        if isinstance(field, f.TextField | f.ChoiceField):
            return validate(self.name, field, raw if isinstance(raw, str) else str(raw))
        if not isinstance(raw, str) and not isinstance(field, f.BooleanField | f.PeriodField):
            return validate(self.name, field, raw)
        return parse_text(self.name, field, str(raw), self.locale, zone=self.zone)


def _moment(field: f.FieldBase, raw: Any) -> Any:
    """Days and instants as ISO text. A day never comes out of an instant by cutting, except at midnight."""
    if isinstance(raw, bool):
        return raw
    if isinstance(field, f.DateField) and isinstance(raw, datetime):
        if (raw.hour, raw.minute, raw.second, raw.microsecond) != (0, 0, 0, 0):
            raise Unreadable("is a moment, not a day", "Have the source give a day.")
        return raw.date().isoformat()
    return raw.isoformat()


def _several(raw: Any) -> list[Any]:
    return list(raw) if isinstance(raw, list | tuple) else [raw]


def _only(field: f.MoneyField) -> str:
    return field.currencies[0] if len(field.currencies) == 1 else ""


def _short(raw: Any) -> str:
    text = raw if isinstance(raw, str) else str(raw)
    return text if len(text) <= 80 else text[:77] + "…"
