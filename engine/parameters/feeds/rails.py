"""Guard rails: what a fetched value must keep before it is taken without somebody looking at it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from engine.errors import Invalid, Problem
from engine.parameters import field_types as f
from engine.parameters.feeds.values import NUMERIC, amount_of
from engine.parameters.formatting import format_text
from engine.parameters.numbers import format_decimal, trimmed

MOST_STALE = 3660


@dataclass(frozen=True)
class Rails:
    """``minimum``, ``maximum`` and ``change`` are plain decimal text in the field's own scale; empty: no such rail.

    ``change`` is the largest step from the value in force; with ``relative`` in percent of it. ``stale_days``: a
    value that is older shows amber (None: never).
    """

    minimum: str = ""
    maximum: str = ""
    change: str = ""
    relative: bool = False
    stale_days: int | None = None

    def as_json(self) -> dict[str, Any]:
        """Without what is not set."""
        return {name: value for name, value in asdict(self).items() if value not in ("", None, False)}


def rails_of(raw: dict[str, Any] | Rails | None, name: str, field: f.FieldBase) -> Rails:
    """The guard rails that somebody described, checked. Raises Invalid with all problems."""
    if isinstance(raw, Rails):
        raw = asdict(raw)
    given = dict(raw or {})
    problems = []
    unknown = sorted(set(given) - set(Rails.__dataclass_fields__))
    if unknown:
        known = ", ".join(Rails.__dataclass_fields__)
        problems.append(Problem(unknown[0], f"There is no guard rail “{unknown[0]}”. There are: {known}."))
    numbers = {key: _number(given.get(key), key, problems) for key in ("minimum", "maximum", "change")}
    if any(numbers.values()) and not isinstance(field, NUMERIC):
        sentence = f"{field.label(name)} is no number: only its age can be watched, not bounds or steps."
        problems.append(Problem("rails", sentence, rule="numbers only"))
    low, high = numbers["minimum"], numbers["maximum"]
    if low and high and Decimal(low) > Decimal(high):
        problems.append(
            Problem("minimum", f"The smallest value {low} is above the largest one {high}. Swap them.")
        )
    if numbers["change"] and Decimal(numbers["change"]) < 0:
        problems.append(
            Problem("change", "The largest step must not be below 0.", numbers["change"], "at least 0")
        )
    stale = _days(given.get("stale_days"), problems)
    if problems:
        raise Invalid("the guard rails", problems)
    return Rails(
        **numbers, relative=bool(given.get("relative")) and bool(numbers["change"]), stale_days=stale
    )


def broken(rails: Rails, name: str, field: f.FieldBase, old: Any, new: Any) -> str:
    """Why a value must not be taken without somebody looking at it; empty: it keeps the guard rails."""
    amount, before = amount_of(new), amount_of(old)
    if amount is None:
        return ""
    shown, label = format_text(field, new), field.label(name)
    if rails.minimum and amount < Decimal(rails.minimum):
        least = _worded(rails.minimum, field)
        return f"{label} would become {shown}: below {least}, the smallest that this feed may bring."
    if rails.maximum and amount > Decimal(rails.maximum):
        most = _worded(rails.maximum, field)
        return f"{label} would become {shown}: above {most}, the largest that this feed may bring."
    if isinstance(old, dict) and isinstance(new, dict) and old.get("currency") != new.get("currency"):
        return f"{label} would change its currency from {old.get('currency')} to {new.get('currency')}."
    if not rails.change or before is None:
        return ""
    told = f"{label} would go from {format_text(field, old)} to {shown}"
    return _too_far(rails, field, amount - before, before, told)


def _too_far(rails: Rails, field: f.FieldBase, step: Decimal, before: Decimal, told: str) -> str:
    step, most = abs(step), Decimal(rails.change)
    if rails.relative and step * 100 > most * abs(before):
        by = f"{format_decimal(trimmed(round(step * 100 / abs(before), 2)))} %" if before else "from nothing"
        return f"{told} ({by}): this feed may change it by at most {format_decimal(most)} % at a time."
    if not rails.relative and step > most:
        return f"{told}: this feed may change it by at most {_worded(rails.change, field)} at a time."
    return ""


def _worded(number: str, field: f.FieldBase) -> str:
    exact = Decimal(number)
    if isinstance(field, f.PercentField):
        return f"{format_decimal(trimmed(exact * (100 if field.scale == 'fraction' else 1)))} %"
    return format_decimal(exact)


def _number(raw: Any, key: str, problems: list[Problem]) -> str:
    text = "" if raw is None else str(raw).strip()
    if not text:
        return ""
    try:
        number = Decimal(text)
        if not number.is_finite() or abs(number.adjusted()) > 300:
            raise InvalidOperation
    except InvalidOperation:
        sentence = f"“{text[:40]}” is no number. Write it like 0.05, with a point and without thousands."
        problems.append(Problem(key, sentence, text[:40], "a number"))
        return ""
    return format(number, "f")


def _days(raw: Any, problems: list[Problem]) -> int | None:
    if raw in (None, ""):
        return None
    text = str(raw).strip()
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= MOST_STALE):
        rule = f"a whole number of days from 1 to {MOST_STALE}"
        problems.append(Problem("stale_days", f"“{text[:40]}”: the age must be {rule}.", text[:40], rule))
        return None
    return int(text)
