"""Bounds of values: the rule in words, and the nearest value that keeps it."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from engine.parameters.numbers import EXACT, Unreadable, trimmed


class Broken(Unreadable):
    """A readable value that breaks a rule; ``shown`` is the value as a person reads it."""

    def __init__(self, shown: str, rule: str, remedy: str) -> None:
        super().__init__(rule, remedy)
        self.shown = shown


def between(
    value: Any,
    low: Any,
    high: Any,
    show: Callable[[Any], str],
    unit: str = "",
    shown: str = "",
    times: bool = False,
) -> None:
    """Raise Broken unless low ≤ value ≤ high: “must be between 0 and 60 %. Enter at most 60.”

    ``times`` is for moments: “must not be before 2026-01-01. Enter 2026-01-01 or later.”
    """
    below = low is not None and not value >= low
    above = high is not None and not value <= high
    if not below and not above:
        return
    if times:
        rule = f"must not be before {show(low)}" if below else f"must not be after {show(high)}"
        raise Broken(
            shown or show(value),
            rule,
            f"Enter {show(low)} or later." if below else f"Enter {show(high)} or earlier.",
        )
    behind = f" {unit}" if unit else ""
    if low is not None and high is not None:
        rule = f"must be between {show(low)} and {show(high)}{behind}"
    else:
        rule = f"must be at least {show(low)}{behind}" if below else f"must be at most {show(high)}{behind}"
    raise Broken(
        shown or show(value),
        rule,
        f"Enter at least {show(low)}." if below else f"Enter at most {show(high)}.",
    )


def in_steps(
    value: Decimal,
    step: Decimal | None,
    origin: Decimal | None,
    show: Callable[[Decimal], str],
    unit: str = "",
) -> None:
    """Raise Broken unless value = origin + k · step."""
    if step is None or not value.is_finite():
        return
    start = origin if origin is not None and origin.is_finite() else Decimal(0)
    over = EXACT.remainder(EXACT.subtract(value, start), step)
    if not over:
        return
    low = EXACT.subtract(value, over if over > 0 else EXACT.add(over, step))
    start_words = f" from {show(start)}" if start else ""
    rule = f"must go in steps of {show(step)}{f' {unit}' if unit else ''}{start_words}"
    raise Broken(show(value), rule, f"Enter {show(trimmed(low))} or {show(trimmed(EXACT.add(low, step)))}.")


def at_most_decimals(value: Decimal, most: int | None, show: Callable[[Decimal], str]) -> None:
    """Raise Broken for more digits after the decimal sign than allowed."""
    if most is None or not value.is_finite():
        return
    trimmed = EXACT.normalize(value)
    exponent = trimmed.as_tuple().exponent
    if isinstance(exponent, int) and -exponent > most:
        rule = (
            "must be a whole number"
            if most == 0
            else f"may have at most {most} digit{'s' if most > 1 else ''} after the decimal sign"
        )
        raise Broken(
            show(value), rule, f"Enter {show(value.quantize(Decimal(1).scaleb(-most), context=EXACT))}."
        )


def counted(n: int, least: int | None, most: int | None, what: str, shown: str) -> None:
    """Raise Broken unless there are enough and not too many of something (“values”, “characters”)."""
    few, many = least is not None and n < least, most is not None and n > most
    if not few and not many:
        return
    if least == most:
        rule = f"must have exactly {least} {what}"
    elif least is not None and most is not None:
        rule = f"must have between {least} and {most} {what}"
    else:
        rule = f"must have at least {least} {what}" if few else f"must have at most {most} {what}"
    gap = f"{(least or 0) - n} more" if few else f"{n - (most or 0)} fewer"
    raise Broken(shown, f"{rule}; it has {n}", f"Enter {gap}.")
